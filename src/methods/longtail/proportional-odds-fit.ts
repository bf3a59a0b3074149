import { checkAbove, checkCount } from "../../autodiff/check.js";
import { countClasses, type OrdinalModel, onOriginalScale, ordinalData, standardize } from "./ordinal-data.js";
import { descend, interceptsOnly, slopesOf } from "./ordinal-descent.js";

export interface ProportionalOddsFitOptions {
  /** K, a whole number ≥ 3. */
  readonly classes: number;
  /** It stops once no parameter changes by as much, on the scale of standardized inputs, > 0. Default 1e-6. */
  readonly tolerance?: number;
  /** Steps at most, a whole number ≥ 1. Default 10 000. */
  readonly maxIterations?: number;
}

export interface ProportionalOddsFit extends OrdinalModel {
  /** The mean negative log-likelihood reached, in nats. */
  readonly objective: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * The proportional-odds model by maximum likelihood: one direction for all boundaries between ordered classes.
 *
 *     P(class ≤ k) = σ(α_k + β·x)
 *
 * Reach for it where steps differ in nothing but how rare they are; `prestoFit` lets them differ where the data say so.
 *
 * @param inputs - `[n][p]`, finite
 * @param labels - `[n]`, whole numbers in [0, K), each class among them
 * @throws RangeError if an option is out of range, an input is not finite, a label no class or a class absent
 * @source McCullagh, "Regression Models for Ordinal Data", Journal of the Royal Statistical Society B 1980
 */
export function proportionalOddsFit(
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  { classes, tolerance = 1e-6, maxIterations = 10_000 }: ProportionalOddsFitOptions,
): ProportionalOddsFit {
  const caller = "proportionalOddsFit";
  const given = ordinalData(caller, inputs, labels, classes);
  countClasses(caller, given, 1, "");
  checkAbove(caller, { tolerance }, 0);
  checkCount(caller, { maxIterations }, 1);
  const { data, standard } = standardize(given);
  const { features } = data;
  const free = { lambda: 0, mix: 1, penalizedFrom: features, frozenFrom: features };
  const found = descend(data, interceptsOnly(data), free, { tolerance, maxIterations });
  const model = { classes, features, intercepts: found.intercepts, slopes: slopesOf(found.differences, features) };
  const { objective, iterations, converged } = found;
  return { ...onOriginalScale(model, standard), objective, iterations, converged };
}
