import { checkAtLeast } from "../../autodiff/check.js";
import { greater, less, max, min, stopGradient, type Tensor, where } from "../../autodiff/index.js";
import { checkPairs, completeSets, type PairSets } from "./pair-sets.js";

export interface MultiSimilarityMineOptions {
  /** How far a pair may be from being hard, ε, a finite number ≥ 0. Default 0.1. */
  readonly margin?: number;
}

/**
 * The pairs that Multi-Similarity mines: negatives about as similar as the hardest positive, and the other way round.
 *
 *     keep negative j   where s_ij > min_P s_ik − ε
 *     keep positive j   where s_ij < max_N s_ik + ε
 *
 * Both sets that are compared with are the ones before mining. An anchor whose positives are all more similar than its
 * negatives by ε or more keeps nothing. What is kept is a constant.
 *
 * Reach for it in front of any loss of pairs, where most pairs of a batch are easy already.
 *
 * @param similarities - `[..., n, m]`
 * @param sets - two tensors `[..., n, m]`, see `pairSets`
 * @returns the sets with 0 for what is left out; an anchor that lacks one of both has neither
 * @throws ShapeError if similarities have fewer than two axes or the sets another shape
 * @throws DTypeError if similarities are no floats or the sets of another dtype
 * @throws RangeError if `margin` is negative or not finite, a similarity on the host is not finite, or a weight negative
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627, eqs. 11 and 12
 */
export function multiSimilarityMine(
  similarities: Tensor,
  sets: PairSets,
  { margin = 0.1 }: MultiSimilarityMineOptions = {},
): PairSets {
  checkAtLeast("multiSimilarityMine", { margin }, 0);
  checkPairs("multiSimilarityMine", similarities, sets);
  return minedSets(similarities, sets, margin);
}

/** The same without checks. */
export function minedSets(similarities: Tensor, { positive, negative }: PairSets, margin: number): PairSets {
  const fixed = stopGradient(similarities);
  const hardestPositive = min(where(greater(positive, 0), fixed, Number.POSITIVE_INFINITY), -1, { keepDims: true });
  const hardestNegative = max(where(greater(negative, 0), fixed, Number.NEGATIVE_INFINITY), -1, { keepDims: true });
  return completeSets({
    positive: where(less(fixed, hardestNegative.add(margin)), positive, 0),
    negative: where(greater(fixed, hardestPositive.sub(margin)), negative, 0),
  });
}
