import { checkCount, ShapeError } from "../../autodiff/check.js";
import { checkLabels, checkModified, unmodifiedOf } from "./facts.js";

/** How well an edit went. */
export interface EditMetrics {
  /** A_M: the share of modified facts that are answered in the new way, in [0, 1]. */
  readonly modified: number;
  /** A_{F∖S}: the share of the other facts that are answered as before, in [0, 1]; 1 where there are none. */
  readonly unmodified: number;
  /** (A_M + A_{F∖S}) / 2. */
  readonly mean: number;
  /** A_{F∖S} before the edit less A_{F∖S} now, if it was given what the model answered then. */
  readonly drop?: number;
}

export interface EditMetricsOptions {
  /** `[F]`: what the model answered before the edit. */
  readonly before?: ArrayLike<number>;
  /** How many answers there are: labels are checked against it. Default: not checked from above. */
  readonly classes?: number;
}

/**
 * What an edit taught a model and what it made it forget.
 *
 *     A_M = |{i ∈ S : predictionᵢ = targetᵢ}| / |S|      A_{F∖S} likewise for i ∉ S      mean = (A_M + A_{F∖S}) / 2
 *
 * Reach for it to draw the trade-off between the two over radii and layers.
 *
 * @param predictions - `[F]`, what the model answers, class ids
 * @param targets - `[F]`, what it is to answer
 * @param modified - S: at least one fact, each in [0, F) and named once
 * @throws ShapeError if `predictions`, `targets` and `before` differ in length
 * @throws RangeError if `modified` is empty, names a fact twice or names none of the F
 * @throws RangeError if a label is not a whole number ≥ 0, or not below `classes`
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3
 */
export function editMetrics(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  modified: ArrayLike<number>,
  { before, classes = Number.MAX_SAFE_INTEGER }: EditMetricsOptions = {},
): EditMetrics {
  const count = targets.length;
  checkCount("editMetrics", { classes }, 1);
  for (const [name, labels] of Object.entries({ targets, predictions, ...(before && { before }) })) {
    if (labels.length !== count) {
      throw new ShapeError(`editMetrics: ${name} has ${labels.length} labels but must have ${count}, as targets has`);
    }
    checkLabels("editMetrics", name, labels, classes);
  }
  checkModified("editMetrics", modified, count);

  const others = unmodifiedOf(modified, count);
  const learned = accuracy(predictions, targets, Array.from(modified));
  const kept = accuracy(predictions, targets, others);
  const metrics = { modified: learned, unmodified: kept, mean: (learned + kept) / 2 };
  return before === undefined ? metrics : { ...metrics, drop: accuracy(before, targets, others) - kept };
}

/** Of no facts none is wrong. */
function accuracy(predictions: ArrayLike<number>, targets: ArrayLike<number>, facts: readonly number[]): number {
  const right = facts.filter((fact) => predictions[fact] === targets[fact]).length;
  return facts.length === 0 ? 1 : right / facts.length;
}
