import type { Callable } from "../assembler/index.js";

/** Work that can be done in any order, and by several threads. */
export interface Phase {
  /** A function of the table's address, the first unit and the one after the last, and the thread's own scratch memory. */
  readonly callable: Callable;
  readonly units: number;
  /** What a unit is worth, in elements computed or so. */
  readonly unitSize: number;
  /** Ranges begin at multiples of this; 1 if it is not given. */
  readonly grain?: number;
}

/** A kernel's code: each phase is done before the next begins. */
export interface Compiled {
  readonly phases: readonly Phase[];
  /** Bytes of memory that all threads work on, and that each needs for itself. */
  readonly scratch?: { readonly shared: number; readonly own: number };
}
