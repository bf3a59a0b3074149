import { checkCount, checkRank } from "../../autodiff/check.js";
import {
  and,
  cast,
  equal,
  full,
  greaterEqual,
  type Key,
  less,
  randomInt,
  type Shape,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { besideRows, shapeOf } from "./draw-shape.js";
import type { Like, Sampler } from "./sampler.js";

export interface UniformSamplerOptions {
  /** Number of classes C ≥ 2. */
  readonly classes: number;
}

/**
 * All classes alike.
 *
 *     q_j = 1 / C
 *
 * Reach for it when classes are balanced, or for a baseline: its correction is one constant for all negatives.
 *
 * @param options - `classes`, a whole number ≥ 2
 * @throws RangeError if `classes` is no whole number ≥ 2
 * @source the proposal of Bengio and Senécal, "Quick Training of Probabilistic Neural Nets by Importance Sampling",
 * AISTATS 2003, at its simplest
 */
export function uniformSampler({ classes }: UniformSamplerOptions): Sampler {
  checkCount("uniformSampler", { classes }, 2);
  return {
    classes,
    draw: (key, shape) => randomInt(key, shapeOf("uniformSampler", shape), classes),
    logProbability: (ids, like) => {
      checkClassIds("uniformSampler", { ids }, classes);
      return ofClass(ids, classes, -Math.log(classes), like);
    },
    without: (labels) => {
      checkRank("uniformSampler", { labels }, 1);
      checkClassIds("uniformSampler", { labels }, classes);
      return withoutLabels(classes, labels);
    },
  };
}

/** A constant, but NaN for ids that are no classes. */
function ofClass(ids: Tensor<"i32">, classes: number, value: number, like: Like = { dtype: "f32" }): Tensor {
  const isClass = and(greaterEqual(ids, 0), less(ids, classes));
  return where(isClass, full(ids.shape, value, { backend: ids.backend, dtype: like.dtype }), Number.NaN);
}

function withoutLabels(classes: number, labels: Tensor<"i32">): Sampler {
  return {
    classes,
    draw: (key: Key, shape: number | Shape) => {
      const sizes = shapeOf("uniformSampler", shape);
      const label = besideRows("uniformSampler", labels, sizes);
      const drawn = randomInt(key, sizes, classes - 1);
      return drawn.add(cast(greaterEqual(drawn, label), "i32")); // closes the gap where the label was taken out
    },
    logProbability: (ids, like) => {
      checkClassIds("uniformSampler", { ids }, classes);
      const isLabel = equal(ids, besideRows("uniformSampler", labels, ids.shape));
      return where(isLabel, Number.NEGATIVE_INFINITY, ofClass(ids, classes, -Math.log(classes - 1), like));
    },
  };
}
