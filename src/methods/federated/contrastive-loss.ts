import { checkAbove, checkAtLeast, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { equal, maximum, type Tensor, where } from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";

export interface ContrastiveLossOptions {
  /** How far another class's embedding should be, ν, a finite number > 0. Default 1.2. */
  readonly margin?: number;
  /** Weight of the attraction to the own class, a finite number ≥ 0. Default 1. */
  readonly positiveWeight?: number;
  /** Weight of the repulsion from the other classes, a finite number ≥ 0. Default 1. */
  readonly negativeWeight?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Contrastive loss between examples and classes: near to the own class's embedding, a margin away from all others.
 *
 *     ℓ = positiveWeight · d_y² + negativeWeight · Σ_{c≠y} max(0, margin − d_c)²
 *
 * Reach for it when all embeddings are in one place; where they must not be, `fedAwS` takes its two parts to where the
 * data are: the first to the clients, the second to the server.
 *
 * @param distances - `[batch, classes]` distance of each example's feature to each class's embedding, of any kind
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss for each example, or a scalar under a reduction
 * @throws ShapeError if `distances` has not two axes, or `labels` does not fit it
 * @throws DTypeError if `distances` is no float or `labels` not i32
 * @throws RangeError if `margin` is not > 0 or a weight is negative
 * @throws RangeError if a distance on the host is not finite, or a label no class
 * @throws TypeError if `reduction` is none of those listed
 * @source Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006; in this form
 * Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export function contrastiveLoss(
  distances: Tensor,
  labels: Tensor<"i32">,
  options: ContrastiveLossOptions = {},
): Tensor {
  const { margin = 1.2, positiveWeight = 1, negativeWeight = 1, reduction = "none" } = options;
  checkAbove("contrastiveLoss", { margin }, 0);
  checkAtLeast("contrastiveLoss", { positiveWeight, negativeWeight }, 0);
  checkReduction("contrastiveLoss", reduction);
  checkScoresAndLabels("contrastiveLoss", "distances", distances, labels);

  const own = isOwnClass(labels, distances);
  const attraction = distances.mul(distances).mul(positiveWeight);
  const shortfall = maximum(distances.neg().add(margin), 0);
  const repulsion = shortfall.mul(shortfall).mul(negativeWeight);
  return reduceLosses(where(own, attraction, repulsion).sum(1), reduction);
}

/** `[batch, classes]`, true where the column is the row's label. */
export function isOwnClass(labels: Tensor<"i32">, { shape: [batch, classes], backend }: Tensor): Tensor<"bool"> {
  return equal(labels.reshape([batch, 1]), arange(classes, { backend, dtype: "i32" }));
}

/** Throws unless the values are finite floats `[batch, classes]` and the labels classes. */
export function checkScoresAndLabels(caller: string, name: string, values: Tensor, labels: Tensor<"i32">): void {
  checkRank(caller, { [name]: values }, 2);
  checkFloat(caller, { [name]: values });
  checkShape(caller, "labels", labels, [values.shape[0]]);
  checkClassIds(caller, { labels }, values.shape[1]);
  checkFinite(caller, { [name]: values });
}
