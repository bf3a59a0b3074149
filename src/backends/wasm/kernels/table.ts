import type { DType } from "../../backend.js";
import { type Local, load, op, type Value } from "../assembler/index.js";
import { loadSplat, type Quad } from "./quad.js";

/**
 * Where a run's addresses and constants are: the address of each slot, then the constants, 8 bytes each. Kernels are
 * handed the table's own address, so that a plan's code serves any run.
 */
export class TableLayout {
  readonly bytes: number;
  readonly constantsAt: number;

  constructor(slots: number, constants: number) {
    this.constantsAt = Math.ceil(slots / 2) * 8;
    this.bytes = this.constantsAt + 8 * constants;
  }

  slot(table: Local, slot: number): Value {
    return load("i32.load", table, 4 * slot);
  }

  constant(table: Local, constant: number, dtype: DType): Quad {
    return loadSplat(dtype, op("i32.add", table, this.constantsAt + 8 * constant));
  }

  integer(table: Local, constant: number): Value {
    return load("i32.load", table, this.constantsAt + 8 * constant);
  }
}
