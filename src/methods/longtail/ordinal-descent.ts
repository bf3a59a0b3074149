import { nllOf } from "./cumulative-logit-nll.js";
import type { OrdinalData } from "./ordinal-data.js";

/** Where the search is: intercepts, and differences ψ of slopes between boundaries. */
export interface OrdinalPoint {
  readonly intercepts: Float64Array;
  /** `[(K − 1)·p]`, ψ. */
  readonly differences: Float64Array;
}

export interface OrdinalObjective {
  readonly lambda: number;
  readonly mix: number;
  /** The first of the differences that is penalized: 0 or p. */
  readonly penalizedFrom: number;
  /** The first of the differences that stays 0. */
  readonly frozenFrom: number;
}

export interface DescentOptions {
  readonly tolerance: number;
  readonly maxIterations: number;
}

export interface Descent extends OrdinalPoint {
  readonly objective: number;
  /** The likelihood's slope in the differences. */
  readonly gradient: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
  readonly floorActive: boolean;
}

/** No probability of a trial point may be lower. */
const floor = 1e-8;
/** A step this short leads nowhere. */
const shortest = 1e-12;

/** α_k = logit(share of classes ≤ k), the best without slopes, and ψ = 0. */
export function interceptsOnly({ count, features, classes, labels }: OrdinalData): OrdinalPoint {
  const shares = new Float64Array(classes - 1);
  for (const label of labels) for (let k = label; k < classes - 1; k++) shares[k] += 1 / count;
  return {
    intercepts: shares.map((share) => Math.log(share / (1 - share))),
    differences: new Float64Array((classes - 1) * features),
  };
}

/** β_k = ψ_1 + … + ψ_k. */
export function slopesOf(differences: Float64Array, features: number): Float64Array {
  const slopes = differences.slice();
  for (let at = features; at < slopes.length; at++) slopes[at] += slopes[at - features];
  return slopes;
}

/**
 * Minimizes the likelihood and the penalty by proximal gradient steps, each as long as a quadratic bound with a fixed
 * diagonal allows; no step makes it larger.
 */
export function descend(
  data: OrdinalData,
  start: OrdinalPoint,
  { lambda, mix, penalizedFrom, frozenFrom }: OrdinalObjective,
  { tolerance, maxIterations }: DescentOptions,
): Descent {
  const { features } = data;
  const metric = diagonal(data);
  const evaluate = ({ intercepts, differences }: OrdinalPoint): Evaluation => {
    const slope = { intercepts: intercepts.slice(), differences: differences.slice() };
    const slopes = slopesOf(differences, features);
    const nll = nllOf(data, intercepts, slopes, floor, slope.intercepts, slope.differences, true);
    // a difference moves all boundaries from its own on
    for (let at = differences.length - features - 1; at >= 0; at--)
      slope.differences[at] += slope.differences[at + features];
    let penalty = 0;
    for (let at = penalizedFrom; at < differences.length; at++) {
      penalty += mix * Math.abs(differences[at]) + ((1 - mix) / 2) * differences[at] ** 2;
    }
    return { nll, slope, objective: nll + lambda * penalty };
  };

  let point = start;
  let at = evaluate(point);
  let step = 1;
  let iterations = 0;
  for (; iterations < maxIterations; iterations++) {
    let [isFloored, change] = [false, 0];
    for (step *= 2; ; step /= 2) {
      const intercepts = point.intercepts.map((v, k) => v - step * metric.intercepts[k] * at.slope.intercepts[k]);
      const differences = point.differences.map((v, i) => {
        if (i >= frozenFrom) return 0;
        const length = step * metric.differences[i];
        const moved = v - length * at.slope.differences[i];
        if (i < penalizedFrom) return moved;
        const shrunk = Math.max(0, Math.abs(moved) - length * lambda * mix);
        return (Math.sign(moved) * shrunk) / (1 + length * lambda * (1 - mix));
      });
      const trial = { intercepts, differences };
      const next = evaluate(trial);
      const bound = boundOf(point, trial, at, metric, step);
      if (next.nll <= bound.value && next.objective <= at.objective) {
        [point, at, change] = [trial, next, bound.change];
        break;
      }
      isFloored ||= next.nll === Number.POSITIVE_INFINITY;
      if (step < shortest) return resultOf(!isFloored, isFloored); // rounding hides any further descent, or the floor stops it
    }
    if (change < tolerance) {
      iterations += 1;
      return resultOf(!isFloored, isFloored); // the floor makes steps short where there is no optimum
    }
  }
  return resultOf(false, false);

  function resultOf(converged: boolean, floorActive: boolean): Descent {
    return { ...point, objective: at.objective, gradient: at.slope.differences, iterations, converged, floorActive };
  }
}

interface Evaluation {
  readonly nll: number;
  readonly slope: OrdinalPoint;
  readonly objective: number;
}

/** The quadratic bound of the likelihood at a trial point, and the largest change up to it. */
function boundOf(
  from: OrdinalPoint,
  to: OrdinalPoint,
  at: Evaluation,
  metric: OrdinalPoint,
  step: number,
): { readonly value: number; readonly change: number } {
  let value = at.nll + 1e-14 * Math.abs(at.nll); // equal but for rounding, at the end
  let change = 0;
  for (const part of ["intercepts", "differences"] as const) {
    for (let i = 0; i < from[part].length; i++) {
      const moved = to[part][i] - from[part][i];
      value += at.slope[part][i] * moved + (moved * moved) / (2 * step * metric[part][i]);
      change = Math.max(change, Math.abs(moved));
    }
  }
  return { value, change };
}

/**
 * One over the curvature of each parameter where there are no slopes: steps in rare boundaries must be as much longer as
 * they are rarer, or they would take thousands.
 */
function diagonal({ count, features, classes, labels }: OrdinalData): OrdinalPoint {
  const shares = new Float64Array(classes);
  for (const label of labels) shares[label] += 1 / count;
  const curvatures = new Float64Array(classes - 1);
  let below = 0;
  for (let k = 0; k < classes - 1; k++) {
    below += shares[k];
    curvatures[k] = (below * (1 - below)) ** 2 * (1 / shares[k] + 1 / shares[k + 1]);
  }
  const intercepts = curvatures.map((curvature) => 1 / curvature);
  const together = curvatures.slice();
  for (let k = classes - 3; k >= 0; k--) together[k] += together[k + 1];
  const differences = Float64Array.from(
    { length: (classes - 1) * features },
    (_, at) => 1 / together[Math.floor(at / features)],
  );
  return { intercepts, differences };
}
