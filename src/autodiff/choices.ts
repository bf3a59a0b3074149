import { checkCount, ShapeError, showShape } from "./check.js";
import { gumbel, uniform } from "./distributions.js";
import { checkFloat } from "./dtype.js";
import { cast } from "./ops/cast.js";
import { choose } from "./ops/choose.js";
import { and, less, shiftRight } from "./ops/comparison.js";
import { full, type Placement } from "./ops/create.js";
import { log } from "./ops/exponential.js";
import { at, broadcastTo, stack } from "./ops/movement.js";
import { argsort, topK } from "./ops/order.js";
import { argmax } from "./ops/reduce.js";
import { softmax } from "./ops/softmax.js";
import { type Key, randomBits } from "./random.js";
import type { Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { stopGradient } from "./transforms.js";

/** Where probabilities live that only an enumeration will read. */
function precise({ backend }: Key): Placement {
  return { backend, dtype: backend.dtypes.has("f64") ? "f64" : "f32" };
}

/** The high 32 bits of the 64-bit product of a word and a whole number below 2³². */
function multiplyHigh(word: Tensor<"u32">, factor: number): Tensor<"u32"> {
  const [low, high] = [factor % 2 ** 16, Math.floor(factor / 2 ** 16)];
  const [wordLow, wordHigh] = [and(word, 0xffff), shiftRight(word, 16)];
  const middle = wordHigh.mul(low).add(shiftRight(wordLow.mul(low), 16));
  const cross = wordLow.mul(high).add(and(middle, 0xffff));
  return wordHigh.mul(high).add(shiftRight(middle, 16)).add(shiftRight(cross, 16));
}

/**
 * Whole numbers in [0, outcomes), all equally likely to within 2⁻³² of their chance: 64 random bits go into each.
 *
 * @param outcomes - in [1, 2³¹]
 */
export function randomInt(key: Key, shape: Shape, outcomes: number): Tensor<"i32"> {
  checkCount("randomInt", { outcomes }, 1);
  if (outcomes > 2 ** 31) throw new RangeError(`randomInt: outcomes is ${outcomes} but must be in [1, 2^31]`);
  const words = randomBits(key, [...shape, 2]);
  const [high, low] = [at(words, 0, -1), at(words, 1, -1)];
  const below = multiplyHigh(low, outcomes);
  const rest = high.mul(outcomes).add(below);
  const value = multiplyHigh(high, outcomes).add(cast(less(rest, below), "u32"));
  return choose("independent", cast(value, "i32"), full([...shape, outcomes], 1 / outcomes, precise(key)));
}

/**
 * True with the given probability.
 *
 * @param probability - any shape, in [0, 1]; what is drawn carries no gradient
 */
export function bernoulli(key: Key, probability: Tensor): Tensor<"bool"> {
  checkFloat("bernoulli", { probability });
  const chance = stopGradient(probability);
  const value = less(uniform(key, chance.shape, { dtype: chance.dtype }), chance);
  return choose("independent", value, stack([chance.neg().add(1), chance], chance.shape.length));
}

/**
 * An outcome for each row of logits, with probability `softmax(logits)`; −∞ is never drawn. By Gumbel's trick.
 *
 * @param logits - `[..., outcomes]`; log-weights, normalized or not; what is drawn carries no gradient
 * @param shape - draws for each row; the result is `[...shape, ...logits.shape[:-1]]`. Default `[]`
 */
export function categorical(key: Key, logits: Tensor, shape: Shape = []): Tensor<"i32"> {
  checkFloat("categorical", { logits });
  const outcomes = logits.shape[logits.shape.length - 1];
  if (!(outcomes > 0)) {
    throw new ShapeError(
      `categorical: logits has shape ${showShape(logits.shape)} but its last axis must hold outcomes`,
    );
  }
  const rows = broadcastTo(stopGradient(logits), [...shape, ...logits.shape]);
  const value = argmax(rows.add(gumbel(key, rows.shape, { dtype: rows.dtype })), -1);
  return choose("independent", value, softmax(rows, -1));
}

export interface ChoiceOptions {
  /** Whether an outcome may be drawn again. Default true. */
  readonly replace?: boolean;
}

/**
 * `count` outcomes in proportion to weights. Without replacement they are drawn one after the other from what is left.
 *
 * @param weights - `[..., outcomes]`, ≥ 0; what is drawn carries no gradient
 * @returns `[..., count]`, in the order drawn
 * @throws RangeError if there are fewer outcomes than are to be drawn without replacement
 */
export function choice(
  key: Key,
  weights: Tensor,
  count: number,
  { replace = true }: ChoiceOptions = {},
): Tensor<"i32"> {
  checkCount("choice", { count }, 0);
  checkFloat("choice", { weights });
  const logits = log(stopGradient(weights));
  if (replace) {
    const lead = weights.shape.slice(0, -1);
    const outcomes = weights.shape[lead.length];
    const rows = broadcastTo(logits.reshape([...lead, 1, outcomes]), [...lead, count, outcomes]);
    return categorical(key, rows);
  }
  const outcomes = weights.shape[weights.shape.length - 1];
  if (count > outcomes) {
    throw new RangeError(`choice: count is ${count} but must be ≤ ${outcomes}, the outcomes, without replacement`);
  }
  const { indices } = topK(logits.add(gumbel(key, logits.shape, { dtype: logits.dtype })), count);
  return choose("successive", indices, stopGradient(weights));
}

/** 0, 1, …, length − 1 in random order, all orders equally likely. */
export function permutation(key: Key, length: number): Tensor<"i32"> {
  checkCount("permutation", { length }, 0);
  const order = argsort(randomBits(key, [length]));
  return choose("successive", order, full([length], 1, precise(key)));
}
