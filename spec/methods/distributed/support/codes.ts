import { randomKey } from "cotangent";
import { type ParityCheck, regularParityCheck } from "cotangent/methods/distributed";
import { seeds } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** A small regular parity check, and which of its positions are erased. */
export interface CodeCase {
  readonly seed: number;
  /** Length, column weight, row weight. */
  readonly weights: readonly [number, number, number];
  readonly entries: "ones" | "signs";
  /** Of at most 12 positions, whether each is erased. */
  readonly pattern: readonly boolean[];
}

export const codeCases: Arbitrary<CodeCase> = fc.record({
  seed: seeds,
  weights: fc.constantFrom<[number, number, number][]>([10, 2, 4], [10, 3, 6], [12, 3, 6], [9, 2, 3], [12, 2, 6]),
  entries: fc.constantFrom("ones", "signs"),
  pattern: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
});

export function checksOf({
  seed,
  weights: [length, columnWeight, rowWeight],
  entries,
}: CodeCase): Promise<ParityCheck> {
  return regularParityCheck({ length, columnWeight, rowWeight, entries }, randomKey(seed));
}

export function erasedOf({ pattern, weights: [length] }: CodeCase): number[] {
  return positionsOf(length).filter((position) => pattern[position]);
}

export function positionsOf(length: number): number[] {
  return Array.from({ length }, (_, position) => position);
}

/** Whether every check that touches the set touches it more than once. */
export function isStoppingSet({ positions }: ParityCheck, set: ReadonlySet<number>): boolean {
  return positions.every((row) => row.filter((position) => set.has(position)).length !== 1);
}

/** All subsets of a list, the empty one first. */
export function* subsetsOf(list: readonly number[]): Generator<number[]> {
  for (let bits = 0; bits < 2 ** list.length; bits++) yield list.filter((_, i) => (bits >> i) & 1);
}

/** `H · rows`, the largest entry in magnitude. */
export function syndrome({ positions, coefficients }: ParityCheck, rows: readonly ArrayLike<number>[]): number {
  let largest = 0;
  positions.forEach((row, check) => {
    for (let column = 0; column < rows[0].length; column++) {
      let sum = 0;
      row.forEach((position, i) => {
        sum += coefficients[check][i] * rows[position][column];
      });
      largest = Math.max(largest, Math.abs(sum));
    }
  });
  return largest;
}

/** Rows cut from a list of numbers. */
export function rowsOf(values: Float64Array, width: number): Float64Array[] {
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}
