import { checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { cholesky, diagonal, log, square, type Tensor, triangularSolve } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";

/** A normal distribution. */
export interface Gaussian {
  /** `[d]`. */
  readonly mean: Tensor;
  /** `[d, d]`, positive definite; only its symmetric part counts. */
  readonly covariance: Tensor;
}

/**
 * Cauchy–Schwarz divergence between two normal distributions, in closed form.
 *
 *     D(p; q) = mᵀ(S₁ + S₂)⁻¹m + log det(S₁ + S₂) − d·log 2 − ½·log det S₁ − ½·log det S₂      m = mean₁ − mean₂
 *
 * In one dimension `m²/(s₁² + s₂²) + log((s₁² + s₂²) / (2·s₁·s₂))`. Reach for it to know what `csDivergence` of two
 * samples tends to: that of width w has w²/2 added to the variances.
 *
 * @returns `[]`, ≥ 0, in nats; NaN where a covariance is not positive definite
 * @throws DTypeError if the tensors are not of one dtype, f32 or f64
 * @throws ShapeError if a mean is no vector, or the others do not fit the first
 * @throws RangeError if a value on the host is not finite
 * @source Kampa, Hasanbelliu and Príncipe, "Closed-form Cauchy-Schwarz PDF Divergence for Mixture of Gaussians", IJCNN
 * 2011, for mixtures of one component
 */
export function csDivergenceGaussian(p: Gaussian, q: Gaussian): Tensor {
  const tensors = {
    ...{ "p.mean": p.mean, "p.covariance": p.covariance },
    ...{ "q.mean": q.mean, "q.covariance": q.covariance },
  };
  checkFloat("csDivergenceGaussian", tensors);
  checkSameDType("csDivergenceGaussian", tensors);
  checkRank("csDivergenceGaussian", { "p.mean": p.mean }, 1);
  const [d] = p.mean.shape;
  checkShape("csDivergenceGaussian", "p.covariance", p.covariance, [d, d]);
  checkShape("csDivergenceGaussian", "q.mean", q.mean, [d]);
  checkShape("csDivergenceGaussian", "q.covariance", q.covariance, [d, d]);
  checkFinite("csDivergenceGaussian", tensors);
  const factor = cholesky(p.covariance.add(q.covariance));
  const distance = square(triangularSolve(factor, p.mean.sub(q.mean).reshape([d, 1]))).sum();
  const own = halfLogDeterminant(cholesky(p.covariance)).add(halfLogDeterminant(cholesky(q.covariance)));
  return distance
    .add(halfLogDeterminant(factor).mul(2))
    .sub(own)
    .sub(d * Math.LN2);
}

/** Half the logarithm of the determinant of what a factor is of. */
function halfLogDeterminant(factor: Tensor): Tensor {
  return log(diagonal(factor)).sum();
}
