import type { TypedArray } from "../backend.js";
import type { Kernel } from "../schedule/index.js";
import { allocate } from "./allocate.js";
import { callOf } from "./calls.js";
import { Chain } from "./expression.js";
import { Matmul } from "./matmul.js";
import { reduce } from "./reduce.js";

/** Runs a kernel on the arrays of all slots, into the array of its own. */
export type Run = (slots: readonly TypedArray[], constants: readonly number[], out: TypedArray) => void;

/** Makes a kernel ready for any values, with the scratch memory that it needs. */
export function runOf(kernel: Kernel): Run {
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
