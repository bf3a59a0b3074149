import { checkAtLeast, checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { type Float, type Key, normal, type Tensor, zeros } from "../../autodiff/index.js";

export type LinearParameters = {
  /** `[inputs, outputs]` */
  readonly weights: Tensor;
  /** `[outputs]` */
  readonly bias: Tensor;
};

export interface InitLinearOptions {
  /** The weights' deviation times `√inputs`, a finite number ≥ 0; √2 before a ReLU. Default 1. */
  readonly gain?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of a linear layer that keeps the size of its inputs: normal weights, bias 0.
 *
 *     weights ~ N(0, gain² / inputs)
 *
 * Reach for it to start a network, with `gain` √2 where a ReLU follows, which halves the mean square.
 *
 * @param key - a key of its own
 * @param inputs - a whole number ≥ 1
 * @param outputs - a whole number ≥ 1
 * @throws RangeError if a size is not a whole number ≥ 1, or `gain` is negative or not finite
 * @source LeCun et al., "Efficient BackProp", 1998, §4.6; He et al., "Delving Deep into Rectifiers", ICCV 2015,
 * arXiv:1502.01852, eq. 10 (the gain)
 */
export function initLinear(
  key: Key,
  inputs: number,
  outputs: number,
  { gain = 1, dtype = "f32" }: InitLinearOptions = {},
): LinearParameters {
  checkCount("initLinear", { inputs, outputs }, 1);
  checkAtLeast("initLinear", { gain }, 0);
  const weights = normal(key, [inputs, outputs], { dtype }).mul(gain / Math.sqrt(inputs));
  return { weights, bias: zeros([outputs], weights) };
}

/**
 * A linear layer over the last axis.
 *
 *     y = x · weights + bias
 *
 * @param x - `[..., inputs]`
 * @returns `[..., outputs]`
 * @throws ShapeError if `weights`, `bias` and `x` do not fit
 * @throws DTypeError if they differ in dtype
 * @source Rosenblatt, "The Perceptron", Psychological Review 1958
 */
export function linear(parameters: LinearParameters, x: Tensor): Tensor {
  checkLinear("linear", parameters, x);
  const { weights, bias } = parameters;
  const [inputs, outputs] = weights.shape;
  const rows = x.reshape([x.size / inputs, inputs]); // one product, whatever the axes before the last
  return rows
    .matmul(weights)
    .add(bias)
    .reshape([...x.shape.slice(0, -1), outputs]);
}

/** Throws unless the parameters are those of a linear layer for `x`; errors call them by their path. */
export function checkLinear(caller: string, { weights, bias }: LinearParameters, x: Tensor, path = ""): void {
  if (weights.shape.length !== 2 || weights.shape.includes(0)) {
    throw new ShapeError(
      `${caller}: ${path}weights has shape ${showShape(weights.shape)} but must have 2 axes, neither of size 0`,
    );
  }
  const [inputs, outputs] = weights.shape;
  if (bias.shape.length !== 1 || bias.shape[0] !== outputs) {
    throw new ShapeError(`${caller}: ${path}bias has shape ${showShape(bias.shape)} but must be [${outputs}]`);
  }
  if (x.shape[x.shape.length - 1] !== inputs) {
    throw new ShapeError(
      `${caller}: x has shape ${showShape(x.shape)} but its last axis must have size ${inputs}, as ${path}weights has rows`,
    );
  }
  checkSameDType(caller, { x, [`${path}weights`]: weights, [`${path}bias`]: bias });
}
