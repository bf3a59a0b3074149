import { type Tensor, tensor } from "cotangent";
import { floats, ids, type RangeOptions } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Logits of a student and a teacher for a few examples over a few classes, and their labels. */
export interface LogitPair {
  readonly rows: number;
  readonly classes: number;
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  readonly labels: Int32Array;
}

/** One to three examples over so many to five classes. */
export function logitPairs(fewest = 2, range: RangeOptions = {}): Arbitrary<LogitPair> {
  return fc
    .record({ rows: fc.integer({ min: 1, max: 3 }), classes: fc.integer({ min: fewest, max: 5 }) })
    .chain(({ rows, classes }) =>
      fc.record({
        ...{ rows: fc.constant(rows), classes: fc.constant(classes) },
        student: floats([rows, classes], range),
        teacher: floats([rows, classes], range),
        labels: ids(rows, classes),
      }),
    );
}

/** Temperatures between ½ and 5. */
export const temperatures: Arbitrary<number> = fc.integer({ min: 1, max: 10 }).map((half) => half / 2);

export const matrix = (values: Float64Array, classes: number): Tensor =>
  tensor(values, { shape: [values.length / classes, classes] }) as Tensor;

export const rowsOf = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) =>
    Array.from({ length: width }, (_, k) => values[i * width + k]),
  );

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Softmax of each row at a temperature, in plain numbers. */
export function softRows(values: ArrayLike<number>, classes: number, temperature = 1): number[][] {
  return rowsOf(values, classes).map((row) => {
    const powers = row.map((z) => Math.exp((z - Math.max(...row)) / temperature));
    return powers.map((power) => power / sum(powers));
  });
}

export const klOf = (p: readonly number[], q: readonly number[]): number =>
  sum(p.map((x, k) => x * Math.log(x / q[k])));
export const entropyOf = (p: readonly number[]): number => -sum(p.map((x) => x * Math.log(x)));
export const crossEntropiesOf = ({ student, classes, labels }: LogitPair): number[] =>
  softRows(student, classes).map((p, i) => -Math.log(p[labels[i]]));

/** A sum in which no two entries count the same. */
export const weighed = (losses: Tensor): Tensor =>
  losses
    .mul(
      tensor(
        Float64Array.from({ length: losses.size }, (_, i) => 1 + Math.cos(i) / 2),
        { shape: losses.shape },
      ),
    )
    .sum();
