import type { Callable } from "../assembler/index.js";

/** A kernel as a function of the table's address and a range of units, which do not depend on each other. */
export interface Compiled {
  readonly callable: Callable;
  readonly units: number;
  /** What a unit is worth, in elements computed. */
  readonly unitSize: number;
}
