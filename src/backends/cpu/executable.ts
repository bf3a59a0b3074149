import type { Program, Storage, TypedArray } from "../backend.js";
import { type Schedule, schedule } from "../schedule/index.js";
import { allocate, viewOf } from "./allocate.js";
import { type Run, runOf } from "./run-of.js";

/** A program, planned: its kernels with the scratch memory that they need, ready for any values. */
export class Executable {
  private readonly plan: Schedule;
  private readonly runs: readonly Run[];

  constructor(program: Program) {
    this.plan = schedule(program);
    this.runs = this.plan.kernels.map(runOf);
  }

  /** Results in the order of the program's outputs; `arena` lends memory for what lies between. */
  run(leaves: readonly Storage[], constants: readonly number[], arena: Arena): TypedArray[] {
    const { slots, kernels, arena: placeOf, places, outputs } = this.plan;
    const blocks = arena.borrow(places);
    const arrays: TypedArray[] = leaves.map(({ host }) => host!);
    try {
      kernels.forEach(({ output, inPlace }, i) => {
        const { dtype, length } = slots[output];
        const place = placeOf[output];
        const takesOver = inPlace !== undefined && inPlace < leaves.length;
        if (takesOver) arrays[output] = arrays[inPlace];
        else arrays[output] = place === undefined ? allocate(dtype, length) : viewOf(blocks[place], dtype, length);
        this.runs[i](arrays, constants, arrays[output]);
      });
    } finally {
      arena.giveBack(blocks);
    }
    return outputs.map((slot) => arrays[slot]);
  }
}

/** Memory for intermediate results, lent to one run after the other. */
export interface Arena {
  borrow(bytes: readonly number[]): ArrayBuffer[];
  giveBack(blocks: readonly ArrayBuffer[]): void;
}
