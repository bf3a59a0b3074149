import type { Float } from "./dtype.js";
import { cast } from "./ops/cast.js";
import { and, greater, less, shiftRight, where } from "./ops/comparison.js";
import { full } from "./ops/create.js";
import { cos, exp, log, sqrt } from "./ops/exponential.js";
import { at } from "./ops/movement.js";
import { type Key, randomBits } from "./random.js";
import type { Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { stopGradient } from "./transforms.js";

export interface DrawOptions {
  /** Dtype of what is drawn. Default f32. */
  readonly dtype?: Float;
}

/** As many random bits as a whole number: at most 24 in f32, 53 in f64. */
function wholeNumber(key: Key, shape: Shape, dtype: Float, bits: number): Tensor {
  if (dtype === "f32") return cast(shiftRight(randomBits(key, shape), 32 - bits), dtype);
  const words = randomBits(key, [...shape, 2]);
  const high = cast(shiftRight(at(words, 0, -1), 64 - bits - 26), dtype);
  const low = cast(shiftRight(at(words, 1, -1), 6), dtype);
  return high.mul(2 ** 26).add(low);
}

/** Uniform on [0, 1): a multiple of 2⁻²⁴ in f32, of 2⁻⁵³ in f64. */
export function uniform(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  const bits = dtype === "f32" ? 24 : 53;
  return wholeNumber(key, shape, dtype, bits).mul(2 ** -bits);
}

/** Uniform on (0, 1): the middles of 2²³ (f32) or 2⁵² (f64) equal intervals, so neither logarithm is infinite. */
function openUniform(key: Key, shape: Shape, dtype: Float): Tensor {
  const bits = dtype === "f32" ? 23 : 52;
  return wholeNumber(key, shape, dtype, bits)
    .add(0.5)
    .mul(2 ** -bits);
}

/** Standard normal, by the transform of Box and Muller. */
export function normal(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  const radius = sqrt(log(openUniform(key.at("radius"), shape, dtype)).mul(-2));
  return radius.mul(cos(uniform(key.at("angle"), shape, { dtype }).mul(2 * Math.PI)));
}

/** Exponential with rate 1. */
export function exponential(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  return log(openUniform(key, shape, dtype)).neg();
}

/** Standard Gumbel, `−log(−log u)`: added to log-weights, the largest is drawn in proportion to the weights. */
export function gumbel(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  return log(log(openUniform(key, shape, dtype)).neg()).neg();
}

/** Rounds of rejection; each accepts with a chance above 0.95, so that all fail once in 10²⁰ draws. */
const rounds = 16;

/**
 * Gamma with the given shape parameters and scale 1. No gradient flows into the parameters.
 *
 * @param concentration - the shape parameters α > 0, `[...]`; NaN where they are not
 * @returns a draw for each
 * @source Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 2000
 */
export function gamma(key: Key, concentration: Tensor): Tensor {
  const { shape, dtype } = concentration;
  const alpha = stopGradient(concentration);
  const small = less(alpha, 1);
  const d = where(small, alpha.add(1), alpha).sub(1 / 3);
  const c = full(shape, 1 / 3, alpha).div(sqrt(d));
  let drawn = full(shape, 1, alpha); // the mode, in the end that never comes
  for (let round = rounds - 1; round >= 0; round--) {
    const x = normal(key.at(round, "normal"), shape, { dtype });
    const v = c.mul(x).add(1);
    const cube = v.mul(v).mul(v);
    const positive = greater(v, 0);
    const safe = where(positive, cube, 1);
    const bound = x
      .mul(x)
      .mul(0.5)
      .add(d.mul(safe.neg().add(1).add(log(safe))));
    const accepted = and(positive, less(log(openUniform(key.at(round, "uniform"), shape, dtype)), bound));
    drawn = where(accepted, safe, drawn);
  }
  // Γ(α) = Γ(α + 1) · u^(1/α), through logarithms: the power underflows for small α before the product does.
  const boost = log(openUniform(key.at("boost"), shape, dtype)).div(alpha);
  const value = d.mul(drawn);
  const result = where(small, exp(log(value).add(boost)), value);
  return stopGradient(where(greater(alpha, 0), result, Number.NaN));
}

/**
 * Beta with the given parameters: `x / (x + y)` of two gamma draws. No gradient flows into the parameters.
 *
 * @param alpha - `[...]`, > 0
 * @param beta - the same shape, > 0
 */
export function beta(key: Key, alpha: Tensor, betaParameter: Tensor): Tensor {
  const x = gamma(key.at("alpha"), alpha);
  const y = gamma(key.at("beta"), betaParameter);
  return x.div(x.add(y));
}
