import type { DType } from "../../backend.js";

/** What a shader binds: a slot of the plan, or memory of the kernel's own. */
export type Memory = { readonly slot: number } | { readonly scratch: number };

/** A word that a shader is handed with the run: a number of the plan, or one of the run's constants. */
export type Word = number | { readonly constant: number; readonly dtype: DType };

/** One dispatch: what it runs, on what, and how often. */
export interface Dispatch {
  /** The operations and shapes, for messages. */
  readonly label: string;
  readonly code: string;
  /** Bindings 1, 2, … */
  readonly memory: readonly Memory[];
  /** The words of binding 0. */
  readonly words: readonly Word[];
  readonly workgroups: number;
}

/** A kernel's work: dispatches that run one after the other. */
export interface Compiled {
  readonly dispatches: readonly Dispatch[];
  /** Words of memory that lie between them, by number. */
  readonly scratch?: readonly number[];
}

/** What shaders may make use of. */
export interface Abilities {
  /** Sums over the invocations that run together. */
  readonly subgroups: boolean;
  /** Whether memory of a workgroup is faster than the device's: not so where the device is the host's processor. */
  readonly sharedMemory: boolean;
}
