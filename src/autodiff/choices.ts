import { checkCount, ShapeError, showShape } from "./check.js";
import { gumbel, uniform } from "./distributions.js";
import { checkFloat } from "./dtype.js";
import { hostValues } from "./evaluate.js";
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
 * @throws RangeError if `outcomes` is not a whole number in [1, 2³¹]
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
 * True with the given probability, to within 2⁻²⁴ in f32 and 2⁻⁵³ in f64.
 *
 * @param probability - any shape, in [0, 1]; what is drawn carries no gradient
 * @throws RangeError if a probability that is on the host is outside [0, 1]
 */
export function bernoulli(key: Key, probability: Tensor): Tensor<"bool"> {
  checkFloat("bernoulli", { probability });
  for (const value of hostValues(probability) ?? []) {
    if (!(value >= 0 && value <= 1)) {
      throw new RangeError(`bernoulli: probability holds ${value} but must be in [0, 1]`);
    }
  }
  const chance = stopGradient(probability);
  const value = less(uniform(key, chance.shape, { dtype: chance.dtype }), chance);
  return choose("independent", value, stack([chance.neg().add(1), chance], chance.shape.length));
}

/** The outcomes that the last axis lists. */
function outcomesOf(caller: string, name: string, { shape }: Tensor): number {
  const outcomes = shape[shape.length - 1];
  if (outcomes > 0) return outcomes;
  throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but its last axis must hold outcomes`);
}

/**
 * An outcome for each row of logits, with probability `softmax(logits)`; −∞ is never drawn. By Gumbel's trick.
 *
 * @param logits - `[..., outcomes]`; log-weights, normalized or not, below ∞; what is drawn carries no gradient. A row of
 * −∞ alone gives outcome 0 where it is not on the host
 * @param shape - draws for each row; the result is `[...shape, ...logits.shape[:-1]]`. Default `[]`
 * @throws ShapeError if there are no outcomes
 * @throws RangeError if a logit that is on the host is ∞ or NaN, or all of a row are −∞
 */
export function categorical(key: Key, logits: Tensor, shape: Shape = []): Tensor<"i32"> {
  checkFloat("categorical", { logits });
  const outcomes = outcomesOf("categorical", "logits", logits);
  const held = hostValues(logits) ?? [];
  for (let start = 0; start < held.length; start += outcomes) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + outcomes; i++) {
      const value = held[i];
      if (!(value < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`categorical: logits holds ${value} but must hold numbers < Infinity`);
      }
      if (value > largest) largest = value;
    }
    if (largest === Number.NEGATIVE_INFINITY) {
      throw new RangeError(`categorical: row ${start / outcomes} of logits is all -Infinity but must hold an outcome`);
    }
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
 * @param weights - `[..., outcomes]`, finite and ≥ 0; what is drawn carries no gradient
 * @returns `[..., count]`, in the order drawn
 * @throws ShapeError if there are no outcomes
 * @throws RangeError if a weight that is on the host is negative, infinite or NaN
 * @throws RangeError if fewer outcomes have a weight above 0, as far as it is on the host, than are to be drawn
 */
export function choice(
  key: Key,
  weights: Tensor,
  count: number,
  { replace = true }: ChoiceOptions = {},
): Tensor<"i32"> {
  checkCount("choice", { count }, 0);
  checkFloat("choice", { weights });
  const outcomes = outcomesOf("choice", "weights", weights);
  checkWeights(weights, outcomes, replace ? Math.min(count, 1) : count);
  const logits = log(stopGradient(weights));
  const lead = weights.shape.slice(0, -1);
  if (replace) {
    return categorical(key, broadcastTo(logits.reshape([...lead, 1, outcomes]), [...lead, count, outcomes]));
  }
  const { indices } = topK(logits.add(gumbel(key, logits.shape, { dtype: logits.dtype })), count);
  return choose("successive", indices, stopGradient(weights));
}

function checkWeights(weights: Tensor, outcomes: number, needed: number): void {
  const held = hostValues(weights);
  const rows = held === undefined ? 1 : held.length / outcomes;
  for (let row = 0; row < rows; row++) {
    let possible = held === undefined ? outcomes : 0;
    for (const weight of held?.subarray(row * outcomes, (row + 1) * outcomes) ?? []) {
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`choice: weights holds ${weight} but must hold finite numbers ≥ 0`);
      }
      if (weight > 0) possible++;
    }
    if (possible < needed) {
      throw new RangeError(
        `choice: row ${row} of weights has ${possible} outcomes above 0 but must have at least ${needed}`,
      );
    }
  }
}

/**
 * 0, 1, …, length − 1 in random order, all orders equally likely but for ties of 32 random bits: two elements keep their
 * order more often than not by 2⁻³³.
 *
 * @throws RangeError if `length` is not a whole number ≥ 0
 */
export function permutation(key: Key, length: number): Tensor<"i32"> {
  checkCount("permutation", { length }, 0);
  const order = argsort(randomBits(key, [length]));
  return choose("successive", order, full([length], 1, precise(key)));
}
