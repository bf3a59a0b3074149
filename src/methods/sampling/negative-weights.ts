import { checkCount, checkOneOf } from "../../autodiff/check.js";
import {
  arange,
  broadcastTo,
  checkRank,
  equal,
  exp,
  expandDims,
  type Float,
  full,
  or,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import type { Candidates } from "./candidates.js";
import type { NegativeTarget } from "./negative-targets.js";
import { rejectingSampler } from "./rejecting-sampler.js";
import type { Sampler } from "./sampler.js";

/**
 * How negatives are weighted: `"constant"` 1, `"importance"` `1 / (m q_{y'})`, `"relative"` `q_y / q_{y'}`, or a target,
 * `ρ_{yy'} / (m q_{y'})`.
 */
export type NegativeWeighting = "constant" | "importance" | "relative" | NegativeTarget;

export interface NegativeWeightsOptions {
  /** Default `"importance"`. */
  readonly weighting?: NegativeWeighting;
  /**
   * Divide constant or relative weights by m, so that their implicit weight does not grow with it; the others are over m
   * as they are, and refuse it. Default false.
   */
  readonly normalizeByM?: boolean;
  /** Number of draws m, where it is not that of the candidates. */
  readonly negatives?: number;
}

/**
 * The weight of each negative, as a logarithm.
 *
 *     constant     w = 1                       relative   w = E[count of y] / E[count of y']
 *     importance   w = 1 / E[count of y']      target     w = ρ_{yy'} / E[count of y']
 *
 * with `E[count of y'] = m · q_{y'}` where draws are independent. A negative that is the row's label has weight 0, and so
 * has a candidate that is left out.
 *
 * Reach for it with scores of your own, then apply `weightedNegativesLoss`.
 *
 * @param labels - `[B]`
 * @param drawn - negatives `[m]` or `[B, m]` and their expected counts
 * @returns `[B, m]`, log w in nats, without gradient
 * @throws ShapeError if `labels` does not have one axis
 * @throws RangeError if `negatives` is no whole number ≥ 1
 * @throws TypeError if `weighting` is not one of those listed and no target, or `normalizeByM` comes with a weighting that
 * is over m already
 * @throws TypeError if weights are to be relative and the candidates have no count for a class that was not drawn
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function negativeWeights(
  labels: Tensor<"i32">,
  drawn: Candidates,
  { weighting = "importance", normalizeByM = false, negatives }: NegativeWeightsOptions = {},
): Tensor {
  const caller = "negativeWeights";
  checkWeighting(caller, weighting, normalizeByM);
  checkRank(caller, { labels }, 1);
  const { ids, logExpectedCount } = drawn;
  const m = negatives ?? ids.shape[ids.shape.length - 1];
  checkCount(caller, { negatives: m }, 1);
  const beside = expandDims(labels, 1); // [B, 1]
  const isOut = or(equal(beside, ids), equal(logExpectedCount, Number.POSITIVE_INFINITY)); // [B, m]
  const weights = rawWeights(caller, beside, drawn, weighting).sub(normalizeByM ? Math.log(m) : 0);
  return stopGradient(where(isOut, Number.NEGATIVE_INFINITY, weights));
}

/** Throws unless the weighting is known and may be divided by m if it is to be. */
export function checkWeighting(caller: string, weighting: NegativeWeighting, normalizeByM: boolean): void {
  if (typeof weighting !== "object" || weighting === null) {
    checkOneOf(caller, "weighting", weighting, ["constant", "importance", "relative"]);
  }
  if (normalizeByM && weighting !== "constant" && weighting !== "relative") {
    const name = typeof weighting === "string" ? `weighting "${weighting}"` : "a target";
    throw new TypeError(
      `${caller}: normalizeByM is true but must be false with ${name}; its weights are over m already`,
    );
  }
}

function rawWeights(
  caller: string,
  labels: Tensor<"i32">,
  { ids, logExpectedCount, logExpectedCountOf }: Candidates,
  weighting: NegativeWeighting,
): Tensor {
  if (weighting === "constant") return full([1], 0, logExpectedCount);
  if (weighting === "importance") return logExpectedCount.neg();
  if (weighting !== "relative") return weighting.logTarget(labels, ids, logExpectedCount).sub(logExpectedCount);
  if (logExpectedCountOf === undefined) {
    throw new TypeError(
      `${caller}: weighting is "relative" but must be another with these candidates; they have no count for a class that was not drawn`,
    );
  }
  return logExpectedCountOf(labels).sub(logExpectedCountOf(ids));
}

export interface ImplicitNegativeWeightsOptions {
  /** Number of draws m, a whole number ≥ 1. */
  readonly negatives: number;
  /** Default `"importance"`. */
  readonly weighting?: NegativeWeighting;
  /** As in `negativeWeights`. Default false. */
  readonly normalizeByM?: boolean;
  /** What becomes of a draw that is the row's label, as in `sampledLoss`. Default `"mask"`. */
  readonly hits?: "mask" | "resample";
  /** With `"resample"`, draws at most where the sampler cannot leave a class out; ≥ 1. Default 16. */
  readonly rounds?: number;
  /** Dtype of the result. Default f32. */
  readonly dtype?: Float;
}

/**
 * What a scheme of negative sampling does to each label, seen or not: the weight that every other class has in the loss
 * that it minimizes on average.
 *
 *     ρ_{yy'} = m · q_{y'} · w_{yy'}      0 for y' = y
 *
 *     E[ℓ] = φ(f_y) + Σ_{y'≠y} ρ_{yy'} φ(−f_{y'})                      decoupled form
 *     E[ℓ] ≤ log(1 + Σ_{y'≠y} ρ_{yy'} exp(f_{y'} − f_y))               softmax form
 *
 *     weights       uniform q        q = π, from the batch
 *     constant      m / C            m · π_{y'}: holds dominant classes back, which helps rare ones
 *     importance    1                1
 *     relative      m / C            m · π_y: a smaller margin for rare labels, which hurts them
 *     target        ρ                ρ
 *
 * Reach for it to see which labels a sampler and a weighting favour before you train with them.
 *
 * @param labels - `[B]`, y
 * @param sampler - q, of C classes; for `withinBatchNegatives` the sampler of the priors
 * @returns `[B, C]`, the weight of each class as a negative of each label
 * @throws RangeError if `negatives` is no whole number ≥ 1, or a label on the host is no class
 * @throws TypeError if an option is not one of those listed
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function implicitNegativeWeights(
  labels: Tensor<"i32">,
  sampler: Sampler,
  options: ImplicitNegativeWeightsOptions,
): Tensor {
  const caller = "implicitNegativeWeights";
  const { negatives, weighting = "importance", normalizeByM = false } = options;
  const { hits = "mask", rounds = 16, dtype = "f32" } = options;
  checkCount(caller, { negatives }, 1);
  checkOneOf(caller, "hits", hits, ["mask", "resample"]);
  checkWeighting(caller, weighting, normalizeByM);
  checkRank(caller, { labels }, 1);
  const { classes } = sampler;
  checkClassIds(caller, { labels }, classes);
  const like = { dtype };
  const source = hits === "mask" ? sampler : (sampler.without?.(labels) ?? rejectingSampler(sampler, labels, rounds));
  const ids = broadcastTo(arange(classes, labels), [labels.size, classes]);
  const logExpectedCount = source.logProbability(ids, like).add(Math.log(negatives));
  const logExpectedCountOf = (of: Tensor<"i32">) => sampler.logProbability(of, like); // of relative weights, a ratio
  const drawn = { ids, logExpectedCount, logExpectedCountOf };
  const logWeights = negativeWeights(labels, drawn, { weighting, normalizeByM, negatives });
  const isNeverDrawn = equal(logExpectedCount, Number.NEGATIVE_INFINITY); // 0 · ∞ with weights over q
  return where(isNeverDrawn, 0, exp(logExpectedCount.add(logWeights)));
}
