import { checkCount } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { cast, clamp, less, remainder, stopGradient, type Tensor } from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";

export interface AngularMarginPsiOptions {
  /** How many times as fast the angle counts, m, a whole number ≥ 1; 1 gives the cosine itself. Default 4. */
  readonly margin?: number;
}

/**
 * The cosine of m times an angle, continued so that it falls all the way from 0 to π: what large-margin softmax has in
 * place of the cosine.
 *
 *     ψ(θ) = (−1)^k cos(mθ) − 2k      θ in [kπ/m, (k + 1)π/m],  k = 0 … m − 1
 *
 * It falls from 1 to 1 − 2m, is at most cos θ, and has a continuous slope (not curvature: that jumps where k does). It is
 * taken at c = cos θ, where `cos(mθ) = T_m(c)` by Chebyshev's recursion `T_{n+1} = 2c T_n − T_{n−1}` and
 * k = #{0 < j < m : c < cos(jπ/m)}: no arc cosine, whose slope is infinite at both ends.
 *
 * Reach for it to build a margin of angles of your own; `largeMarginSoftmaxLoss` has it inside.
 *
 * @param cosines - `[...]` in [−1, 1]; what rounding carries beyond counts as ±1, with the slope of there
 * @returns `[...]` in [1 − 2m, 1]
 * @throws DTypeError if `cosines` is no float
 * @throws RangeError if a cosine on the host is NaN or farther out than rounding carries it, 1e-3
 * @throws RangeError if `margin` is not a whole number ≥ 1
 * @source Liu et al., "Large-Margin Softmax Loss for Convolutional Neural Networks", ICML 2016, arXiv:1612.02295, eqs. 5–7
 */
export function angularMarginPsi(cosines: Tensor, { margin = 4 }: AngularMarginPsiOptions = {}): Tensor {
  checkCount("angularMarginPsi", { margin }, 1);
  checkFloat("angularMarginPsi", { cosines });
  hostValues(cosines)?.forEach((c, i) => {
    if (!(Math.abs(c) <= 1.001)) {
      throw new RangeError(`angularMarginPsi: cosines holds ${c} at ${i} but must be in [-1, 1]`);
    }
  });

  const c = cosines.add(stopGradient(clamp(cosines, -1, 1).sub(cosines))); // the clamp itself would have no slope
  let [before, chebyshev] = [zeros(c.shape, c).add(1), c];
  let turns: Tensor = zeros(c.shape, c);
  for (let j = 1; j < margin; j++) {
    [before, chebyshev] = [chebyshev, c.mul(2).mul(chebyshev).sub(before)];
    const breakpoint = Math.sin(Math.PI * (1 / 2 - j / margin)); // cos(jπ/m), but exactly 0 halfway
    turns = turns.add(cast(less(c, breakpoint), c.dtype));
  }
  const sign = remainder(turns, 2).mul(-2).add(1);
  return sign.mul(chebyshev).sub(turns.mul(2));
}
