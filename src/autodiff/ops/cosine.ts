import type { HostKernel, TypedArray } from "../../backends/backend.js";
import { checkFloat } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";
import { linesOf } from "./fourier.js";
import { forEachLine, transformLine } from "./fourier-kernel.js";

export interface CosineOptions {
  /** The axis, counted from the back if negative. Default −1. */
  readonly axis?: number;
  /** Scale so that the transform is a rotation: it keeps norms, and its inverse is its transpose. Default false. */
  readonly orthonormal?: boolean;
}

/**
 * The discrete cosine transform of type II along an axis, of any length.
 *
 *     X[k] = 2·s[k] · Σ_j x[j] · cos(π·k·(2j + 1) / 2n)
 *
 * with `s[k] = 1`; orthonormal: `s[0] = √(1/4n)`, else `√(1/2n)`. Computed on the host in f64, in O(n log n).
 *
 * Reach for it to decorrelate smooth signals, or for a fast orthogonal matrix.
 *
 * @param x - `[...]`
 * @returns `[...]`
 * @throws ShapeError if the axis is empty
 * @throws DTypeError if `x` is not f32 or f64
 * @throws RangeError if there is no such axis
 * @source Makhoul, "A Fast Cosine Transform in One and Two Dimensions", IEEE Trans. ASSP 1980
 */
export function dct(x: Tensor, { axis = -1, orthonormal = false }: CosineOptions = {}): Tensor {
  const { length } = linesOf("dct", x.shape, axis);
  const [first, rest] = orthonormal ? [Math.sqrt(1 / length), Math.sqrt(2 / length)] : [2, 2];
  return scaledCosines("dct", x, { axis, first, rest });
}

/**
 * The inverse of `dct` with the same options: the scaled transform of type III.
 *
 *     x[j] = 1/n · (X[0]/2 + Σ_{k ≥ 1} X[k] · cos(π·k·(2j + 1) / 2n))       orthonormal: the transpose of dct
 *
 * @param x - `[...]`
 * @returns `[...]`
 * @throws ShapeError if the axis is empty
 * @throws DTypeError if `x` is not f32 or f64
 * @throws RangeError if there is no such axis
 */
export function idct(x: Tensor, { axis = -1, orthonormal = false }: CosineOptions = {}): Tensor {
  const { length } = linesOf("idct", x.shape, axis);
  const [first, rest] = orthonormal ? [Math.sqrt(1 / length), Math.sqrt(2 / length)] : [0.5 / length, 1 / length];
  return transposedCosines("idct", x, { axis, first, rest });
}

interface Scaled {
  readonly axis: number;
  /** The factor of row 0 of the matrix of cosines. */
  readonly first: number;
  /** The factor of its other rows. */
  readonly rest: number;
}

function scaledCosines(caller: string, x: Tensor, { axis, first, rest }: Scaled): Tensor {
  checkFloat(caller, { x });
  return apply(caller, "dct", [x], {
    shape: x.shape,
    dtype: x.dtype,
    attributes: { ...linesOf(caller, x.shape, axis), first, rest },
    host: cosineTransform,
    pullback: (grad) => [transposedCosines(caller, grad, { axis, first, rest })],
  });
}

function transposedCosines(caller: string, x: Tensor, { axis, first, rest }: Scaled): Tensor {
  checkFloat(caller, { x });
  return apply(caller, "dctTransposed", [x], {
    shape: x.shape,
    dtype: x.dtype,
    attributes: { ...linesOf(caller, x.shape, axis), first, rest },
    host: cosineTransposed,
    pullback: (grad) => [scaledCosines(caller, grad, { axis, first, rest })],
  });
}

/** Where element `m` of the reordered line comes from: the even ones forward, then the odd ones backward. */
function source(m: number, length: number): number {
  return 2 * m < length ? 2 * m : 2 * (length - m) - 1;
}

const cosineTransform: HostKernel = ([x], output, attributes) => {
  const [length, inner, first, rest] = numbersOf(attributes);
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  forEachLine(x.length, length, inner, (start) => {
    im.fill(0);
    for (let m = 0; m < length; m++) re[m] = x[start + source(m, length) * inner];
    transformLine(re, im, -1);
    for (let k = 0; k < length; k++) {
      const angle = (Math.PI * k) / (2 * length);
      const value = re[k] * Math.cos(angle) + im[k] * Math.sin(angle);
      output[start + k * inner] = value * (k === 0 ? first : rest);
    }
  });
};

const cosineTransposed: HostKernel = ([x], output: TypedArray, attributes) => {
  const [length, inner, first, rest] = numbersOf(attributes);
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  forEachLine(x.length, length, inner, (start) => {
    for (let k = 0; k < length; k++) {
      const angle = (Math.PI * k) / (2 * length);
      const value = x[start + k * inner] * (k === 0 ? first : rest);
      re[k] = value * Math.cos(angle);
      im[k] = value * Math.sin(angle);
    }
    transformLine(re, im, 1);
    for (let m = 0; m < length; m++) output[start + source(m, length) * inner] = re[m];
  });
};

function numbersOf(attributes: Parameters<HostKernel>[2]): number[] {
  return [attributes.length, attributes.inner, attributes.first, attributes.rest] as number[];
}
