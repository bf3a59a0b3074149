import { type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Rows of scores, and which of each are right answers. */
export interface PositiveBatch {
  readonly scores: readonly (readonly number[])[];
  readonly positives: readonly (readonly boolean[])[];
}

/** Two rows of six scores with one to five positives each, or as many as told. */
export const positiveBatch = ({
  min = 1,
  max = 5,
}: {
  readonly min?: number;
  readonly max?: number;
} = {}): Arbitrary<PositiveBatch> => {
  const set = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: min, maxLength: max });
  return fc.tuple(floats([12]), set, set).map(([values, ...sets]) => ({
    scores: [[...values.slice(0, 6)], [...values.slice(6)]],
    positives: sets.map((of) => Array.from({ length: 6 }, (_, l) => of.includes(l))),
  }));
};

export const matrix = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0].length] }) as Tensor;
export const mask = (rows: readonly (readonly boolean[])[]): Tensor<"bool"> =>
  tensor(Uint8Array.from(rows.flat().map(Number)), { shape: [rows.length, rows[0].length] }) as Tensor<"bool">;
export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const logSum = (values: readonly number[]): number => Math.log(sum(values.map(Math.exp)));
/** What of a row is marked. */
export const pick = (row: readonly number[], marks: readonly boolean[], wanted = true): number[] =>
  row.filter((_, l) => marks[l] === wanted);

/** Of scores at extremes: the label, and the class three further on. */
export const twoPositives = ({ backend }: Tensor): Tensor<"bool"> =>
  tensor(
    Uint8Array.from({ length: 64 }, (_, at) => Number([0, 3].includes((at % 8) - Math.floor(at / 8)))),
    { backend, shape: [8, 8] },
  ) as Tensor<"bool">;
