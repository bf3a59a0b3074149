import * as kernels from "../../backends/reference/patches.js";
import { checkCount, checkRank, checkShape, ShapeError, showShape } from "../check.js";
import { checkFloat } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";

/** One number for both image axes, or one for the rows and one for the columns. */
export type ImagePair = number | readonly [rows: number, columns: number];

export interface PatchOptions {
  /** Pixels from one patch to the next, whole numbers ≥ 1. Default 1. */
  readonly stride?: ImagePair;
  /** Pixels from one element of a patch to the next, whole numbers ≥ 1. Default 1. */
  readonly dilation?: ImagePair;
}

/** Both entries of a pair, checked to be whole numbers ≥ `least`. */
export function pairOf(caller: string, name: string, pair: ImagePair, least: number): readonly [number, number] {
  const both = typeof pair === "number" ? ([pair, pair] as const) : pair;
  if (both.length !== 2) throw new RangeError(`${caller}: ${name} has ${both.length} entries but must have 2`);
  for (const entry of both) checkCount(caller, { [name]: entry }, least);
  return both;
}

/**
 * All patches of an image under a sliding window, every element of a patch along axes of its own.
 *
 *     result[n, c, y, x, i, j] = image[n, c, i·stride + y·dilation, j·stride + x·dilation]
 *
 * Reach for it to build what slides a window: convolution, pooling, local attention. Pad first where the window is to
 * cross the border.
 *
 * @param image - `[n, c, height, width]`
 * @param size - height and width of the window, whole numbers ≥ 1
 * @returns `[n, c, kernelHeight, kernelWidth, rows, columns]`, one row and column for each place where the window fits
 * @throws ShapeError if the image is not of 4 axes or smaller than the window
 * @throws DTypeError if the image is not f32 or f64
 * @throws RangeError if a size, stride or dilation is not a whole number ≥ 1
 */
export function unfold(image: Tensor, size: ImagePair, options: PatchOptions = {}): Tensor {
  return unfoldFor("unfold", image, size, options);
}

/** `unfold` in the name of the function that the user called. */
export function unfoldFor(
  caller: string,
  image: Tensor,
  size: ImagePair,
  { stride = 1, dilation = 1 }: PatchOptions,
): Tensor {
  checkRank(caller, { image }, 4);
  checkFloat(caller, { image });
  const window = pairOf(caller, "size", size, 1);
  const steps = pairOf(caller, "stride", stride, 1);
  const gaps = pairOf(caller, "dilation", dilation, 1);
  const [n, c, ...pixels] = image.shape;
  const reach = window.map((length, i) => (length - 1) * gaps[i] + 1);
  if (reach.some((length, i) => length > pixels[i])) {
    throw new ShapeError(
      `${caller}: image has ${showShape(pixels)} pixels, padding included, but must have ${showShape(reach)} or more for the window`,
    );
  }
  const places = pixels.map((length, i) => Math.floor((length - reach[i]) / steps[i]) + 1);
  return apply(caller, "unfold", [image], {
    shape: [n, c, ...window, ...places],
    dtype: image.dtype,
    attributes: { stride: steps, dilation: gaps },
    host: kernels.unfold,
    pullback: (grad) => [fold(grad, [pixels[0], pixels[1]], { stride, dilation })],
  });
}

/**
 * An image from patches: each pixel is the sum of the patch elements that lie on it. The transpose of `unfold`.
 *
 * @param patches - `[n, c, kernelHeight, kernelWidth, rows, columns]`
 * @param size - height and width of the image
 * @returns `[n, c, height, width]`
 * @throws ShapeError if `unfold` of such an image would give another number of rows or columns
 * @throws DTypeError if the patches are not f32 or f64
 * @throws RangeError if a size, stride or dilation is not a whole number ≥ 1
 */
export function fold(patches: Tensor, size: ImagePair, { stride = 1, dilation = 1 }: PatchOptions = {}): Tensor {
  checkRank("fold", { patches }, 6);
  checkFloat("fold", { patches });
  const pixels = pairOf("fold", "size", size, 1);
  const steps = pairOf("fold", "stride", stride, 1);
  const gaps = pairOf("fold", "dilation", dilation, 1);
  const [n, c, height, width] = patches.shape;
  const places = [height, width].map((length, i) =>
    Math.max(0, Math.floor((pixels[i] - (length - 1) * gaps[i] - 1) / steps[i]) + 1),
  );
  checkShape("fold", "patches", patches, [-1, -1, -1, -1, ...places]);
  return apply("fold", "fold", [patches], {
    shape: [n, c, ...pixels],
    dtype: patches.dtype,
    attributes: { stride: steps, dilation: gaps },
    host: kernels.fold,
    pullback: (grad) => [unfold(grad, [height, width], { stride, dilation })],
  });
}
