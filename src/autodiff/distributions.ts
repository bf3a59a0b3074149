import { checkSameShape } from "./check.js";
import { checkFloat, type Float } from "./dtype.js";
import { minimum } from "./ops/arithmetic.js";
import { cast } from "./ops/cast.js";
import { and, greater, less, shiftRight, where } from "./ops/comparison.js";
import { full } from "./ops/create.js";
import { cos, exp, log, log1p, sigmoid, sqrt } from "./ops/exponential.js";
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
  const high = cast(shiftRight(at(words, 0, -1), 58 - bits), dtype);
  const low = cast(shiftRight(at(words, 1, -1), 6), dtype);
  return high.mul(2 ** 26).add(low);
}

/** Uniform on [0, 1): a multiple of 2⁻²⁴ in f32, of 2⁻⁵³ in f64. */
export function uniform(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  const bits = dtype === "f32" ? 24 : 53;
  return wholeNumber(key, shape, dtype, bits).mul(2 ** -bits);
}

/**
 * Uniform on (0, 1), fine near 0, so that neither logarithm is infinite: 32 bits rounded to f32, the last of them below
 * 1; in f64 the middles of 2⁵² equal intervals.
 */
function openUniform(key: Key, shape: Shape, dtype: Float): Tensor {
  if (dtype === "f64") {
    return wholeNumber(key, shape, dtype, 52)
      .add(0.5)
      .mul(2 ** -52);
  }
  const bits = cast(randomBits(key, shape), dtype);
  return minimum(bits.add(0.5).mul(2 ** -32), 1 - 2 ** -24);
}

/** Standard normal, by the transform of Box and Muller. */
export function normal(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  const radius = sqrt(log(openUniform(key.at("radius"), shape, dtype)).mul(-2));
  return radius.mul(cos(uniform(key.at("angle"), shape, { dtype }).mul(2 * Math.PI)));
}

/** Exponential with rate 1. Small values are the fine ones: the least of a million draws is not a matter of ties. */
export function exponential(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  return log1p(openUniform(key, shape, dtype).neg()).neg();
}

/** Standard Gumbel, `−log(exponential)`: added to log-weights, the largest is drawn in proportion to the weights. */
export function gumbel(key: Key, shape: Shape, options?: DrawOptions): Tensor {
  return log(exponential(key, shape, options)).neg();
}

/** Rounds of rejection; each accepts with a chance above 0.95, so that all fail once in 10²⁰ draws. */
const rounds = 16;

/** A draw for α, or for α + 1 where α < 1, and the logarithm of what it is still to be multiplied by. */
function gammaParts(key: Key, concentration: Tensor): { readonly value: Tensor; readonly logFactor: Tensor } {
  const { shape, dtype } = concentration;
  const alpha = stopGradient(where(greater(concentration, 0), concentration, Number.NaN));
  const isSmall = less(alpha, 1);
  const d = where(isSmall, alpha.add(1), alpha).sub(1 / 3);
  const c = full(shape, 1 / 3, alpha).div(sqrt(d));
  let offset = full(shape, 0, alpha); // the mode, in the end that never comes
  for (let round = rounds - 1; round >= 0; round--) {
    const x = normal(key.at(round, "normal"), shape, { dtype });
    const drawn = c.mul(x);
    const isPositive = greater(drawn, -1);
    const t = where(isPositive, drawn, 0);
    // log v and v − 1, v = (1 + t)³, both from t: from v they would leave only rounding errors where α is large
    const excess = t.mul(t.mul(t.add(3)).add(3));
    const bound = x
      .mul(x)
      .mul(0.5)
      .add(d.mul(log1p(t).mul(3).sub(excess)));
    const isAccepted = and(isPositive, less(log(openUniform(key.at(round, "uniform"), shape, dtype)), bound));
    offset = where(isAccepted, t, offset);
  }
  const root = offset.add(1);
  const boost = exponential(key.at("boost"), shape, { dtype }).div(alpha).neg();
  return { value: d.mul(root).mul(root).mul(root), logFactor: where(isSmall, boost, 0) };
}

/**
 * Gamma with the given shape parameters and scale 1. No gradient flows into the parameters.
 *
 * Draws of a small parameter can be too small for the dtype; they are 0 then.
 *
 * @param concentration - the shape parameters α > 0, `[...]`; NaN where they are not
 * @returns a draw for each
 * @throws DTypeError if `concentration` is no f32 or f64
 * @source Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 2000
 */
export function gamma(key: Key, concentration: Tensor): Tensor {
  checkFloat("gamma", { concentration });
  const { value, logFactor } = gammaParts(key, concentration);
  // Γ(α) = Γ(α + 1) · u^(1/α), through logarithms: the power underflows for small α before the product does.
  return stopGradient(where(less(logFactor, 0), exp(log(value).add(logFactor)), value));
}

/**
 * Beta with the given parameters: `x / (x + y)` of two gamma draws, both of which may be too small for the dtype. No
 * gradient flows into the parameters.
 *
 * @param alpha - `[...]`, > 0; NaN where it is not. Parameters below 10⁻³⁵ in f32, 10⁻³⁰⁰ in f64, may give NaN too
 * @param beta - the same shape, > 0
 * @returns a draw for each, in [0, 1]
 * @throws ShapeError if `alpha` and `beta` differ in shape
 * @throws DTypeError if either is no f32 or f64
 */
export function beta(key: Key, alpha: Tensor, betaParameter: Tensor): Tensor {
  checkFloat("beta", { alpha, beta: betaParameter });
  checkSameShape("beta", { alpha, beta: betaParameter });
  const x = gammaParts(key.at("alpha"), alpha);
  const y = gammaParts(key.at("beta"), betaParameter);
  return stopGradient(sigmoid(log(x.value.div(y.value)).add(x.logFactor.sub(y.logFactor))));
}
