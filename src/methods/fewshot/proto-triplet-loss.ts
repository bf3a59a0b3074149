import { checkAtLeast, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { greater, min, type Tensor, where } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { isOwnClass } from "../federated/contrastive-loss.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { roundedDistances } from "./rounded-distances.js";

export interface ProtoTripletLossOptions {
  /** How much nearer the own prototype is to be, δ, a finite number ≥ 0. Default 0.5. */
  readonly margin?: number;
  /** Default `"none"`, a loss for each query. */
  readonly reduction?: Reduction;
}

/**
 * Proto-Triplet: each query nearer to the prototype of its class than to the nearest other one, by a margin.
 *
 *     ℓ_i = max(0, d(x_i, μ_y) − min_{c ≠ y} d(x_i, μ_c) + margin)      d(a, b) = √(‖a − b‖² + 10⁻⁶)
 *
 * Where the hinge is open the gradient is a difference of two unit vectors, away from the own prototype and towards the
 * other; else it is 0.
 *
 * Reach for it beside cross-entropy in episodes of few examples.
 *
 * @param queries - `[n, d]`
 * @param prototypes - `[classes, d]`, two classes or more
 * @param labels - `[n]`, each in [0, classes); on a device they are not checked
 * @returns `[n]` loss of each query, or a scalar under a reduction
 * @throws ShapeError if `queries` or `prototypes` has not two axes, there are fewer than two classes, or sizes do not fit
 * @throws DTypeError if `queries` is no float, `prototypes` of another dtype or `labels` no i32
 * @throws RangeError if `margin` is negative or not finite, a value on the host not finite, or a label there no class
 * @throws TypeError if `reduction` is none of those listed
 * @claim With cross-entropy it classifies new classes better than cross-entropy alone: 73.4 % against 72.8 % on 5-way 5-shot
 * tasks of Gaussian classes, better on each of three seeds (400 episodes, 300 tests).
 * @question I learn embeddings; I need a margin
 * @source Mendez-Ruiz et al., "SuSana Distancia is all you need: Enforcing class separability in metric learning via two
 * novel distance-based loss functions for few-shot image classification", 2023, arXiv:2305.09062, eq. 4
 */
export function protoTripletLoss(
  queries: Tensor,
  prototypes: Tensor,
  labels: Tensor<"i32">,
  { margin = 0.5, reduction = "none" }: ProtoTripletLossOptions = {},
): Tensor {
  const caller = "protoTripletLoss";
  checkAtLeast(caller, { margin }, 0);
  checkReduction(caller, reduction);
  checkRank(caller, { queries, prototypes }, 2);
  checkFloat(caller, { queries });
  checkSameDType(caller, { queries, prototypes });
  checkShape(caller, "prototypes", prototypes, [-1, queries.shape[1]]);
  const [classes] = prototypes.shape;
  if (classes < 2) {
    throw new ShapeError(
      `${caller}: prototypes has shape ${showShape(prototypes.shape)} but must have 2 rows or more, one for each class`,
    );
  }
  checkShape(caller, "labels", labels, [queries.shape[0]]);
  checkClassIds(caller, { labels }, classes);
  checkFinite(caller, { queries, prototypes });

  const distances = roundedDistances(queries, prototypes); // [n, classes]
  const isOwn = isOwnClass(labels, distances);
  const toOwn = where(isOwn, distances, 0).sum(1);
  const toOther = min(where(isOwn, Number.POSITIVE_INFINITY, distances), 1);
  const excess = toOwn.sub(toOther).add(margin);
  return reduceLosses(where(greater(excess, 0), excess, 0), reduction);
}
