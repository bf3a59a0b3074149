import type { Float, Key, Shape, Tensor } from "../../autodiff/index.js";

/** The dtype of log-probabilities; a tensor of scores will do as an example. */
export interface Like {
  readonly dtype: Float;
}

/**
 * A distribution over classes that is drawn from with replacement, every draw independent of the others.
 *
 * Its probabilities are exact and sum to 1: estimators that weight by `1 / q` lean on it. What it draws carries no
 * gradient; log-probabilities may (a learned sampler is trained through them), so an estimator detaches them.
 *
 *     const ids = sampler.draw(key, [64]);                      // [64], i32
 *     const logQ = sampler.logProbability(ids, scores);         // [64], in the dtype of scores
 */
export interface Sampler {
  /** Number of classes; ids lie in [0, classes). */
  readonly classes: number;
  /** Classes of probability 0, in ascending order, if there are any and they are known. */
  readonly missing?: readonly number[];

  /** Independent draws on the key's backend, i32. A number n stands for the shape `[n]`. */
  draw(key: Key, shape: number | Shape): Tensor<"i32">;

  /**
   * Natural logarithm of the probability of each id, on the backend of the ids; −Infinity for a class never drawn.
   *
   * @param ids - any shape, in [0, classes); NaN where not
   * @param like - says which dtype. Default f32
   */
  logProbability(ids: Tensor<"i32">, like?: Like): Tensor;

  /**
   * The same distribution, given that a class is not drawn: `q_j / (1 − q_y)`, exactly. Samplers have it where it costs
   * no more than a draw.
   *
   * @param labels - `[B]`, the class that is left out in each row; draws and ids then have a shape `[B, ...]`
   */
  without?(labels: Tensor<"i32">): Sampler;
}

/** A distribution over classes that depends on an input, `q(j | x)`. */
export interface ConditionalSampler {
  /** Number of classes; ids lie in [0, classes). */
  readonly classes: number;

  /**
   * The samplers of some inputs, as one: row i of what it draws, and of the ids that it is asked about, belongs to
   * row i of the inputs.
   *
   * @param inputs - `[B, d]`; draws and ids then have a shape `[B, ...]`
   */
  given(inputs: Tensor): Sampler;
}
