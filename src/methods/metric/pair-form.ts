import {
  cast,
  exp,
  greater,
  log,
  logSumExp,
  maximum,
  softplus,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";

/** What the pairs of one kind add to an anchor's loss. Both functions take weights of pairs, which are constants. */
export interface PairSide {
  /** `[..., n]`, 0 where no pair of the anchor has weight. */
  readonly value: (similarities: Tensor, weights: Tensor) => Tensor;
  /** `|∂value / ∂similarities|`, `[..., n, m]`, in closed form. */
  readonly slope: (similarities: Tensor, weights: Tensor) => Tensor;
}

/** How similarities of an anchor to its positives and its negatives make its loss, see `genericMetricLoss`. */
export interface PairForm {
  /** Falls with each similarity. */
  readonly positive: PairSide;
  /** Rises with each similarity. */
  readonly negative: PairSide;
  /** Whether the sum of both counts only where it is positive. Default false. */
  readonly hinge?: boolean;
}

/** Σ w·ρ(s), or that over the number of pairs that count. */
export function additive(
  of: (similarities: Tensor) => { readonly value: Tensor; readonly slope: Tensor },
  average: boolean,
): PairSide {
  const share = (slope: Tensor, weights: Tensor) => {
    const fixed = stopGradient(weights);
    if (!average) return fixed;
    const counts = cast(greater(fixed.mul(stopGradient(slope)), 0), fixed.dtype).sum(-1, { keepDims: true });
    return fixed.div(maximum(counts, 1));
  };
  return {
    value(similarities, weights) {
      const { value, slope } = of(similarities);
      return where(greater(weights, 0), value, 0).mul(share(slope, weights)).sum(-1);
    },
    slope(similarities, weights) {
      const { slope } = of(similarities);
      return slope.mul(share(slope, weights));
    },
  };
}

/** sign · log(offset + Σ w·exp(u)) / scale, with u of slope ± scale: no exponential is taken of anything but differences. */
export function logarithmic(
  exponent: (similarities: Tensor) => Tensor,
  { offset, scale, sign = 1 }: { readonly offset: 0 | 1; readonly scale: number; readonly sign?: 1 | -1 },
): PairSide {
  // a pair without weight is dropped: the logarithm of its weight would be −∞, and its gradient NaN
  const exponents = (similarities: Tensor, weights: Tensor) => {
    const counts = greater(weights, 0);
    const logWeights = stopGradient(log(where(counts, weights, 1)));
    return where(counts, exponent(similarities).add(logWeights), Number.NEGATIVE_INFINITY);
  };
  const total = (u: Tensor) => {
    const sum = logSumExp(u, -1, { keepDims: true });
    return offset === 1 ? softplus(sum) : where(greater(sum, Number.NEGATIVE_INFINITY), sum, 0);
  };
  return {
    value: (similarities, weights) =>
      total(exponents(similarities, weights))
        .mul(sign / scale)
        .sum(-1),
    slope(similarities, weights) {
      const u = exponents(similarities, weights);
      return exp(u.sub(total(u)));
    },
  };
}
