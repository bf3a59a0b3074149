import { checkAtLeast, checkCount, ShapeError } from "../../autodiff/check.js";
import { type Float, type Key, relu, type Tensor } from "../../autodiff/index.js";
import type { Activation } from "./gelu.js";
import { checkLinear, initLinear, type LinearParameters, linear } from "./linear.js";

export interface InitMlpOptions {
  /** The gain of every layer but the last, see `initLinear`. Default √2, for ReLUs. */
  readonly gain?: number;
  /** The gain of the last layer. Default 1. */
  readonly lastGain?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of a multilayer perceptron, one layer between each two sizes.
 *
 * @param sizes - of the input, of what is hidden, and of the output: two whole numbers ≥ 1 or more
 * @throws RangeError if `sizes` are fewer than two, or one is not a whole number ≥ 1
 * @throws RangeError if a gain is negative or not finite
 * @source He et al., "Delving Deep into Rectifiers", ICCV 2015, arXiv:1502.01852, eq. 10
 */
export function initMlp(
  key: Key,
  sizes: readonly number[],
  { gain = Math.SQRT2, lastGain = 1, dtype = "f32" }: InitMlpOptions = {},
): LinearParameters[] {
  if (sizes.length < 2) {
    throw new RangeError(`initMlp: sizes has ${sizes.length} numbers but must have at least 2, of input and output`);
  }
  checkCount("initMlp", Object.fromEntries(sizes.map((size, i) => [`sizes[${i}]`, size])), 1);
  checkAtLeast("initMlp", { gain, lastGain }, 0);
  const last = sizes.length - 2;
  return sizes
    .slice(1)
    .map((outputs, i) => initLinear(key.at(i), sizes[i], outputs, { gain: i === last ? lastGain : gain, dtype }));
}

export interface MlpOptions {
  /** What each layer but the last ends with. Default `relu`. */
  readonly activation?: Activation;
}

/**
 * A multilayer perceptron over the last axis: linear layers with an activation between them.
 *
 *     mlp(x) = linear_L(activation(… linear_2(activation(linear_1(x)))))
 *
 * @param layers - one or more, each as wide as the next expects
 * @param x - `[..., inputs]`
 * @returns `[..., outputs]`
 * @throws ShapeError if there is no layer, or layers and `x` do not fit
 * @throws DTypeError if they differ in dtype
 * @source Rumelhart, Hinton and Williams, "Learning Representations by Back-propagating Errors", Nature 1986
 */
export function mlp(layers: readonly LinearParameters[], x: Tensor, { activation = relu }: MlpOptions = {}): Tensor {
  if (layers.length === 0) throw new ShapeError("mlp: layers is empty but must hold at least one");
  layers.forEach((layer, i) => {
    const width = i === 0 ? x.shape[x.shape.length - 1] : layers[i - 1].bias.shape[0];
    if (layer.weights.shape[0] === width || i === 0) return;
    throw new ShapeError(
      `mlp: layers.${i}.weights has ${layer.weights.shape[0]} rows but must have ${width}, as the layer before it has outputs`,
    );
  });
  checkLinear("mlp", layers[0], x, "layers.0.");
  return layers.reduce((hidden, layer, i) => linear(layer, i === 0 ? hidden : activation(hidden)), x);
}
