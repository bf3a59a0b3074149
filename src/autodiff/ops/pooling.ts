import { checkFloat } from "../dtype.js";
import type { Tensor } from "../tensor.js";
import { padPixels } from "./convolution.js";
import { ones } from "./create.js";
import { type ImagePair, type PatchOptions, pairOf, unfoldFor } from "./patches.js";
import { max, sum } from "./reduce.js";

export interface PoolOptions extends PatchOptions {
  /** Pixels from one window to the next, whole numbers ≥ 1. Default: the size, so that windows tile the image. */
  readonly stride?: ImagePair;
  /** Pixels around the image, whole numbers from 0 to half of the size. Default 0. */
  readonly padding?: ImagePair;
}

/**
 * The largest pixel under each window; −∞ under a dilated window that meets none. Ties share the gradient equally.
 *
 * @param image - `[n, channels, height, width]`
 * @param size - height and width of the window, whole numbers ≥ 1
 * @returns `[n, channels, rows, columns]`
 * @throws ShapeError if the image is not of 4 axes, or smaller, padding included, than the window
 * @throws DTypeError if the image is not f32 or f64
 * @throws RangeError if a size, stride or dilation is not a whole number ≥ 1, or a padding not one from 0 to half the size
 */
export function maxPool2d(image: Tensor, size: ImagePair, options: PoolOptions = {}): Tensor {
  return max(windows("maxPool2d", image, size, options, Number.NEGATIVE_INFINITY), [2, 3]);
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as pixels. Default true. */
  readonly countPadding?: boolean;
}

/**
 * The mean of the pixels under each window; without padding counted, NaN under a dilated window that meets none.
 *
 * @param image - `[n, channels, height, width]`
 * @param size - height and width of the window, whole numbers ≥ 1
 * @returns `[n, channels, rows, columns]`
 * @throws ShapeError if the image is not of 4 axes, or smaller, padding included, than the window
 * @throws DTypeError if the image is not f32 or f64
 * @throws RangeError if a size, stride or dilation is not a whole number ≥ 1, or a padding not one from 0 to half the size
 */
export function avgPool2d(
  image: Tensor,
  size: ImagePair,
  { countPadding = true, ...options }: AveragePoolOptions = {},
): Tensor {
  const total = sum(windows("avgPool2d", image, size, options, 0), [2, 3]);
  const [height, width] = pairOf("avgPool2d", "size", size, 1);
  if (countPadding) return total.div(height * width);
  const inside = ones([1, 1, ...image.shape.slice(2)], image);
  return total.div(sum(windows("avgPool2d", inside, size, options, 0), [2, 3]));
}

/** The patches under the windows, `[n, channels, kernelHeight, kernelWidth, rows, columns]`. */
function windows(caller: string, image: Tensor, size: ImagePair, options: PoolOptions, border: number): Tensor {
  const { stride = size, padding = 0, dilation = 1 } = options;
  checkFloat(caller, { image });
  const window = pairOf(caller, "size", size, 1);
  pairOf(caller, "padding", padding, 0).forEach((width, i) => {
    if (width * 2 > window[i]) {
      throw new RangeError(`${caller}: padding is ${width} but must be at most half of the size, ${window[i]}`);
    }
  });
  return unfoldFor(caller, padPixels(caller, image, padding, border), size, { stride, dilation });
}
