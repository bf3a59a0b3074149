import { checkCount, checkRank, checkShape, ShapeError } from "../check.js";
import { checkFloat, checkSameDType } from "../dtype.js";
import type { Tensor } from "../tensor.js";
import { matmul } from "./contract.js";
import { pad, reshape } from "./movement.js";
import { type ImagePair, type PatchOptions, pairOf, unfoldFor } from "./patches.js";

export interface ConvolutionOptions extends PatchOptions {
  /** Zeros around the image, whole numbers ≥ 0. Default 0. */
  readonly padding?: ImagePair;
  /** Into how many groups the channels fall, each of which sees only itself; a whole number ≥ 1. Default 1. */
  readonly groups?: number;
}

/**
 * Two-dimensional convolution (as everywhere in machine learning: without turning the kernel around).
 *
 *     result[n, o, i, j] = Σ_{c, y, x} kernel[o, c, y, x] · image[n, c₀ + c, i·stride + y·dilation − padding, …]
 *
 * with `c₀` the first channel of the group that `o` belongs to.
 *
 * Reach for it on images; with `groups` equal to the channels it is depthwise, with a 1 × 1 kernel it mixes channels.
 *
 * @param image - `[n, channels, height, width]`
 * @param kernel - `[outputs, channels / groups, kernelHeight, kernelWidth]`
 * @returns `[n, outputs, rows, columns]`, `rows = ⌊(height + 2·padding − (kernelHeight − 1)·dilation − 1) / stride⌋ + 1`
 * @throws ShapeError if image or kernel is not of 4 axes, the channels do not fit each other or the groups, or the padded
 * image is smaller than the window
 * @throws DTypeError if image and kernel are not of one dtype, f32 or f64
 * @throws RangeError if `stride`, `dilation` or `groups` is not a whole number ≥ 1, or `padding` not one ≥ 0
 */
export function conv2d(
  image: Tensor,
  kernel: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionOptions = {},
): Tensor {
  checkRank("conv2d", { image, kernel }, 4);
  checkFloat("conv2d", { image });
  checkSameDType("conv2d", { image, kernel });
  checkCount("conv2d", { groups }, 1);
  const [n, channels] = image.shape;
  const [outputs, inGroup, height, width] = kernel.shape;
  for (const [name, count] of Object.entries({ channels, outputs })) {
    if (count % groups !== 0) throw new ShapeError(`conv2d: groups is ${groups} but must divide the ${name}, ${count}`);
  }
  checkShape("conv2d", "kernel", kernel, [-1, channels / groups, -1, -1]);
  const padded = padPixels("conv2d", image, padding);
  const patches = unfoldFor("conv2d", padded, [height, width], { stride, dilation });
  const places = patches.shape.slice(4);
  const inner = inGroup * height * width;
  const mixed = matmul(
    reshape(kernel, [groups, outputs / groups, inner]),
    reshape(patches, [n, groups, inner, places[0] * places[1]]),
  );
  return reshape(mixed, [n, outputs, ...places]);
}

/** An image with a border of one value. */
export function padPixels(caller: string, image: Tensor, padding: ImagePair, value = 0): Tensor {
  checkRank(caller, { image }, 4);
  const border = [0, 0, ...pairOf(caller, "padding", padding, 0)];
  return pad(image, border, border, { value });
}
