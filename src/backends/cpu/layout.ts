import type { TypedArray } from "../backend.js";
import { type CallKernel, contiguous } from "../schedule/index.js";
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
    for (let i = 0; i < inner; i++, to += step) out[to] = from[start + i];
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

/** Visits pairs of places in an image [n, c, h, w] and in its patches [n, c, kh, kw, oh, ow]. */
function forEachWindow(
  image: readonly number[],
  patches: readonly number[],
  attributes: CallKernel["attributes"],
  each: (pixel: number, patch: number) => void,
): void {
  const [strideY, strideX] = attributes.stride as readonly number[];
  const [dilationY, dilationX] = attributes.dilation as readonly number[];
  const [, , height, width] = image;
  const [, , kernelHeight, kernelWidth, rows, columns] = patches;
  let patch = 0;
  for (let i = 0; i < image[0] * image[1]; i++) {
    for (let y = 0; y < kernelHeight; y++) {
      for (let x = 0; x < kernelWidth; x++) {
        for (let row = 0; row < rows; row++) {
          const line = (i * height + row * strideY + y * dilationY) * width + x * dilationX;
          for (let column = 0; column < columns; column++) each(line + column * strideX, patch++);
        }
      }
    }
  }
}

export const unfold: Call = ({ inputs: [x], shape, attributes }, [values], out) => {
  forEachWindow(x.shape, shape, attributes, (pixel, patch) => {
    out[patch] = values[pixel];
  });
};

export const fold: Call = ({ inputs: [x], shape, attributes }, [values], out) => {
  out.fill(0);
  forEachWindow(shape, x.shape, attributes, (pixel, patch) => {
    out[pixel] += values[patch];
  });
};
