import type { HostKernel } from "../../backends/backend.js";
import { checkSameShape, ShapeError, showShape } from "../check.js";
import { checkFloat, checkSameDType } from "../dtype.js";
import { apply } from "../graph.js";
import { normalizeAxis, type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { zeros } from "./create.js";
import { forEachLine, transformLine } from "./fourier-kernel.js";
import { at, concat, flip, slice } from "./movement.js";

/** Complex numbers as two real tensors of one shape. */
export type ComplexPair = {
  readonly re: Tensor;
  readonly im: Tensor;
};

/**
 * The discrete Fourier transform along an axis, of any length.
 *
 *     X[k] = Σ_j x[j] · e^(−2πi·jk/n)
 *
 * Computed on the host in f64, in O(n log n), on every backend. The gradient is the adjoint transform.
 *
 * @param x - `[...]`, real and imaginary parts
 * @param axis - counted from the back if negative; the axis may not be empty
 * @returns `[...]`, unnormalized
 * @throws ShapeError if the parts differ in shape, or the axis is empty
 * @throws DTypeError if the parts are not of one dtype, f32 or f64
 * @throws RangeError if there is no such axis
 */
export function fft(x: ComplexPair, axis = -1): ComplexPair {
  return pairFrom(transform("fft", x, axis, -1));
}

/**
 * The inverse of `fft`.
 *
 *     x[j] = 1/n · Σ_k X[k] · e^(2πi·jk/n)
 *
 * @param x - `[...]`, real and imaginary parts
 * @param axis - counted from the back if negative; the axis may not be empty
 * @returns `[...]`
 * @throws ShapeError if the parts differ in shape, or the axis is empty
 * @throws DTypeError if the parts are not of one dtype, f32 or f64
 * @throws RangeError if there is no such axis
 */
export function ifft(x: ComplexPair, axis = -1): ComplexPair {
  const packed = transform("ifft", x, axis, 1);
  return pairFrom(packed.mul(1 / x.re.shape[normalizeAxis("ifft", axis, x.re.shape.length)]));
}

/**
 * The first `⌊n/2⌋ + 1` entries of the Fourier transform of real numbers; the others are their conjugates.
 *
 * @param x - `[...]`
 * @param axis - counted from the back if negative; the axis may not be empty
 * @returns `[...]` with `⌊n/2⌋ + 1` entries along the axis
 * @throws ShapeError if the axis is empty
 * @throws DTypeError if `x` is not f32 or f64
 * @throws RangeError if there is no such axis
 */
export function rfft(x: Tensor, axis = -1): ComplexPair {
  const { re, im } = pairFrom(transform("rfft", { re: x, im: zeros(x.shape, x) }, axis, -1));
  const place = normalizeAxis("rfft", axis, x.shape.length);
  const ends = x.shape.map((size, i) => (i === place ? (size >> 1) + 1 : size));
  return { re: slice(re, [], ends), im: slice(im, [], ends) };
}

/**
 * The inverse of `rfft`. The imaginary parts of entry 0, and of entry n/2 for even `n`, count as 0.
 *
 * @param x - `[...]` with `⌊length/2⌋ + 1` entries along the axis
 * @param length - how many numbers there were, a whole number ≥ 1
 * @param axis - counted from the back if negative
 * @returns `[...]` with `length` entries along the axis
 * @throws ShapeError if the parts differ in shape or do not fit `length`
 * @throws DTypeError if the parts are not of one dtype, f32 or f64
 * @throws RangeError if there is no such axis
 */
export function irfft({ re, im }: ComplexPair, length: number, axis = -1): Tensor {
  checkSameShape("irfft", { re, im });
  const place = normalizeAxis("irfft", axis, re.shape.length);
  const held = re.shape[place];
  if (!Number.isInteger(length) || length < 1 || held !== (length >> 1) + 1) {
    throw new ShapeError(
      `irfft: length is ${length} but must be ${2 * held - 2} or ${2 * held - 1} for ${held} entries along axis ${place}`,
    );
  }
  const edge = (position: number) => re.shape.map((size, i) => (i === place ? position : size));
  const none = re.shape.map(() => 0);
  const mirrored = (x: Tensor) =>
    flip(
      slice(
        x,
        none.map((_, i) => (i === place ? 1 : 0)),
        edge(length - held + 1),
      ),
      place,
    );
  const whole = { re: concat([re, mirrored(re)], place), im: concat([im, mirrored(im).neg()], place) };
  return at(transform("irfft", whole, place, 1), 0).mul(1 / length);
}

function pairFrom(packed: Tensor): ComplexPair {
  return { re: at(packed, 0), im: at(packed, 1) };
}

/** The unnormalized transform with `e^(sign·2πi·jk/n)`; the parts of the result lie along a new first axis. */
function transform(caller: string, { re, im }: ComplexPair, axis: number, sign: 1 | -1): Tensor {
  checkFloat(caller, { re });
  checkSameDType(caller, { re, im });
  checkSameShape(caller, { re, im });
  const { length, inner } = linesOf(caller, re.shape, axis);
  return apply(caller, "fft", [re, im], {
    shape: [2, ...re.shape],
    dtype: re.dtype,
    attributes: { length, inner, sign },
    host: fourierTransform,
    pullback: (grad) => {
      const back = pairFrom(transform(caller, pairFrom(grad), axis, sign === 1 ? -1 : 1));
      return [back.re, back.im];
    },
  });
}

/** The lines along an axis: their length, and how far apart their elements lie. */
export function linesOf(
  caller: string,
  shape: Shape,
  axis: number,
): { readonly length: number; readonly inner: number } {
  const place = normalizeAxis(caller, axis, shape.length);
  if (shape[place] === 0) {
    throw new ShapeError(`${caller}: x has shape ${showShape(shape)} but must have an element along axis ${place}`);
  }
  return { length: shape[place], inner: sizeOf(shape.slice(place + 1)) };
}

const fourierTransform: HostKernel = ([re, im], output, attributes) => {
  const [length, inner, sign] = [attributes.length, attributes.inner, attributes.sign] as number[];
  const [x, y] = [new Float64Array(length), new Float64Array(length)];
  forEachLine(re.length, length, inner, (start) => {
    for (let j = 0; j < length; j++) {
      x[j] = re[start + j * inner];
      y[j] = im[start + j * inner];
    }
    transformLine(x, y, sign);
    for (let j = 0; j < length; j++) {
      output[start + j * inner] = x[j];
      output[re.length + start + j * inner] = y[j];
    }
  });
};
