import { type Tensor, tensor } from "cotangent";
import { floats, ids } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Examples and class weights, none of them near zero. */
export interface AngularBatch {
  readonly rows: number;
  readonly classes: number;
  readonly width: number;
  /** `[rows, width]` */
  readonly x: Float64Array;
  /** `[classes, width]` */
  readonly w: Float64Array;
  readonly labels: Int32Array;
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));
export const xOf = ({ x, width }: AngularBatch, i: number): Float64Array => x.subarray(i * width, (i + 1) * width);
export const wOf = ({ w, width }: AngularBatch, j: number): Float64Array => w.subarray(j * width, (j + 1) * width);

/** What lies between an example and the weight of its label. */
export function labelAngle(batch: AngularBatch, i: number): number {
  const [x, w] = [xOf(batch, i), wOf(batch, batch.labels[i])];
  return Math.acos(Math.max(-1, Math.min(1, dot(x, w) / (norm(x) * norm(w)))));
}

/** Which piece of ψ an angle is in. */
export const pieceOf = (theta: number, margin: number): number =>
  Math.min(margin - 1, Math.floor((margin * theta) / Math.PI));

/** ψ by its definition. */
export function psiOf(theta: number, margin: number): number {
  const k = pieceOf(theta, margin);
  return (k % 2 === 0 ? 1 : -1) * Math.cos(margin * theta) - 2 * k;
}

/** The logits by their definition. */
export function logitsOf(batch: AngularBatch, margin: number, annealing = 0): number[][] {
  return Array.from(batch.labels, (label, i) => {
    const x = xOf(batch, i);
    return Array.from({ length: batch.classes }, (_, j) => {
      const w = wOf(batch, j);
      if (j !== label) return dot(w, x);
      const inMargin = norm(w) * norm(x) * psiOf(labelAngle(batch, i), margin);
      return (annealing * dot(w, x) + inMargin) / (1 + annealing);
    });
  });
}

/** ∂f/∂x and ∂f/∂w of `f = ‖w‖ ‖x‖ ψ(θ)`, by Chebyshev polynomials of the angle. */
export function slopesOf(
  x: Float64Array,
  w: Float64Array,
  margin: number,
): { readonly x: Float64Array; readonly w: Float64Array } {
  const [a, b] = [norm(x), norm(w)];
  const c = dot(x, w) / (a * b);
  const theta = Math.acos(c);
  const k = pieceOf(theta, margin);
  const sign = k % 2 === 0 ? 1 : -1;
  const slope = (sign * margin * Math.sin(margin * theta)) / Math.sin(theta);
  const rest = sign * Math.cos(margin * theta) - 2 * k - slope * c;
  return {
    x: w.map((wk, i) => slope * wk + (b / a) * rest * x[i]),
    w: x.map((xk, i) => slope * xk + (a / b) * rest * w[i]),
  };
}

/** The batch as tensors. */
export function tensorsOf({ rows, classes, width, x, w, labels }: AngularBatch): {
  features: Tensor;
  weights: Tensor;
  labels: Tensor<"i32">;
} {
  return {
    features: tensor(x, { shape: [rows, width] }),
    weights: tensor(w, { shape: [classes, width] }),
    labels: tensor(labels),
  };
}

/** A batch with features and weights scaled by a factor. */
export const scaled = (batch: AngularBatch, ofX: number, ofW = 1): AngularBatch => ({
  ...batch,
  x: batch.x.map((value) => value * ofX),
  w: batch.w.map((value) => value * ofW),
});

/** One to three examples, two to four classes, up to four dimensions. */
export const batches: Arbitrary<AngularBatch> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 }))
  .chain(([rows, classes, width]) =>
    fc.record({
      rows: fc.constant(rows),
      classes: fc.constant(classes),
      width: fc.constant(width),
      x: floats([rows, width]),
      w: floats([classes, width]),
      labels: ids(rows, classes),
    }),
  )
  .filter((batch) => {
    const isFar = (row: Float64Array) => norm(row) > 0.2;
    return (
      Array.from(batch.labels, (_, i) => xOf(batch, i)).every(isFar) &&
      Array.from({ length: batch.classes }, (_, j) => wOf(batch, j)).every(isFar)
    );
  });

/** A batch and a margin above 1, the angles to the labels inside a piece of ψ: derivatives of any order exist there. */
export const smoothBatches: Arbitrary<{ readonly batch: AngularBatch; readonly margin: number }> = fc
  .record({ batch: batches, margin: fc.integer({ min: 2, max: 8 }) })
  .filter(({ batch, margin }) =>
    batch.labels.every((_, i) => {
      const place = (margin * labelAngle(batch, i)) / Math.PI;
      return place > 0.05 && place < margin - 0.05 && Math.abs(place - Math.round(place)) > 0.05;
    }),
  );

/** Householder's reflection, an orthogonal map, of rows. */
export function reflected(rows: Float64Array, direction: ArrayLike<number>): Float64Array {
  const width = direction.length;
  return rows.map((value, i) => {
    const row = rows.subarray(Math.floor(i / width) * width, (Math.floor(i / width) + 1) * width);
    return value - (2 * dot(row, direction) * direction[i % width]) / dot(direction, direction);
  });
}
