import { checkAtLeast } from "../../autodiff/check.js";
import { checkData, type HyperbolicData } from "./hyperbolic-data.js";
import { checkNormal } from "./hyperbolic-margin.js";
import { lorentzProduct } from "./hyperboloid.js";

/**
 * The mean logistic loss at the worst examples within a hyperbolic radius, and with it a certificate.
 *
 *     mean_i log(1 + exp(−y_i (w * x̃_i)))        w * x̃ = √(−w * w) · sinh(ρ_w(x) − y radius)
 *
 * Below `log(2) / n`, over n points, every margin exceeds the radius: then no term reaches log 2. It is the largest loss
 * within the radius, so it grows with it from the plain loss at 0.
 *
 * Reach for it to certify a margin, or to watch one grow.
 *
 * @param normal - d + 1 coordinates, space-like; its length scales the scores
 * @param data - labelled points
 * @param radius - a finite number ≥ 0
 * @returns the loss in nats
 * @throws RangeError if `radius` is negative, the normal not space-like or of another length, or the data are not as they must be
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465
 */
export function robustLogisticLoss(normal: ArrayLike<number>, data: HyperbolicData, radius: number): number {
  checkAtLeast("robustLogisticLoss", { radius }, 0);
  checkNormal("robustLogisticLoss", normal, checkData("robustLogisticLoss", data));
  return robustLossOf(normal, data, radius);
}

/** The same without checks. */
export function robustLossOf(normal: ArrayLike<number>, { points, labels }: HyperbolicData, radius: number): number {
  const length = Math.sqrt(-lorentzProduct(normal, normal));
  const losses = points.map((x, i) => {
    const distance = Math.asinh(lorentzProduct(normal, x) / length);
    return softplus(-labels[i] * length * Math.sinh(distance - labels[i] * radius));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / points.length;
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
