import { checkAtLeast, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { arange, equal, expandDims, type Tensor, takeAlongAxis, topK, where } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkClassIds } from "../class-ids.js";
import { checkMarginLoss, type MarginLoss, marginLoss } from "../margin.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkNoNaN } from "./top-k-mean.js";

export interface OwlLossOptions {
  /** The margin loss φ. Default `"hinge"`. */
  readonly form?: MarginLoss;
  /** Allow weights that increase with the rank, whose loss is not convex. Default false. */
  readonly allowIncreasing?: boolean;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Margins of the label over all other classes, weighted by how hard each is: an ordered weighted loss.
 *
 *     ℓ = Σᵢ θᵢ · φ(f_y − f_[i])      f_[1] ≥ f_[2] ≥ … the other classes' scores
 *
 * Convex where θ is non-increasing. θ = [1/k, …, 1/k], k times, is the **top-k loss**, the mean of φ over the k hardest
 * negatives: the multiclass margin loss of Crammer and Singer for k = 1, the mean pairwise loss for k = C − 1. It bounds
 * `φ(0) · 1[y is not among the top k]`. With θ = `orderedSgdWeights({ examples: C − 1, batch: m, kept: k }) / k` it is what
 * `stochasticNegativeMiningLoss` minimizes on average.
 *
 * Reach for it where classes are few enough to score them all and only the top of the ranking matters.
 *
 * @param scores - `[B, C]`, C ≥ 2
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param weights - θ of the hardest negative first: 1 to C − 1 numbers, finite and ≥ 0; the rest count 0
 * @returns `[B]` loss for each row, or `[]` if reduced; of equal scores the lower class comes first
 * @throws ShapeError if there are fewer than 2 classes, no row, or the shapes do not fit
 * @throws DTypeError if `scores` are no f32 or f64, or `labels` not i32
 * @throws RangeError if there are no weights or more than C − 1, one is negative or not finite, or they increase
 * @throws RangeError if a label on the host is no class, or a score there NaN
 * @throws TypeError if `form` or `reduction` is not one of those listed
 * @source Reddi et al., "Stochastic Negative Mining for Learning with Large Output Spaces", AISTATS 2019, arXiv:1810.07076; Lapin et al., "Top-k Multiclass SVM", NeurIPS 2015, arXiv:1511.06683
 */
export function owlLoss(
  scores: Tensor,
  labels: Tensor<"i32">,
  weights: ArrayLike<number>,
  { form = "hinge", allowIncreasing = false, reduction = "none" }: OwlLossOptions = {},
): Tensor {
  const caller = "owlLoss";
  checkMarginLoss(caller, "form", form);
  checkReduction(caller, reduction);
  checkScores(caller, scores, labels);
  checkWeights(caller, weights, scores.shape[1], allowIncreasing);

  const beside = expandDims(labels, 1); // [batch, 1]
  const others = where(equal(beside, arange(scores.shape[1], labels)), Number.NEGATIVE_INFINITY, scores);
  const hardest = topK(others, weights.length).values; // [batch, weights]
  const margins = takeAlongAxis(scores, beside, 1).sub(hardest);
  const { backend, dtype } = scores;
  const theta = fromValues(Float64Array.from(weights), { backend, dtype }) as Tensor;
  return reduceLosses(marginLoss(margins, form).mul(theta).sum(1), reduction);
}

function checkScores(caller: string, scores: Tensor, labels: Tensor<"i32">): void {
  checkFloat(caller, { scores });
  checkDType(caller, { labels }, "i32");
  checkRank(caller, { scores }, 2);
  const [rows, classes] = scores.shape;
  if (rows < 1 || classes < 2) {
    throw new ShapeError(
      `${caller}: scores has shape ${showShape(scores.shape)} but must have at least 1 row and 2 classes`,
    );
  }
  checkShape(caller, "labels", labels, [rows]);
  checkClassIds(caller, { labels }, classes);
  checkNoNaN(caller, { scores });
}

function checkWeights(caller: string, weights: ArrayLike<number>, classes: number, allowIncreasing: boolean): void {
  if (weights.length < 1 || weights.length > classes - 1) {
    throw new RangeError(
      `${caller}: weights has ${weights.length} numbers but must have 1 to ${classes - 1}, one for each negative`,
    );
  }
  for (let i = 0; i < weights.length; i++) {
    checkAtLeast(caller, { [`weights[${i}]`]: weights[i] }, 0);
    if (i > 0 && weights[i] > weights[i - 1] && !allowIncreasing) {
      throw new RangeError(
        `${caller}: weights[${i}] is ${weights[i]} but must be at most ${weights[i - 1]}, the one before; set allowIncreasing if it is meant`,
      );
    }
  }
}
