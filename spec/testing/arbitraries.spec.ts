import {
  broadcastableShapes,
  distinctFloats,
  floats,
  ids,
  longTailCounts,
  numbers,
  seeds,
  shapes,
  simplex,
  sparseBatches,
} from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";

const drawn = <T>(arbitrary: Arbitrary<T>, numRuns = 1000): T[] => fc.sample(arbitrary, { numRuns, seed: 1 });
const ends = (list: readonly number[]) => [Math.min(...list), Math.max(...list)];

describe("numbers", () => {
  it("lie on the millionths of their range, both ends with them, by default of [−3, 3]", () => {
    for (const [range, min, max] of [
      [undefined, -3, 3],
      [{ min: 1 }, 1, 3],
      [{ max: -2 }, -3, -2],
      [{ min: 10, max: 50 }, 10, 50],
    ] as const) {
      const list = drawn(numbers(range));
      expect(ends(list)).toEqual([min, max]);
      for (const x of list) {
        const step = ((x - min) / (max - min)) * 1e6;
        expect(Math.abs(step - Math.round(step))).toBeLessThan(1e-3);
      }
    }
  });
});

describe("floats", () => {
  it("are as many as a tensor of the shape holds", () => {
    expect(drawn(floats([2, 3])).every((list) => list.length === 6)).toBe(true);
    expect(drawn(floats([]), 10).every((list) => list.length === 1)).toBe(true);
    expect(ends(drawn(floats([2], { min: 1, max: 2 })).flatMap((list) => [...list]))).toEqual([1, 2]);
  });
});

describe("distinctFloats", () => {
  it("stay a gap from each other, half of one from 0, and are as many below 0 as above or one fewer", () => {
    for (const [length, gap] of [
      [6, undefined],
      [5, 0.1],
      [5, 2],
    ] as const) {
      const inside: number[] = [];
      for (const list of drawn(distinctFloats([length], gap))) {
        const sorted = Array.from(list, (x) => x / (gap ?? 0.1)).sort((a, b) => a - b);
        expect(list.length).toBe(length);
        expect(sorted.filter((x) => x < 0).length).toBe(Math.floor(length / 2));
        for (const [i, x] of sorted.entries()) {
          const place = x - 2 * (i - Math.floor(length / 2)); // in [½, 1½]: each has a stretch of its own
          expect(Math.abs(place - 1)).toBeLessThanOrEqual(0.5 + 1e-9);
          inside.push(place);
        }
      }
      expect(Math.min(...inside)).toBeCloseTo(0.5, 9);
      expect(Math.max(...inside)).toBeCloseTo(1.5, 9);
    }
  });

  it("come in any order", () => {
    const orders = drawn(distinctFloats([3])).map((list) => [0, 1, 2].sort((i, j) => list[i] - list[j]).join());
    expect(new Set(orders).size).toBe(6);
  });
});

describe("shapes", () => {
  it("have up to three axes of up to four, by default", () => {
    const list = drawn(shapes());
    expect(ends(list.map((shape) => shape.length))).toEqual([0, 3]);
    expect(ends(list.flat())).toEqual([1, 4]);
  });

  it("keep to what is asked for", () => {
    const list = drawn(shapes({ minRank: 2, maxRank: 5, minSize: 0, maxSize: 2 }));
    expect(ends(list.map((shape) => shape.length))).toEqual([2, 5]);
    expect(ends(list.flat())).toEqual([0, 2]);
  });

  it("broadcast, where two are drawn, in every way that two can", () => {
    const kinds = new Set<string>();
    for (const [a, b] of drawn(broadcastableShapes())) {
      const [long, short] = a.length >= b.length ? [a, b] : [b, a];
      const over = long.slice(long.length - short.length);
      for (const [axis, size] of short.entries()) {
        expect(size === over[axis] || size === 1 || over[axis] === 1).toBe(true);
        if (size !== over[axis]) kinds.add(a[axis - b.length + a.length] === 1 ? "left stretched" : "right stretched");
        else if (size > 1) kinds.add("both whole");
      }
      kinds.add(a.length > b.length ? "left longer" : a.length < b.length ? "right longer" : `rank ${a.length}`);
      if (short.length === 0) kinds.add("a scalar");
    }
    expect([...kinds].sort()).toEqual([
      "a scalar",
      "both whole",
      "left longer",
      "left stretched",
      "rank 1",
      "rank 2",
      "rank 3",
      "right longer",
      "right stretched",
    ]);
  });
});

