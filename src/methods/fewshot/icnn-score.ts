import { checkCount, checkOneOf, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import {
  any,
  arange,
  cast,
  equal,
  expandDims,
  gather,
  greater,
  log,
  max,
  maximum,
  min,
  not,
  slice,
  stopGradient,
  type Tensor,
  takeAlongAxis,
  topK,
  where,
} from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { roundedDistances } from "./rounded-distances.js";

/** Points with the classes that they are of. */
export interface LabelledPoints {
  /** `[n, d]` */
  readonly points: Tensor;
  /** `[n]`, any whole numbers. */
  readonly labels: Tensor<"i32">;
}

export interface IcnnScoreOptions {
  /** Neighbours that are looked at, a whole number ≥ 1; where `k + 2 ≥ m` it is m − 2. Default 4. */
  readonly k?: number;
  /** Neighbours among which the nearest of another class is sought, in [k, m], or [k, m − 1] if one is dropped. Default k + 1. */
  readonly inspected?: number;
  /**
   * Which target of each point is left out: `"own"`, the point itself, `"nearest"`, whichever is nearest, as the reference
   * code does always, or `"none"`. Default `"own"` for points among themselves, `"none"` for others.
   */
  readonly drop?: "own" | "nearest" | "none";
}

/** Keeps what is divided by from being 0. */
const TINY = 1e-7;

/**
 * The ICNN score: how well the neighbours of points agree with them on the class.
 *
 *     score = ((A + B) / 2 + γ) / 2                 D_il distance to the l-th neighbour, √(‖o − t‖² + 10⁻⁶)
 *     A = 1 − mean_i mean_{l ≤ k, same} R_il        R_il = D_il / a_i, a row into [0, 1] by its largest; a_i the nearest other
 *     B = mean_i mean_{l ≤ k, other} D_il / max D   over points that have neighbours of another class; 1 if none has
 *     γ = mean_i (share of same-class neighbours among k)
 *
 * 1 where each point has its class close around it and no other in sight. Which points are neighbours, and γ, are
 * constants; the gradient goes through the distances. A point that sees no other class among `inspected` has R = 0. With
 * `k + 2 ≥ m`, γ is 1.
 *
 * Reach for it to measure how separable classes are in an embedding; `icnnLoss` is −log of it.
 *
 * @param origin - the points that are judged
 * @param target - the points among which neighbours are sought, m of them. Default: `origin`
 * @returns a scalar in (0, 1]
 * @throws ShapeError if points have not two axes, labels do not fit, there are fewer than 4 targets, or no origin
 * @throws DTypeError if points are no floats of one dtype, or labels no i32
 * @throws RangeError if `k` is no whole number ≥ 1, `inspected` out of range, or a point on the host not finite
 * @throws TypeError if `drop` is none of those listed, or `"own"` for points that are not the targets
 * @source Mendez-Ruiz et al., "SuSana Distancia is all you need: Enforcing class separability in metric learning via two
 * novel distance-based loss functions for few-shot image classification", 2023, arXiv:2305.09062, section 3.3, and the
 * authors' code
 */
export function icnnScore(
  origin: LabelledPoints,
  target: LabelledPoints = origin,
  options: IcnnScoreOptions = {},
): Tensor {
  return scoreOf("icnnScore", origin, target, options);
}

/**
 * The ICNN loss, −log of the ICNN score: close neighbours of the own class, distant ones of others.
 *
 *     ℓ = −log icnnScore(origin, target)
 *
 * Reach for it beside cross-entropy in episodes of few examples, over support and queries together.
 *
 * @param origin - the points that are judged
 * @param target - the points among which neighbours are sought. Default: `origin`
 * @returns a scalar ≥ 0
 * @throws ShapeError if points have not two axes, labels do not fit, there are fewer than 4 targets, or no origin
 * @throws DTypeError if points are no floats of one dtype, or labels no i32
 * @throws RangeError if `k` is no whole number ≥ 1, `inspected` out of range, or a point on the host not finite
 * @throws TypeError if `drop` is none of those listed, or `"own"` for points that are not the targets
 * @claim With cross-entropy, over support and queries together, it classifies new classes better than cross-entropy alone:
 * 73.1 % against 72.8 % on 5-way 5-shot tasks of Gaussian classes, better on each of three seeds (400 episodes, 300 tests).
 * @question I learn embeddings
 * @source Mendez-Ruiz et al., "SuSana Distancia is all you need: Enforcing class separability in metric learning via two
 * novel distance-based loss functions for few-shot image classification", 2023, arXiv:2305.09062, section 3.3
 */
export function icnnLoss(
  origin: LabelledPoints,
  target: LabelledPoints = origin,
  options: IcnnScoreOptions = {},
): Tensor {
  return log(scoreOf("icnnLoss", origin, target, options)).neg();
}

/** The score, for a caller that errors name. */
export function scoreOf(
  caller: string,
  origin: LabelledPoints,
  target: LabelledPoints,
  { k: wanted = 4, inspected, drop = origin === target ? "own" : "none" }: IcnnScoreOptions,
): Tensor {
  checkInputs(caller, origin, target, wanted, drop);
  const [rows, [targets]] = [origin.points.shape[0], target.points.shape];
  const isClipped = wanted + 2 >= targets;
  const k = isClipped ? targets - 2 : wanted;
  const among = inspected ?? k + 1;
  const most = drop === "none" ? targets : targets - 1;
  if (!(Number.isSafeInteger(among) && among >= k && among <= most)) {
    throw new RangeError(`${caller}: inspected is ${among} but must be a whole number in [${k}, ${most}]`);
  }

  const all = roundedDistances(origin.points, target.points);
  const indices = nearest(all, among, drop); // [n, among]
  const distances = takeAlongAxis(all, indices);
  const isSame = equal(gather(target.labels, indices), expandDims(origin.labels, 1));
  const firstOf = <D extends "bool" | "f32" | "f64">(x: Tensor<D>) => slice(x, [0, 0], [rows, k]);
  const [d, same] = [firstOf(distances), cast(firstOf(isSame), all.dtype)]; // [n, k]
  const other = same.neg().add(1);

  const seesOther = any(not(isSame), 1, { keepDims: true });
  const toOther = min(where(isSame, Number.POSITIVE_INFINITY, distances), 1, { keepDims: true });
  const ratios = where(seesOther, d.div(where(seesOther, toOther, 1).add(TINY)), 0);
  const scaled = ratios.div(maximum(max(ratios, 1, { keepDims: true }), 1));
  const sameCount = same.sum(1); // [n]
  const spread = scaled.mul(same).sum(1).div(sameCount.add(TINY)).sum();
  const compactness = spread
    .div(countOf(greater(sameCount, 0), all).add(TINY))
    .neg()
    .add(1);

  const apart = d.mul(other);
  const otherCount = other.sum(1);
  const gaps = apart.div(max(apart).add(TINY)).sum(1).div(maximum(otherCount, 1)).sum();
  const withOthers = countOf(greater(otherCount, 0), all);
  const separation = where(greater(withOthers, 0), gaps.div(maximum(withOthers, 1)), 1);

  const agreement = isClipped ? 1 : sameCount.mean().div(k);
  return compactness.add(separation).div(2).add(agreement).div(2);
}

const countOf = (holds: Tensor<"bool">, { dtype }: Tensor): Tensor => cast(holds, dtype).sum();

/** The nearest targets of each row, nearest first, of equals the first. */
function nearest(distances: Tensor, count: number, drop: "own" | "nearest" | "none"): Tensor<"i32"> {
  const [rows, targets] = distances.shape;
  const closeness = stopGradient(distances).neg();
  if (drop === "nearest") return slice(topK(closeness, count + 1).indices, [0, 1], [rows, count + 1]);
  if (drop === "none") return topK(closeness, count).indices;
  const places = arange(targets, { backend: distances.backend, dtype: "i32" as const });
  const isOwn = equal(expandDims(places, 1), places);
  return topK(where(isOwn, Number.NEGATIVE_INFINITY, closeness), count).indices;
}

function checkInputs(
  caller: string,
  origin: LabelledPoints,
  target: LabelledPoints,
  k: number,
  drop: "own" | "nearest" | "none",
): void {
  checkCount(caller, { k }, 1);
  checkOneOf(caller, "drop", drop, ["own", "nearest", "none"]);
  if (drop === "own" && origin !== target) {
    throw new TypeError(`${caller}: drop is "own" but must be "nearest" or "none" for points that are not the targets`);
  }
  for (const [name, { points, labels }] of Object.entries({ origin, target })) {
    checkRank(caller, { [`${name}.points`]: points }, 2);
    checkFloat(caller, { [`${name}.points`]: points });
    checkDType(caller, { [`${name}.labels`]: labels }, "i32");
    checkShape(caller, `${name}.labels`, labels, [points.shape[0]]);
    checkFinite(caller, { [`${name}.points`]: points });
    const least = name === "target" ? 4 : 1;
    if (points.shape[0] < least) {
      throw new ShapeError(
        `${caller}: ${name}.points has shape ${showShape(points.shape)} but must have at least ${least} ${least === 1 ? "row" : "rows"}`,
      );
    }
  }
  checkSameDType(caller, { "origin.points": origin.points, "target.points": target.points });
  checkShape(caller, "target.points", target.points, [-1, origin.points.shape[1]]);
}
