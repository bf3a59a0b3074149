import { numbers } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** A few examples with labels; some have none, and some labels have no example. */
export interface LabelledRows {
  readonly inputs: number[][];
  readonly labelLists: number[][];
  readonly labels: number;
}

/** At least one example has a label. */
export function labelledRows(labels = 5, width = 3, most = 8): Arbitrary<LabelledRows> {
  const row = fc.array(numbers(), { minLength: width, maxLength: width });
  const list = fc.subarray([...Array(labels).keys()], { maxLength: 3 });
  return fc
    .tuple(fc.array(fc.tuple(row, list), { maxLength: most - 1 }), row, fc.integer({ min: 0, max: labels - 1 }))
    .map(([rest, x, label]) => ({
      inputs: [x, ...rest.map(([input]) => input)],
      labelLists: [[label], ...rest.map(([, own]) => own)],
      labels,
    }));
}

/** For each of some things, which of some groups it is in. */
export function memberships(things: number, groups: number, least = 0, most: number = groups): Arbitrary<number[][]> {
  const list = fc.subarray([...Array(groups).keys()], { minLength: least, maxLength: most });
  return fc.array(list, { minLength: things, maxLength: things });
}

/** Counts of some labels in some clusters, from 0 to 4, of which many are equal. */
export function countTables(labels: number, clusters: number): Arbitrary<number[][]> {
  const row = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: clusters, maxLength: clusters });
  return fc.array(row, { minLength: labels, maxLength: labels });
}

export const asCounts = (table: readonly (readonly number[])[]): Map<number, number>[] =>
  table.map((row) => new Map(row.entries()));

export const lists = (arrays: readonly ArrayLike<number>[]): number[][] => arrays.map((array) => Array.from(array));

/** All sets of at most `most` of `count` things. */
export function subsetsUpTo(count: number, most: number): number[][] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    [...Array(count).keys()].filter((i) => (bits >> i) & 1),
  ).filter((set) => set.length <= most);
}
