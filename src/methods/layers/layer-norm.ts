import { checkAbove, checkCount, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { ones, type Placement, sqrt, square, type Tensor, zeros } from "../../autodiff/index.js";

export type LayerNormParameters = {
  /** `[width]` */
  readonly scale: Tensor;
  /** `[width]` */
  readonly shift: Tensor;
};

export interface LayerNormOptions {
  /** Added to the variance, so that a constant row has a norm; > 0. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Parameters that leave a normalized row as it is: scale 1, shift 0.
 *
 * @param width - a whole number ≥ 1
 * @param place - where they live and their dtype; any tensor will do
 * @throws RangeError if `width` is not a whole number ≥ 1
 * @source Ba, Kiros and Hinton, "Layer Normalization", 2016, arXiv:1607.06450
 */
export function initLayerNorm(width: number, place: Placement): LayerNormParameters {
  checkCount("initLayerNorm", { width }, 1);
  return { scale: ones([width], place), shift: zeros([width], place) };
}

/**
 * Layer normalization: each row, less its mean, over its deviation.
 *
 *     y = scale · (x − μ) / √(σ² + epsilon) + shift      μ = mean(x)      σ² = mean((x − μ)²)
 *
 * over the last axis. Reach for it to train deep networks at rates that do not depend on the size of their activations:
 * adding a number to a row changes nothing, nor does multiplying it by one, up to `epsilon`.
 *
 * @param x - `[..., width]`
 * @returns the shape of `x`; where a row is constant, `shift`
 * @throws ShapeError if `scale`, `shift` and `x` do not fit
 * @throws DTypeError if they differ in dtype or are no floats
 * @throws RangeError if `epsilon` is not a finite number > 0
 * @source Ba, Kiros and Hinton, "Layer Normalization", 2016, arXiv:1607.06450, eq. 4; the variance has its `epsilon` as
 * in every implementation
 */
export function layerNorm(
  { scale, shift }: LayerNormParameters,
  x: Tensor,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): Tensor {
  checkFloat("layerNorm", { x });
  const width = x.shape[x.shape.length - 1];
  if (!(width > 0)) {
    throw new ShapeError(`layerNorm: x has shape ${showShape(x.shape)} but must have a last axis that is not empty`);
  }
  checkShape("layerNorm", "scale", scale, [width]);
  checkShape("layerNorm", "shift", shift, [width]);
  checkSameDType("layerNorm", { x, scale, shift });
  checkAbove("layerNorm", { epsilon }, 0);

  const centred = x.sub(x.mean(-1, { keepDims: true }));
  const variance = square(centred).mean(-1, { keepDims: true });
  return centred
    .div(sqrt(variance.add(epsilon)))
    .mul(scale)
    .add(shift);
}
