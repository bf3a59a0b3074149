import type { DType } from "../../backend.js";
import { type Local, load, op, type Value, type ValueType } from "../assembler/index.js";
import { loadSplat, type Quad } from "./quad.js";

/** The parameters of a kernel: the table, a range of units, and the thread's own scratch memory. */
export const kernelParameters: readonly ValueType[] = ["i32", "i32", "i32", "i32"];

/**
 * Where a run's addresses and constants are: the address of each slot, then the constants, 8 bytes each. Kernels are
 * handed the table's own address, so that a plan's code serves any run.
 */
export class TableLayout {
  readonly bytes: number;
  readonly constantsAt: number;
  /** Where the address of the memory that all threads work on is. */
  readonly scratchAt: number;

  constructor(slots: number, constants: number) {
    this.scratchAt = 4 * slots;
    this.constantsAt = Math.ceil((slots + 1) / 2) * 8;
    this.bytes = this.constantsAt + 8 * constants;
  }

  slot(table: Local, slot: number): Value {
    return load("i32.load", table, 4 * slot);
  }

  scratch(table: Local): Value {
    return load("i32.load", table, this.scratchAt);
  }

  constant(table: Local, constant: number, dtype: DType): Quad {
    return loadSplat(dtype, op("i32.add", table, this.constantsAt + 8 * constant));
  }

  integer(table: Local, constant: number): Value {
    return load("i32.load", table, this.constantsAt + 8 * constant);
  }
}
