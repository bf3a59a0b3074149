import { checkAbove, checkCount } from "../../autodiff/check.js";
import { arange, concat, evaluate, type Key, type Tensor, zeros } from "../../autodiff/index.js";
import { type ClassTable, checkClassTable, scoresOfClasses } from "./class-table.js";
import type { Sampler } from "./sampler.js";
import { effectiveSampleSize } from "./self-normalized-softmax.js";

export interface AdaptiveSamplesOptions {
  /** Effective sample size that every row must reach, > 0. */
  readonly target: number;
  /** Samples drawn at a time, a whole number ≥ 1. Default 64. */
  readonly block?: number;
}

/** Samples for `selfNormalizedSoftmax`, shared by the rows; held on the backend until disposed of. */
export interface AdaptiveSamples {
  /** `[m]`. */
  readonly ids: Tensor<"i32">;
  /** `[m]`, log q, or 0 for all classes. */
  readonly logProbability: Tensor;
  /** Whether these are all classes, once each, so that the gradient is that of the full softmax. */
  readonly isFull: boolean;
}

/**
 * Draws blocks of samples until their effective size is large enough in every row, or falls back to all classes.
 *
 *     stop when min over rows of (Σ w)² / Σ w² ≥ target, w = exp(o_s) / q_s;      all classes when m would exceed C
 *
 * Call it before the step, as it reads values; then differentiate `selfNormalizedSoftmax` with what it returns.
 *
 * Reach for it when q drifts away from the model during training: a poor q costs more samples, not more bias.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param sampler - of all C classes
 * @param key - a key of its own for each step
 * @returns ids and log-probabilities, `[m]` each
 * @throws RangeError if `target` is not above 0, `block` no whole number ≥ 1, or `sampler` has another number of classes
 * @throws ShapeError if `hidden` and `table` do not fit
 * @source Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
 * Model", IEEE TNN 2008
 */
export async function adaptiveSamples(
  hidden: Tensor,
  table: ClassTable,
  sampler: Sampler,
  key: Key,
  { target, block = 64 }: AdaptiveSamplesOptions,
): Promise<AdaptiveSamples> {
  checkAbove("adaptiveSamples", { target }, 0);
  checkCount("adaptiveSamples", { block }, 1);
  checkClassTable("adaptiveSamples", hidden, table);
  const { classes } = sampler;
  if (classes !== table.weights.shape[0]) {
    throw new RangeError(
      `adaptiveSamples: sampler has ${classes} classes but must have ${table.weights.shape[0]}, as weights has`,
    );
  }
  const blocks: Tensor<"i32">[] = [];
  for (let drawn = block; drawn <= classes; drawn += block) {
    blocks.push(sampler.draw(key.at(blocks.length), block));
    const ids = concat(blocks);
    const logProbability = sampler.logProbability(ids, hidden);
    const size = effectiveSampleSize(scoresOfClasses(hidden, table, ids).sub(logProbability))
      .neg()
      .max()
      .neg();
    const held = evaluate({ ids, logProbability, size });
    const least = await held.size.item();
    held.size.dispose();
    if (least >= target) return { ids: held.ids, logProbability: held.logProbability, isFull: false };
    held.ids.dispose();
    held.logProbability.dispose();
  }
  return {
    ...evaluate({
      ids: arange(classes, { backend: key.backend, dtype: "i32" }),
      logProbability: zeros([classes], hidden),
    }),
    isFull: true,
  };
}
