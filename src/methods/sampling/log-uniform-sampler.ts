import { checkCount, checkRank } from "../../autodiff/check.js";
import {
  and,
  arange,
  broadcastTo,
  cast,
  choose,
  equal,
  exp,
  floor,
  greaterEqual,
  type Key,
  less,
  log,
  log1p,
  maximum,
  minimum,
  ones,
  type Shape,
  type Tensor,
  uniform,
  where,
} from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { besideRows, finestFloat, shapeOf } from "./draw-shape.js";
import type { Like, Sampler } from "./sampler.js";

export interface LogUniformSamplerOptions {
  /** Number of classes C ≥ 2, which are numbered from the most frequent to the rarest. */
  readonly classes: number;
}

/**
 * Zipf's law without a table: class j has a chance of about 1 / (j + 1).
 *
 *     q_j = log((j + 2) / (j + 1)) / log(C + 1)
 *     j   = min(C − 1, ⌊exp(u · log(C + 1))⌋ − 1)      u uniform on [0, 1)
 *
 * Reach for it when classes are sorted by frequency, most frequent first, and their counts are not at hand.
 * Where the backend has no f64, u has 24 bits, so that classes of less chance than 2⁻²⁴ (C above about a million) are
 * not all drawn: use `aliasSampler` there.
 *
 * @throws RangeError if `classes` is no whole number ≥ 2
 * @source the candidate sampler of common toolkits; the law is due to Zipf, "Human Behavior and the Principle of Least
 * Effort", 1949
 */
export function logUniformSampler({ classes }: LogUniformSamplerOptions): Sampler {
  checkCount("logUniformSampler", { classes }, 2);
  const width = Math.log(classes + 1);
  return {
    classes,
    draw: (key, shape) => {
      const sizes = shapeOf("logUniformSampler", shape);
      const dtype = finestFloat(key.backend);
      const ids = invert(uniform(key, sizes, { dtype }), classes);
      const law = chance(arange(classes, { backend: key.backend, dtype: "i32" }), width, { dtype });
      return choose("independent", ids, broadcastTo(law, [...sizes, classes]));
    },
    logProbability: (ids, like = { dtype: "f32" }) => {
      checkClassIds("logUniformSampler", { ids }, classes);
      return ofClass(ids, classes, log(chance(ids, width, like)));
    },
    without: (labels) => {
      checkRank("logUniformSampler", { labels }, 1);
      checkClassIds("logUniformSampler", { labels }, classes);
      return withoutLabels(classes, width, labels);
    },
  };
}

/** q of each id. */
function chance(ids: Tensor<"i32">, width: number, { dtype }: Like): Tensor {
  const rank = cast(ids, dtype).add(1);
  return log1p(ones(ids.shape, rank).div(rank)).mul(1 / width);
}

/** NaN for ids that are no classes. */
function ofClass(ids: Tensor<"i32">, classes: number, values: Tensor): Tensor {
  return where(and(greaterEqual(ids, 0), less(ids, classes)), values, Number.NaN);
}

/** The class whose interval of the distribution function holds u. */
function invert(u: Tensor, classes: number): Tensor<"i32"> {
  const rank = floor(exp(u.mul(Math.log(classes + 1))));
  return cast(minimum(maximum(rank.sub(1), 0), classes - 1), "i32");
}

function withoutLabels(classes: number, width: number, labels: Tensor<"i32">): Sampler {
  return {
    classes,
    draw: (key: Key, shape: number | Shape) => {
      const sizes = shapeOf("logUniformSampler", shape);
      const label = besideRows("logUniformSampler", labels, sizes);
      const like = { dtype: finestFloat(key.backend) };
      const taken = chance(label, width, like);
      const start = log(cast(label, like.dtype).add(1)).mul(1 / width);
      const u = uniform(key, sizes, like).mul(taken.neg().add(1));
      const isAbove = and(greaterEqual(u, start), less(label, classes - 1));
      // Rounding at the edges of the gap must not give the label itself.
      const above = maximum(invert(u.add(taken), classes), label.add(1));
      const ids = where(isAbove, above, minimum(invert(u, classes), label.sub(1)));
      const every = arange(classes, { backend: key.backend, dtype: "i32" });
      const law = where(equal(label.reshape([...label.shape, 1]), every), 0, chance(every, width, like));
      return choose("independent", ids, broadcastTo(law, [...sizes, classes]));
    },
    logProbability: (ids, like = { dtype: "f32" }) => {
      checkClassIds("logUniformSampler", { ids }, classes);
      const label = besideRows("logUniformSampler", labels, ids.shape);
      const rest = log1p(chance(label, width, like).neg());
      const values = where(equal(ids, label), Number.NEGATIVE_INFINITY, log(chance(ids, width, like)).sub(rest));
      return ofClass(ids, classes, values);
    },
  };
}
