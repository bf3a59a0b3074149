import { checkRank, checkSameShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { read, type Tensor, type TypedArray } from "../../autodiff/index.js";

export interface NegativeSamplingSnr {
  /** η̄, what the gradient of one example carries of signal over noise at the optimum; infinite if C is 1. */
  readonly snr: number;
  /** The largest η̄ that any noise gives, `1 / (N²·(C − 1))`, reached by noise that equals the data. */
  readonly bestSnr: number;
  /** `[N, C]`, α: the Hessian's diagonal in the scores of each input; the gradient's covariance is N·(diag(α) − 2·α·αᵀ). */
  readonly curvature: Float64Array;
}

/**
 * The signal-to-noise ratio of negative sampling's gradient at the optimum, one negative for each example, with scores as
 * free parameters.
 *
 *     1 / η̄ = Tr(Cov·H⁻¹) = N·Σ_x (C − 2·Σ_y α_y)      α_y = p_n·p / (p_n + p)
 *
 * H is the Hessian of the loss summed over N inputs x, and Cov the covariance of N times the gradient at one of them. As
 * Σ_y α_y ≤ 1/2, with equality only where p_n = p, noise that imitates the data gives the best ratio, and it does not depend
 * on how the scores are parametrized linearly. Where α_y = 0 the limit is taken.
 *
 * Reach for it to compare noise distributions before training with them.
 *
 * @param dataProbability - `[N, C]`, p(y|x), a distribution in each row
 * @param noiseProbability - the same shape, p_n(y|x)
 * @throws ShapeError if the shapes differ or have not two axes
 * @throws DTypeError if one is not f32 or f64
 * @throws RangeError if a probability is negative or not finite, or a row does not sum to 1 within 1e-4
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * theorem 2 and appendix A
 */
export async function negativeSamplingSnr(
  dataProbability: Tensor,
  noiseProbability: Tensor,
): Promise<NegativeSamplingSnr> {
  checkFloat("negativeSamplingSnr", { dataProbability, noiseProbability });
  checkRank("negativeSamplingSnr", { dataProbability }, 2);
  checkSameShape("negativeSamplingSnr", { dataProbability, noiseProbability });
  const [inputs, classes] = dataProbability.shape;
  const host = await read({ dataProbability, noiseProbability });
  for (const [name, values] of Object.entries(host)) checkDistributions(name, values, classes);

  const curvature = new Float64Array(inputs * classes);
  let total = 0;
  for (let i = 0; i < curvature.length; i++) {
    const [p, noise] = [host.dataProbability[i], host.noiseProbability[i]];
    if (p > 0 && noise > 0) curvature[i] = p * (noise / (p + noise));
    total += curvature[i];
  }
  return {
    snr: 1 / (inputs * (inputs * classes - 2 * total)),
    bestSnr: 1 / (inputs * inputs * (classes - 1)),
    curvature,
  };
}

function checkDistributions(name: string, values: TypedArray, classes: number): void {
  for (let start = 0; start < values.length; start += classes) {
    let sum = 0;
    for (let i = start; i < start + classes; i++) {
      if (!(values[i] >= 0 && Number.isFinite(values[i]))) {
        throw new RangeError(`negativeSamplingSnr: ${name} holds ${values[i]} but must be finite and ≥ 0`);
      }
      sum += values[i];
    }
    if (!(Math.abs(sum - 1) <= 1e-4)) {
      throw new RangeError(`negativeSamplingSnr: ${name} has a row that sums to ${sum} but must sum to 1`);
    }
  }
}
