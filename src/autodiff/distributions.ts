import { checkAbove } from "./check.js";
import type { Float } from "./dtype.js";
import { full } from "./ops/create.js";
import { add } from "./ops/arithmetic.js";
import { and, equal, less, shiftRight, where } from "./ops/comparison.js";
import { cast } from "./ops/cast.js";
import { cos, exp, log, log1p, sqrt } from "./ops/exponential.js";
import { at, broadcastTo } from "./ops/movement.js";
import { type Key, randomBits } from "./random.js";
import { broadcastShapes, type Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { stopGradient } from "./transforms.js";

export interface DrawOptions {
  /** Dtype of what is drawn. Default f32. */
  readonly dtype?: Float;
}

/**
 * Uniform on [0, 1): a multiple of 2⁻²⁴ in f32, of 2⁻⁵³ in f64.
 */
export function uniform(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  if (dtype === "f32") return cast(shiftRight(randomBits(key, shape), 8), dtype).mul(2 ** -24);
  const words = randomBits(key, [...shape, 2]);
  const high = cast(shiftRight(at(words, 0, -1), 5), dtype);
  const low = cast(shiftRight(at(words, 1, -1), 6), dtype);
  return high.mul(2 ** 26).add(low).mul(2 ** -53);
}

/** Uniform on (0, 1): never 0, so that its logarithm is finite. */
function openUniform(key: Key, shape: Shape, dtype: Float): Tensor {
  return uniform(key, shape, { dtype }).add(dtype === "f32" ? 2 ** -25 : 2 ** -54);
}

/** Standard normal, by the transform of Box and Muller. */
export function normal(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  const radius = sqrt(log(openUniform(key.at("radius"), shape, dtype)).mul(-2));
  return radius.mul(cos(uniform(key.at("angle"), shape, { dtype }).mul(2 * Math.PI)));
}

/** Exponential with rate 1. */
export function exponential(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  return log1p(uniform(key, shape, { dtype }).neg()).neg();
}

/** Standard Gumbel, `−log(−log u)`: adding it to log-weights and taking the largest draws in proportion to the weights. */
export function gumbel(key: Key, shape: Shape, { dtype = "f32" }: DrawOptions = {}): Tensor {
  return log(log(openUniform(key, shape, dtype)).neg()).neg();
}
