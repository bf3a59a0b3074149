import { checkAbove, checkOneOf } from "../../autodiff/check.js";
import { expandDims, square, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import type { LogSphericalMemberOptions } from "./log-spherical-softmax-loss.js";
import { checkSphericalScores, checkZ, VARIANCE_FLOOR, type ZMemberOptions } from "./z-loss.js";

/** All that a spherical loss sees of an example's scores. */
export interface SphericalStatistics<T = Tensor> {
  /** s = Σ o_k. */
  readonly sum: T;
  /** q = Σ o_k². */
  readonly squares: T;
  /** o_c, the target's. */
  readonly target: T;
}

/**
 * What a spherical loss sees of scores: three numbers an example.
 *
 *     s = Σ_k o_k      q = Σ_k o_k²      o_c
 *
 * Reach for it to write another member of the family.
 *
 * @param scores - `[batch, classes]`, finite, of two classes or more
 * @param targets - `[batch]`, each in [0, classes)
 * @returns three tensors `[batch]`
 * @throws ShapeError if `scores` has not two axes or fewer than two classes, or `targets` does not fit it
 * @throws DTypeError if `scores` is no float, or `targets` not i32
 * @throws RangeError if a score on the host is not finite, or a target no class
 * @source Vincent, de Brébisson and Bouthillier, "Efficient Exact Gradient Update for Training Deep Networks with Very
 * Large Sparse Targets", NeurIPS 2015, arXiv:1412.7091
 */
export function sphericalStatistics(scores: Tensor, targets: Tensor<"i32">): SphericalStatistics {
  checkSphericalScores("sphericalStatistics", scores, targets);
  return {
    sum: scores.sum(1),
    squares: square(scores).sum(1),
    target: takeAlongAxis(scores, expandDims(targets, 1)).reshape(targets.shape),
  };
}

/** A loss of one example, and its derivatives by the three statistics. */
export interface SphericalLossSlopes {
  readonly value: number;
  readonly bySum: number;
  readonly bySquares: number;
  readonly byTarget: number;
}

/** A loss of the spherical family, in plain numbers: what `SphericalOutputLayer` trains. */
export type SphericalLoss = (statistics: SphericalStatistics<number>, classes: number) => SphericalLossSlopes;

export interface SphericalMemberOptions extends ZMemberOptions, LogSphericalMemberOptions {}

/**
 * A member of the spherical family as a function of the three statistics: `zLoss`, `logTaylorSoftmaxLoss` or
 * `logSphericalSoftmaxLoss`.
 *
 *     ∂ℓ/∂o_k = ∂ℓ/∂s + 2 o_k ∂ℓ/∂q + [k = c] ∂ℓ/∂o_c
 *
 * The variance comes from q/D − μ² here, which loses digits where |μ| ≫ σ. Reach for it to train a `SphericalOutputLayer`.
 *
 * @param name - `"z"`, `"logTaylor"` or `"logSpherical"`; each takes its own options
 * @throws TypeError if `name` is none of those listed
 * @throws RangeError if `sharpness` or `epsilon` is not above 0, or `sharpness`, `offset` or `epsilon` not finite
 * @source de Brébisson and Vincent, "The Z-loss", 2016, arXiv:1604.08859, §3; "An Exploration of Softmax Alternatives
 * Belonging to the Spherical Loss Family", ICLR 2016, arXiv:1511.05042
 */
export function sphericalMember(
  name: "z" | "logTaylor" | "logSpherical",
  { sharpness = 1, offset = 5, epsilon = 1e-3 }: SphericalMemberOptions = {},
): SphericalLoss {
  checkOneOf("sphericalMember", "name", name, ["z", "logTaylor", "logSpherical"]);
  checkZ("sphericalMember", sharpness, offset);
  checkAbove("sphericalMember", { epsilon }, 0);
  if (name === "z") return (statistics, classes) => zSlopes(statistics, classes, sharpness, offset);
  return name === "logTaylor" ? taylorSlopes : (statistics, classes) => squareSlopes(statistics, classes, epsilon);
}

function zSlopes(
  { sum, squares, target }: SphericalStatistics<number>,
  classes: number,
  sharpness: number,
  offset: number,
): SphericalLossSlopes {
  const mean = sum / classes;
  const deviation = Math.sqrt(Math.max(squares / classes - mean * mean, 0) + VARIANCE_FLOOR);
  const z = (target - mean) / deviation;
  const lag = sharpness * (offset - z);
  const value = (Math.max(lag, 0) + Math.log1p(Math.exp(-Math.abs(lag)))) / sharpness;
  const slope = -1 / (1 + Math.exp(-lag));
  return {
    value,
    bySum: (-slope / (deviation * classes)) * (1 - (z * mean) / deviation),
    bySquares: (-slope * z) / (2 * classes * deviation * deviation),
    byTarget: slope / deviation,
  };
}

function taylorSlopes({ sum, squares, target }: SphericalStatistics<number>, classes: number): SphericalLossSlopes {
  const total = classes + sum + squares / 2;
  const own = ((1 + target) ** 2 + 1) / 2;
  return {
    value: Math.log(total) - Math.log(own),
    bySum: 1 / total,
    bySquares: 1 / (2 * total),
    byTarget: -(1 + target) / own,
  };
}

function squareSlopes(
  { squares, target }: SphericalStatistics<number>,
  classes: number,
  epsilon: number,
): SphericalLossSlopes {
  const total = squares + classes * epsilon;
  const own = target * target + epsilon;
  return {
    value: Math.log(total) - Math.log(own),
    bySum: 0,
    bySquares: 1 / total,
    byTarget: (-2 * target) / own,
  };
}
