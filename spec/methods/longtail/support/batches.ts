import { type Tensor, tensor } from "cotangent";
import { floats, ids, type RangeOptions, simplex } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Scores of a few examples over a few classes, their labels, and how frequent the classes are. */
export interface Batch {
  readonly rows: number;
  readonly classes: number;
  readonly scores: Float64Array;
  readonly labels: Int32Array;
  readonly priors: Float64Array;
}

/** One to three examples over one to five classes. */
export function batches(range: RangeOptions = {}, fewest = 1): Arbitrary<Batch> {
  return fc
    .record({ rows: fc.integer({ min: 1, max: 3 }), classes: fc.integer({ min: fewest, max: 5 }) })
    .chain(({ rows, classes }) =>
      fc.record({
        rows: fc.constant(rows),
        classes: fc.constant(classes),
        scores: floats([rows, classes], range),
        labels: ids(rows, classes),
        priors: simplex(classes),
      }),
    );
}

export const scoresOf = ({ scores, rows, classes }: Batch, values: Float64Array = scores): Tensor =>
  tensor(values, { shape: [rows, classes] });

/** `log(Σ_c exp(f_c + m_c)) − f_y − m_y` for each row, in plain numbers; m depends on the label. */
export function lossesOf(batch: Batch, margin: (label: number, c: number) => number): number[] {
  const { rows, classes, scores, labels } = batch;
  return Array.from({ length: rows }, (_, i) => {
    const y = labels[i];
    let others = 0;
    for (let c = 0; c < classes; c++) {
      if (c === y) continue;
      others += Math.exp(scores[i * classes + c] - scores[i * classes + y] + margin(y, c) - margin(y, y));
    }
    return Math.log1p(others);
  });
}

/** Softmax of scores plus margins less one-hot labels, row by row, each row times a factor of its label. */
export function gradientOf(
  batch: Batch,
  margin: (label: number, c: number) => number,
  factor: (label: number) => number = () => 1,
): number[] {
  const { rows, classes, scores, labels } = batch;
  return Array.from({ length: rows }).flatMap((_, i) => {
    const y = labels[i];
    const powers = Array.from({ length: classes }, (_, c) => Math.exp(scores[i * classes + c] + margin(y, c)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power, c) => factor(y) * (power / total - Number(c === y)));
  });
}
