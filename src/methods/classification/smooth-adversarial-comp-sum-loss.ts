import { checkAbove, checkAtLeast, checkSameShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { expandDims, sqrt, square, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkReduction, reduceLosses } from "../reduction.js";
import { type CompSumLossOptions, checkLogitsAndLabels, compSum } from "./comp-sum-loss.js";

export interface SmoothAdversarialCompSumLossOptions extends CompSumLossOptions {
  /** The margin ρ that is wanted of every other class, > 0: scores are divided by it. Default 1. */
  readonly rho?: number;
  /** How much a change of the score differences counts, ≥ 0. Default √(classes − 1) / rho, from which on it is a bound. */
  readonly nu?: number;
}

/**
 * Smooth adversarial comp-sum loss: a comp-sum loss where the input is, and a price on how much an adversary can change.
 *
 *     ℓ = Φ_τ(Σ_{k≠y} exp(−Δ_k / ρ)) + ν ‖Δ′ − Δ‖₂      Δ_k = s_y − s_k, Δ′_k = s′_y − s′_k, k ≠ y
 *
 * With the default ν it is never below `Φ_τ(Σ_{k≠y} Φ_ρ(Δ′_k))`, Φ_ρ(v) = min(max(0, 1 − v/ρ), 1), whatever the adversary
 * did. At no change it is `compSumLoss` of scores / ρ. Gradients flow into both scores.
 *
 * Reach for it to train against small changes of the input: take `perturbed` at what `compSumAdversary` finds, and decay
 * the weights, as the price alone can be met by scores that shrink.
 *
 * @param scores - `[batch, classes]`, finite or −∞, at the inputs
 * @param perturbed - same shape: at the adversary's inputs
 * @param labels - `[batch]`, each in [0, classes)
 * @returns `[batch]` loss of each example, or a scalar under a reduction
 * @throws ShapeError if `scores` has not two axes or no class, or the others do not fit it
 * @throws DTypeError if `scores` is no float, `perturbed` of another dtype, or `labels` not i32
 * @throws RangeError if a score on the host is NaN or +∞, or that of a label −∞, or a label is no class
 * @throws RangeError if `rho` is not above 0, `nu` or `tau` negative, or one of them not finite
 * @throws TypeError if `reduction` is none of those listed
 * @source Mao, Mohri and Zhong, "Cross-Entropy Loss Functions: Theoretical Analysis and Applications", ICML 2023,
 * arXiv:2304.07288, §5; the default ν is ours
 */
export function smoothAdversarialCompSumLoss(
  scores: Tensor,
  perturbed: Tensor,
  labels: Tensor<"i32">,
  { tau = 1, rho = 1, nu, reduction = "none" }: SmoothAdversarialCompSumLossOptions = {},
): Tensor {
  const caller = "smoothAdversarialCompSumLoss";
  checkReduction(caller, reduction);
  checkAtLeast(caller, { tau }, 0);
  checkAbove(caller, { rho }, 0);
  if (nu !== undefined) checkAtLeast(caller, { nu }, 0);
  checkLogitsAndLabels(caller, scores, labels);
  checkSameShape(caller, { scores, perturbed });
  checkSameDType(caller, { scores, perturbed });
  const price = nu ?? Math.sqrt(Math.max(0, scores.shape[1] - 1)) / rho;
  const change = sqrt(squaredChange(perturbed.sub(scores), labels));
  return reduceLosses(compSum(scores.div(rho), labels, tau).add(change.mul(price)), reduction);
}

/** `‖Δ′ − Δ‖²` for each example, given by how much its scores change. */
export function squaredChange(changes: Tensor, labels: Tensor<"i32">): Tensor {
  return square(changes.sub(takeAlongAxis(changes, expandDims(labels, 1)))).sum(1); // the label's own term is 0
}
