import { checkFloat } from "../../autodiff/dtype.js";
import { abs, expm1, less, square, type Tensor, where } from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";
import { lastAxes, type StochasticSoftmax } from "./stochastic-softmax.js";

/**
 * Divergence of Gumbel noise around θ from noise around 0.
 *
 *     KL(Gumbel(θ) ‖ Gumbel(0)) = θ + e^−θ − 1
 *
 * Reach for it as the prior term of an ELBO with utilities as latent variables; `utilityKl` adds it up over an object.
 *
 * @param theta - `[...]`
 * @returns `[...]` in nats, one for each utility, ≥ 0 and 0 only at 0
 * @throws DTypeError if `theta` is no f32 or f64
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function gumbelKl(theta: Tensor): Tensor {
  checkFloat("gumbelKl", { theta });
  return expm1(theta.neg()).add(theta); // e^−θ − 1 alone: near 0 what is left after the cancellation keeps its digits
}

/**
 * Divergence of logistic noise around θ from noise around 0.
 *
 *     KL(Logistic(θ) ‖ Logistic(0)) = θ · coth(θ/2) − 2
 *
 * Reach for it where utilities have logistic noise, as those of `bernoulliSst`.
 *
 * @param theta - `[...]`
 * @returns `[...]` in nats, one for each utility, ≥ 0 and 0 only at 0
 * @throws DTypeError if `theta` is no f32 or f64
 * @source Maddison, Mnih and Teh, "The Concrete Distribution", ICLR 2017, arXiv:1611.00712, app. B (the density; the
 * integral is ours)
 */
export function logisticKl(theta: Tensor): Tensor {
  checkFloat("logisticKl", { theta });
  const small = less(abs(theta), seriesBelow);
  const near = where(small, theta, 0);
  const far = where(small, 1, abs(theta));
  const s = square(near);
  // 2 Σ_m B_2m θ^2m / (2m)!, m = 1 … 6: the closed form is 0/0 at 0 and cancels around it
  const terms = [-691 / 653_837_184_000, 1 / 23_950_080, -1 / 604_800, 1 / 15_120, -1 / 360, 1 / 6];
  let series = s.mul(terms[0]);
  for (const term of terms.slice(1)) series = series.add(term).mul(s);
  return where(small, series, far.add(far.mul(2).div(expm1(far))).sub(2));
}

/** Below it the first term left out of the series is under 10⁻¹⁵ of the sum. */
const seriesBelow = 0.3;

/**
 * Divergence of the utilities of an object from those at θ = 0, an upper bound of that between the laws of the objects.
 *
 *     Σ_i θ_i + e^−θ_i − 1        with logistic noise Σ_i θ_i · coth(θ_i / 2) − 2
 *
 * Reach for it as the prior term of an ELBO whose latent object is relaxed: the bound stays a bound.
 *
 * @param family - says which noise, and which axes make up an object
 * @param theta - `[...batch, ...object]`
 * @returns `[...batch]` in nats
 * @throws DTypeError if `theta` is no f32 or f64
 * @throws ShapeError if `theta` has fewer axes than an object
 * @throws RangeError if `theta` is on the host and not finite
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function utilityKl({ noise, rank }: StochasticSoftmax, theta: Tensor): Tensor {
  checkUtilities("utilityKl", "theta", theta, rank);
  return (noise === "gumbel" ? gumbelKl(theta) : logisticKl(theta)).sum(lastAxes(rank));
}
