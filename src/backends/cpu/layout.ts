import type { TypedArray } from "../backend.js";
import { contiguous } from "../schedule/index.js";
import type { Call } from "./calls.js";

/** Copies a contiguous tensor into `out`, its element [i, j, …] going to `offset + i·strides[0] + j·strides[1] + …`. */
function place(
  from: TypedArray,
  shape: readonly number[],
  out: TypedArray,
  strides: readonly number[],
  offset: number,
): void {
  if (from.length === 0) return;
  const inner = shape[shape.length - 1] ?? 1;
  const step = strides[shape.length - 1] ?? 1;
  for (let start = 0, row = 0; start < from.length; start += inner, row++) {
    let to = offset;
    for (let axis = shape.length - 2, rest = row; axis >= 0; axis--) {
      to += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    if (step === 1) out.set(from.subarray(start, start + inner), to);
    else for (let i = 0; i < inner; i++, to += step) out[to] = from[start + i];
  }
}

export const pad: Call = ({ inputs: [x], shape, attributes }, [values], out) => {
  const before = attributes.before as readonly number[];
  const interior = attributes.interior as readonly number[];
  const { strides } = contiguous(shape);
  out.fill(attributes.value as number);
  const offset = before.reduce((sum, count, axis) => sum + count * strides[axis], 0);
  const spread = strides.map((stride, axis) => stride * (interior[axis] + 1));
  place(values, x.shape, out, spread, offset);
};

export const concat: Call = ({ inputs, shape, attributes }, values, out) => {
  const axis = attributes.axis as number;
  const { strides } = contiguous(shape);
  let start = 0;
  inputs.forEach(({ shape: part }, i) => {
    place(values[i], part, out, strides, start * strides[axis]);
    start += part[axis];
  });
};
