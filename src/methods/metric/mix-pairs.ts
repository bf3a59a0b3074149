import {
  checkAbove,
  checkCount,
  checkOneOf,
  checkRank,
  checkShape,
  ShapeError,
  showShape,
} from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import {
  and,
  any,
  arange,
  bernoulli,
  beta,
  broadcastTo,
  categorical,
  equal,
  expandDims,
  gather,
  greater,
  type Key,
  not,
  or,
  stopGradient,
  type Tensor,
  takeAlongAxis,
  topK,
  transpose,
  where,
} from "../../autodiff/index.js";
import { full } from "../../autodiff/ops/create.js";
import { pairSets } from "./pair-sets.js";

/** Which two examples are mixed for an anchor. */
export type MixedPair = "positiveNegative" | "anchorNegative" | "either";

export interface MixPairsOptions {
  /**
   * `"positiveNegative"`: for each negative of an anchor a positive drawn at random, for anchors that have positives.
   * `"anchorNegative"`: each negative with the anchor itself, for anchors without positives, or for all if none lacks them.
   * `"either"`: one or the other for the whole batch, by the toss of a coin. Default `"either"`.
   */
  readonly pairs?: MixedPair;
  /** Both parameters of λ's Beta distribution, a finite number > 0. Default 2. */
  readonly concentration?: number;
  /** A λ for each pair in place of one for the batch. Default false. */
  readonly perPair?: boolean;
  /** Mix only the `count` negatives of largest similarity `[n, n]`: 1 to 3 of them for inputs. Default: all negatives. */
  readonly hardest?: { readonly count: number; readonly similarities: Tensor };
}

/** Mixed examples of each anchor. */
export interface MixedExamples {
  /** `[n, m, ...]`, `λ v + (1 − λ) v'`. */
  readonly vectors: Tensor;
  /** `[n, m]`: λ, how much of it is of the anchor's class. */
  readonly positives: Tensor;
  /** `[n, m]`: whether it is one, or only fills the place. */
  readonly counts: Tensor<"bool">;
}

/**
 * Examples between classes: for each anchor, mixtures of a positive, or of itself, with its negatives.
 *
 *     ṽ = λ v + (1 − λ) v'      ỹ = λ · 1 + (1 − λ) · 0      λ ~ Beta(α, α)
 *
 * Reach for it in front of `metrixLoss`. Given embeddings, mix those; given inputs or features, let the rest of the network
 * make embeddings of `vectors` first. λ and the choice of pairs carry no gradient, the rows do.
 *
 * @param rows - `[n, ...]`, what is mixed
 * @param labels - `[n]`, any whole numbers
 * @param key - a key of its own for each step
 * @returns of each anchor m mixed examples, as many as there are rows, or as `hardest.count` says
 * @throws ShapeError if `rows` has fewer than two axes, or `labels` or the similarities do not fit
 * @throws DTypeError if `rows` is no float or `labels` no i32
 * @throws RangeError if `concentration` is not a finite number > 0, or `hardest.count` no whole number in [1, n]
 * @throws TypeError if `pairs` is none of those listed
 * @source Venkataramanan et al., "It Takes Two to Tango: Mixup for Deep Metric Learning", ICLR 2022, arXiv:2106.04990,
 * eqs. 5 to 7 and section 3.5
 */
export function mixPairs(rows: Tensor, labels: Tensor<"i32">, key: Key, options: MixPairsOptions = {}): MixedExamples {
  const { pairs = "either", concentration = 2, perPair = false, hardest } = options;
  checkInputs(rows, labels, options);
  const [count, ...rest] = rows.shape;
  const sets = pairSets(labels, rows);
  const isPositive = greater(sets.positive, 0);
  const [everyone, isNegative] = negativesOf(greater(sets.negative, 0), labels, hardest); // [n, m] both
  const width = everyone.shape[1];

  const self = expandDims(arange(count, labels), 1); // [n, 1]
  const hasPositive = any(isPositive, 1, { keepDims: true });
  const candidates = where(hasPositive, isPositive, equal(self, arange(count, labels)));
  const logits = where(candidates, full([count, count], 0, rows), Number.NEGATIVE_INFINITY);
  const drawn = (): Tensor<"i32"> => transpose(categorical(key.at("positive"), logits, [width])); // [n, m]
  const own = broadcastTo(self, [count, width]);
  const isAlone = not(hasPositive);
  const anchors = or(isAlone, not(any(isAlone))); // those without positives, or all

  const byPositive = { first: drawn, takesPart: hasPositive };
  const byAnchor = { first: () => own, takesPart: anchors };
  const choice = pairs === "positiveNegative" ? byPositive : byAnchor;
  const coin = pairs === "either" ? bernoulli(key.at("pairs"), full([], 0.5, rows)) : undefined;
  const first = coin === undefined ? choice.first() : where(coin, drawn(), own);
  const takesPart = coin === undefined ? choice.takesPart : where(coin, hasPositive, anchors);

  const shape = perPair ? [count, width] : [];
  const concentrations = full(shape, concentration, rows);
  const share = broadcastTo(beta(key.at("share"), concentrations, concentrations), [count, width]);
  const weight = share.reshape([count, width, ...rest.map(() => 1)]);
  const mixed = gather(rows, first)
    .mul(weight)
    .add(gather(rows, everyone).mul(weight.neg().add(1)));
  return { vectors: mixed, positives: share, counts: and(isNegative, takesPart) };
}

/** The examples that an anchor may be mixed with, and which of them are negatives. */
function negativesOf(
  isNegative: Tensor<"bool">,
  labels: Tensor<"i32">,
  hardest: MixPairsOptions["hardest"],
): readonly [Tensor<"i32">, Tensor<"bool">] {
  if (hardest === undefined) return [broadcastTo(arange(labels.shape[0], labels), isNegative.shape), isNegative];
  const similarities = where(isNegative, stopGradient(hardest.similarities), Number.NEGATIVE_INFINITY);
  const { indices } = topK(similarities, hardest.count);
  return [indices, takeAlongAxis(isNegative, indices)];
}

function checkInputs(
  rows: Tensor,
  labels: Tensor<"i32">,
  { pairs = "either", concentration = 2, hardest }: MixPairsOptions,
): void {
  checkOneOf("mixPairs", "pairs", pairs, ["positiveNegative", "anchorNegative", "either"]);
  checkAbove("mixPairs", { concentration }, 0);
  checkFloat("mixPairs", { rows });
  if (rows.shape.length < 2) {
    throw new ShapeError(`mixPairs: rows has shape ${showShape(rows.shape)} but must be [n, d] or have more axes`);
  }
  checkDType("mixPairs", { labels }, "i32");
  checkRank("mixPairs", { labels }, 1);
  const [count] = rows.shape;
  checkShape("mixPairs", "labels", labels, [count]);
  if (hardest === undefined) return;
  checkCount("mixPairs", { "hardest.count": hardest.count }, 1);
  if (hardest.count > count) {
    throw new RangeError(`mixPairs: hardest.count is ${hardest.count} but must be in [1, ${count}]`);
  }
  checkShape("mixPairs", "hardest.similarities", hardest.similarities, [count, count]);
}
