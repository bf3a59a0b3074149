import { allocate } from "../../autodiff/dtype.js";
import { leaf } from "../../autodiff/graph.js";
import {
  arange,
  broadcastTo,
  cast,
  equal,
  exp,
  expm1,
  gather,
  gumbel,
  log,
  type Shape,
  slice,
  type Tensor,
  topK,
  where,
} from "../../autodiff/index.js";
import type { CandidateSampler } from "./candidates.js";
import { countWithoutReplacement, designWeights } from "./design-weights.js";
import { besideRows, finestFloat } from "./draw-shape.js";

export interface GumbelTopKSamplerOptions {
  /** `[C]`, ≥ 0, on any scale; C ≥ 2. */
  readonly weights: ArrayLike<number>;
}

/**
 * m distinct classes, drawn in proportion to weights, whose sums can be estimated without bias.
 *
 *     κ_j = log q_j + G_j      G_j standard Gumbel      S: the m largest      κ: the next largest
 *     π_j = 1 − exp(−exp(log q_j − κ))
 *
 * `Σ_{j∈S} f_j / π_j` has the mean `Σ_j f_j`, although π depends on the draw; its variance is infinite for m = 1 (unless
 * there is one candidate) and finite for m ≥ 2. The scale of the weights does not matter. Every draw costs O(C), in each
 * row unless rows share it.
 *
 * Reach for it when a few classes hold most of the weight, which draws with replacement would only repeat.
 *
 * @throws RangeError if there are fewer than 2 weights, one is negative or not finite, or all are 0
 * @source Kool et al., "Stochastic Beams and Where to Find Them", ICML 2019, arXiv:1903.06059; Duffield et
 * al., "Priority Sampling for Estimation of Arbitrary Subset Sums", JACM 2007
 */
export function gumbelTopKSampler({ weights }: GumbelTopKSamplerOptions): CandidateSampler {
  const { logWeights, missing } = designWeights("gumbelTopKSampler", weights);
  const classes = logWeights.length;
  return {
    classes,
    ...(missing.length > 0 ? { missing } : {}),
    candidates: (key, shape, like, labels) => {
      const count = countWithoutReplacement("gumbelTopKSampler", shape, classes, missing.length);
      const dtype = finestFloat(key.backend);
      const values = allocate(dtype, classes);
      values.set(logWeights);
      const table = leaf(key.backend, values, [classes], dtype) as Tensor;
      const sizes: Shape = [...shape.slice(0, -1), classes];
      const rows = labels === undefined ? broadcastTo(table, sizes) : withoutLabels(table, labels, sizes);
      const perturbed = rows.add(gumbel(key, sizes, { dtype }));
      const { values: largest, indices } = topK(perturbed, Math.min(count + 1, classes));
      const along = shape.length - 1;
      const starts = shape.map(() => 0);
      const ids = slice(indices, starts, shape);
      const threshold = slice(largest, starts.with(along, count), shape.with(along, count + 1));
      const isDrawn = slice(largest, starts, shape);
      const logInclusion = logInclusionProbability(gather(table, ids), threshold);
      const isNone = equal(isDrawn, Number.NEGATIVE_INFINITY);
      return { ids, logExpectedCount: cast(where(isNone, Number.POSITIVE_INFINITY, logInclusion), like.dtype) };
    },
  };
}

/**
 * Log of the chance that a perturbed log-weight exceeds a threshold.
 *
 *     log(1 − exp(−exp(log q − κ)))
 *
 * @param logWeights - any shape
 * @param threshold - κ, which broadcasts; −Infinity gives 0, certainty
 * @returns the broadcast shape, in nats, ≤ 0
 * @source Kool et al., "Stochastic Beams and Where to Find Them", ICML 2019, arXiv:1903.06059
 */
export function logInclusionProbability(logWeights: Tensor, threshold: Tensor): Tensor {
  return log(expm1(exp(logWeights.sub(threshold)).neg()).neg());
}

function withoutLabels(table: Tensor, labels: Tensor<"i32">, sizes: Shape): Tensor {
  const label = besideRows("gumbelTopKSampler", labels, sizes);
  return where(equal(label, arange(sizes[sizes.length - 1], labels)), Number.NEGATIVE_INFINITY, table);
}