describe("simplex", () => {
  it("adds up to 1, down to the least that is allowed and up to all that is left", () => {
    for (const [length, least] of [
      [2, undefined],
      [3, 0.1],
      [1, 0.01],
    ] as const) {
      const low = least ?? 0.01;
      const all: number[] = [];
      for (const list of drawn(simplex(length, least))) {
        expect(list.length).toBe(length);
        expect(list.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
        all.push(...list);
      }
      const [fewest, most] = ends(all);
      expect(fewest).toBeGreaterThanOrEqual(Math.min(low, most));
      expect(most).toBeCloseTo(1 - (length - 1) * low, 4);
      if (length > 1) expect(fewest).toBeCloseTo(low, 4);
    }
  });
});

describe("longTailCounts", () => {
  it("fall like one over the rank, between half of it and all of it, to no less than 1", () => {
    for (const [most, options] of [
      [1000, undefined],
      [100, 100],
      [4, 4],
    ] as const) {
      const lists = drawn(longTailCounts(7, options));
      for (let rank = 0; rank < 7; rank++) {
        const share = most / (rank + 1);
        const counts = lists.map((list) => list[rank]);
        expect(Math.max(...counts)).toBeLessThanOrEqual(Math.max(1, Math.round(share)));
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.max(1, Math.round(share / 2)));
      }
      for (const list of lists) expect(list).toEqual(list.toSorted((a, b) => b - a));
    }
  });

  it("reach both ends, by default from 1000 on, and are rounded", () => {
    const first = drawn(longTailCounts(1)).map(([count]) => count);
    expect(ends(first)).toEqual([500, 1000]);
    expect(first.every((count) => count % 10 === 0)).toBe(true);
    expect(ends(drawn(longTailCounts(1, 5)).map(([count]) => count))).toEqual([3, 5]); // 5 · 0.5 is rounded up
  });
});

describe("ids, and seeds", () => {
  it("count from 0, to less than what they count", () => {
    const lists = drawn(ids(4, 3));
    expect(lists.every((list) => list.length === 4)).toBe(true);
    expect(ends(lists.flatMap((list) => [...list]))).toEqual([0, 2]);
  });

  it("are whole numbers of up to 31 bits", () => {
    const list = drawn(seeds);
    expect(list.every(Number.isInteger)).toBe(true);
    expect(Math.min(...list)).toBe(0);
    expect(Math.max(...list)).toBeLessThanOrEqual(2 ** 31);
    expect(Math.max(...list)).toBeGreaterThan(2 ** 31 - 100);
  });
});

describe("sparseBatches", () => {
  it("are rows one after the other, some empty, some with a column twice", () => {
    for (const [options, rows, width, most] of [
      [undefined, 4, 5, 4],
      [{ rows: 2, width: 3, most: 6 }, 2, 3, 6],
    ] as const) {
      const [sizes, columns, heights, values] = [[], [], [], []] as number[][];
      let repeats = false;
      for (const batch of drawn(sparseBatches(options))) {
        expect(batch.width).toBe(width);
        expect(batch.offsets.length).toBe(batch.rows + 1);
        expect([batch.offsets[0], batch.offsets[batch.rows]]).toEqual([0, batch.columns.length]);
        expect(batch.values.length).toBe(batch.columns.length);
        heights.push(batch.rows);
        columns.push(...batch.columns);
        values.push(...batch.values);
        for (let row = 0; row < batch.rows; row++) {
          const [start, end] = batch.offsets.subarray(row, row + 2);
          sizes.push(end - start);
          repeats ||= new Set(batch.columns.subarray(start, end)).size < end - start;
        }
      }
      expect(ends(heights)).toEqual([1, rows]);
      expect(ends(columns)).toEqual([0, width - 1]);
      expect(ends(sizes)).toEqual([0, most]);
      expect(ends(values)).toEqual([-3, 3]);
      expect(repeats).toBe(true);
    }
  });
});
