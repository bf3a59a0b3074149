import { arange, broadcastTo, cast, expandDims, full, gather, greaterEqual, tensor } from "cotangent";
import type { CandidateSampler, NegativeTarget } from "cotangent/methods/sampling";
import { sumOf } from "./one-row.js";

/** A function of one margin, and its derivative. */
interface Margin {
  readonly value: (u: number) => number;
  readonly slope: (u: number) => number;
}

/** Margin losses and their slopes, as their definitions read. */
export const marginLosses: Record<"logistic" | "hinge" | "squaredHinge", Margin> = {
  logistic: { value: (u) => Math.log1p(Math.exp(-u)), slope: (u) => -1 / (1 + Math.exp(u)) },
  hinge: { value: (u) => Math.max(0, 1 - u), slope: (u) => (u < 1 ? -1 : 0) },
  squaredHinge: { value: (u) => Math.max(0, 1 - u) ** 2, slope: (u) => (u < 1 ? -2 * (1 - u) : 0) },
};

/** Where negatives come from: q as drawn, which leaves the label out or not, and the law of all classes behind it. */
export interface Source {
  readonly q: Float64Array;
  readonly base: Float64Array;
}

/** ρ by its definition: m·q·w for every other class, 0 for the label. */
export function implicitOf(
  weighting: "constant" | "importance" | "relative" | ((y: number, other: number) => number),
  { q, base }: Source,
  label: number,
  m: number,
): Float64Array {
  return q.map((chance, j) => {
    if (j === label) return 0;
    if (weighting === "constant") return m * chance;
    if (weighting === "importance") return 1;
    if (weighting === "relative") return (m * chance * base[label]) / base[j];
    return weighting(label, j);
  });
}

/** φ(f_y) + Σ ρ φ(−f), and its gradient. */
export function decoupled(
  scores: Float64Array,
  label: number,
  rho: Float64Array,
  form: keyof typeof marginLosses,
): { value: number; slope: Float64Array } {
  const { value, slope } = marginLosses[form];
  return {
    value: value(scores[label]) + sumOf(scores.map((f, j) => (j === label ? 0 : rho[j] * value(-f)))),
    slope: scores.map((f, j) => (j === label ? slope(f) : -rho[j] * slope(-f))),
  };
}

/** log(1 + Σ ρ exp(f − f_y)). */
export function implicitSoftmax(scores: Float64Array, label: number, rho: Float64Array): number {
  return Math.log1p(sumOf(scores.map((f, j) => (j === label ? 0 : rho[j] * Math.exp(f - scores[label])))));
}

/** A target by a function of label and negative, made here and not by the library. */
export function targetOf(classes: number, rho: (y: number, other: number) => number): NegativeTarget {
  const logs = Float64Array.from({ length: classes ** 2 }, (_, i) =>
    Math.log(rho(Math.floor(i / classes), i % classes)),
  );
  return { logTarget: (labels, negatives) => gather(tensor(logs), labels.mul(classes).add(negatives)) };
}

/** Every class but the row's label once. */
export function everyOther(classes: number): CandidateSampler {
  return {
    classes,
    candidates: (_key, shape, like, labels) => {
      const column = broadcastTo(arange(classes - 1, labels!), shape);
      const ids = column.add(cast(greaterEqual(column, expandDims(labels!, 1)), "i32"));
      return { ids, logExpectedCount: full(shape, 0, { backend: ids.backend, dtype: like.dtype }) };
    },
  };
}
