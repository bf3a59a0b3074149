import { checkAbove, checkCount, checkOneOf } from "../../autodiff/check.js";
import { arange, concat, type Tensor } from "../../autodiff/index.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { squaredDistances } from "../metric/pairwise-distances.js";
import { icnnLoss, type LabelledPoints } from "./icnn-score.js";
import { protoTripletLoss } from "./proto-triplet-loss.js";
import { prototypes } from "./prototypes.js";

/** A few-shot task: some labelled examples of each class, and queries to classify by them. */
export interface Episode {
  readonly support: LabelledPoints;
  readonly query: LabelledPoints;
}

/**
 * A part of an episode's loss. `"crossEntropy"`: of queries, with −‖x − μ‖² / T as logits. `"protoTriplet"`: that loss of
 * queries. The others are ICNN losses: `"support"` of the support among itself, `"queryPrototypes"` and `"querySupport"`
 * of queries against either, `"full"` of support and queries together.
 */
export type EpisodeTerm = "crossEntropy" | "protoTriplet" | "support" | "queryPrototypes" | "querySupport" | "full";

export interface EpisodeLossOptions {
  /** Which parts are averaged, at least one. Default `["crossEntropy", "protoTriplet"]`. */
  readonly terms?: readonly EpisodeTerm[];
  /** T of the cross-entropy, a finite number > 0. Default 1. */
  readonly temperature?: number;
  /** Of Proto-Triplet. Default 0.5. */
  readonly margin?: number;
  /** Neighbours of the ICNN losses. Default 4. */
  readonly k?: number;
}

const all: readonly EpisodeTerm[] = [
  "crossEntropy",
  "protoTriplet",
  "support",
  "queryPrototypes",
  "querySupport",
  "full",
];

/**
 * The loss of an episode: the mean of the chosen parts, each a mean over its points.
 *
 * `"full"` seeks the nearest of another class among as many neighbours as a class has examples in the episode, on average.
 *
 * Reach for it to train an embedding by few-shot tasks.
 *
 * @param episode - points in the embedding; labels in [0, classes), every class in the support
 * @param classes - a whole number ≥ 2
 * @returns a scalar
 * @throws RangeError if `classes` is no whole number ≥ 2, `terms` is empty, or `temperature` not a finite number > 0
 * @throws TypeError if a term is none of those listed
 * @throws Error as of `prototypes`, `protoTripletLoss` and `icnnLoss` if the episode does not fit
 * @source Mendez-Ruiz et al., "SuSana Distancia is all you need: Enforcing class separability in metric learning via two
 * novel distance-based loss functions for few-shot image classification", 2023, arXiv:2305.09062, section 3.4
 */
export function episodeLoss(
  { support, query }: Episode,
  classes: number,
  { terms = ["crossEntropy", "protoTriplet"], temperature = 1, margin = 0.5, k = 4 }: EpisodeLossOptions = {},
): Tensor {
  checkCount("episodeLoss", { classes }, 2);
  checkAbove("episodeLoss", { temperature }, 0);
  if (terms.length === 0) throw new RangeError("episodeLoss: terms is empty but must hold at least one");
  terms.forEach((term, i) => {
    checkOneOf("episodeLoss", `terms[${i}]`, term, all);
  });
  const means = prototypes(support.points, support.labels, classes);
  const lossOf = (term: EpisodeTerm): Tensor => {
    if (term === "crossEntropy") {
      const logits = squaredDistances(query.points, means).div(-temperature);
      return sparseSoftmaxCrossEntropy(logits, query.labels, { reduction: "mean" });
    }
    if (term === "protoTriplet") {
      return protoTripletLoss(query.points, means, query.labels, { margin, reduction: "mean" });
    }
    if (term === "support") return icnnLoss(support, support, { k });
    if (term === "querySupport") return icnnLoss(query, support, { k });
    if (term === "queryPrototypes") {
      return icnnLoss(query, { points: means, labels: arange(classes, query.labels) }, { k });
    }
    const together: LabelledPoints = {
      points: concat([support.points, query.points], 0),
      labels: concat([support.labels, query.labels], 0),
    };
    const each = Math.floor(together.labels.size / classes);
    return icnnLoss(together, together, { k, inspected: Math.max(each, Math.min(k, together.labels.size - 2)) });
  };
  return terms
    .map(lossOf)
    .reduce((total, loss) => total.add(loss))
    .div(terms.length);
}
