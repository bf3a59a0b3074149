import type { Program, Storage, TypedArray } from "../backend.js";
import { type Kernel, type Schedule, schedule } from "../schedule/index.js";
import { allocate, viewOf } from "./allocate.js";
import { callOf } from "./calls.js";
import { Chain } from "./expression.js";
import { Matmul } from "./matmul.js";
import { reduce } from "./reduce.js";

type Run = (slots: readonly TypedArray[], constants: readonly number[], out: TypedArray) => void;

/** A program, planned: its kernels with the scratch memory that they need, ready for any values. */
export class Executable {
  private readonly plan: Schedule;
  private readonly runs: readonly Run[];
  private readonly donated: readonly boolean[];

  constructor(program: Program) {
    this.plan = schedule(program);
    this.runs = this.plan.kernels.map(compile);
    this.donated = program.donated;
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

  /** Whether a leaf's memory is given up to the run. */
  consumes(leaf: number): boolean {
    return this.donated[leaf];
  }
}

/** Memory for intermediate results, lent to one run after the other. */
export interface Arena {
  borrow(bytes: readonly number[]): ArrayBuffer[];
  giveBack(blocks: readonly ArrayBuffer[]): void;
}

function compile(kernel: Kernel): Run {
  switch (kernel.kind) {
    case "map": {
      const chain = new Chain(kernel.expression);
      return (slots, constants, out) => {
        chain.bind(slots, constants);
        chain.forEachChunk((start, count) => chain.compute(start, count, out, start));
      };
    }
    case "reduce": {
      const chain = new Chain(kernel.expression);
      return (slots, constants, out) => {
        chain.bind(slots, constants);
        reduce(kernel, chain, out);
      };
    }
    case "matmul": {
      const matmul = new Matmul(kernel, kernel.epilogue && new Chain(kernel.epilogue));
      return (slots, constants, out) => matmul.run(slots, constants, out);
    }
    case "call": {
      const call = callOf(kernel.op);
      return (slots, constants, out) => {
        const inputs = kernel.inputs.map(({ slot, constant, offset, shape, dtype }) => {
          if (slot === undefined) return allocate(dtype, 1).fill(constants[constant!]) as TypedArray;
          const size = shape.reduce((product, length) => product * length, 1);
          const array = slots[slot];
          return array.length === size ? array : (array.subarray(offset, offset + size) as TypedArray);
        });
        call(kernel, inputs, out);
      };
    }
  }
}
