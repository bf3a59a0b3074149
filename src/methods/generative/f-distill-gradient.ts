import { checkRank, checkSameShape, checkShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import {
  checkDivergence,
  checkRatios,
  type FDivergenceName,
  type FDivergenceWeightOptions,
  weightOf,
} from "./f-divergence.js";

/**
 * What each sample of a student contributes to the gradient of an f-divergence, where both scores are known.
 *
 *     ∇_θ D_f(p ‖ q_θ) = E[g(x)ᵀ ∂x / ∂θ]      g = −h(p / q) (∇log p − ∇log q)
 *
 * The mean of gᵀ ∂x over the student's samples is unbiased with `exact`, up to a constant factor without it. To pull it
 * back through a sampler take the gradient of `(g · x).sum(1).mean()`: g itself is a constant.
 *
 * Reach for it with densities in closed form; with denoisers see `fDistillLoss`.
 *
 * @param ratio - `[n]`, p / q at each sample, finite and > 0
 * @param teacherScore - `[n, d]`, ∇log p
 * @param studentScore - `[n, d]`, ∇log q
 * @param divergence - which
 * @returns `[n, d]`, constants
 * @throws ShapeError if `teacherScore` has not two axes, or another argument does not fit it
 * @throws DTypeError if `ratio` is no float, or they differ in dtype
 * @throws RangeError if a ratio on the host is not finite or not > 0, or a score not finite
 * @throws TypeError if `divergence` is none of those listed
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * theorem 1
 */
export function fDistillGradient(
  ratio: Tensor,
  teacherScore: Tensor,
  studentScore: Tensor,
  divergence: FDivergenceName,
  { exact = false }: FDivergenceWeightOptions = {},
): Tensor {
  const caller = "fDistillGradient";
  checkDivergence(caller, divergence);
  checkRatios(caller, ratio);
  checkRank(caller, { teacherScore }, 2);
  checkSameShape(caller, { teacherScore, studentScore });
  checkShape(caller, "ratio", ratio, [teacherScore.shape[0]]);
  checkSameDType(caller, { ratio, teacherScore, studentScore });
  checkFinite(caller, { teacherScore, studentScore });
  const weights = weightOf(ratio, divergence, exact).reshape([ratio.shape[0], 1]);
  return stopGradient(weights.mul(studentScore.sub(teacherScore)));
}
