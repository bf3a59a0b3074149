import { describe, expect, it } from "vitest";
import { forEachIndex, moveElements } from "../../src/testing/random-program-moves.js";

/** What an operation makes of tensors of whole numbers. */
function moved(
  op: string,
  shape: readonly number[],
  inputs: readonly (readonly [shape: readonly number[], values: readonly number[]])[],
  attributes: object = {},
): number[] {
  const output = new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(-9);
  const sources = inputs.map(([of, values]) => ({ shape: of, values: Float64Array.from(values) }));
  expect(moveElements({ op, shape, attributes } as never, sources, output)).toBe(true);
  return [...output];
}

const six = [
  [2, 3],
  [1, 2, 3, 4, 5, 6],
] as const;

describe("forEachIndex", () => {
  it("counts through a shape, the last axis first", () => {
    const seen: string[] = [];
    forEachIndex([2, 1, 3], (index, place) => seen.push(`${index.join()}@${place}`));
    expect(seen).toEqual(["0,0,0@0", "0,0,1@1", "0,0,2@2", "1,0,0@3", "1,0,1@4", "1,0,2@5"]);
  });

  it("visits a scalar once, and nothing that is empty", () => {
    for (const [shape, times] of [
      [[], 1],
      [[3, 0, 2], 0],
      [[1, 1], 1],
    ] as const) {
      let visits = 0;
      forEachIndex(shape, () => visits++);
      expect(visits).toBe(times);
    }
  });
});

describe("moveElements", () => {
  it("transposes", () => {
    expect(moved("transpose", [3, 2], [six], { order: [1, 0] })).toEqual([1, 4, 2, 5, 3, 6]);
    const box = [[2, 1, 3], six[1]] as const;
    expect(moved("transpose", [3, 2, 1], [box], { order: [2, 0, 1] })).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it("broadcasts from the last axis on", () => {
    expect(moved("broadcast", [2, 3], [[[3], [1, 2, 3]]])).toEqual([1, 2, 3, 1, 2, 3]);
    expect(
      moved(
        "broadcast",
        [2, 3],
        [
          [
            [2, 1],
            [1, 2],
          ],
        ],
      ),
    ).toEqual([1, 1, 1, 2, 2, 2]);
    expect(
      moved(
        "broadcast",
        [2, 2, 2],
        [
          [
            [2, 1],
            [1, 2],
          ],
        ],
      ),
    ).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    expect(moved("broadcast", [2], [[[], [7]]])).toEqual([7, 7]);
  });

  it("slices with steps, and flips", () => {
    expect(moved("slice", [1, 2], [six], { starts: [1, 0], steps: [1, 2] })).toEqual([4, 6]);
    expect(moved("slice", [2, 1], [six], { starts: [0, 1], steps: [1, 1] })).toEqual([2, 5]);
    expect(moved("flip", [2, 3], [six], { axes: [1] })).toEqual([3, 2, 1, 6, 5, 4]);
    expect(moved("flip", [2, 3], [six], { axes: [0] })).toEqual([4, 5, 6, 1, 2, 3]);
    expect(moved("flip", [2, 3], [six], { axes: [0, 1] })).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it("reshapes, and pads around and between", () => {
    expect(moved("reshape", [3, 2], [six])).toEqual(six[1]);
    expect(moved("pad", [6], [[[3], [1, 2, 3]]], { before: [1], interior: [1], value: 8 })).toEqual([8, 1, 8, 2, 8, 3]);
    expect(
      moved(
        "pad",
        [2, 3],
        [
          [
            [1, 2],
            [1, 2],
          ],
        ],
        { before: [0, 1], interior: [2, 0], value: 0 },
      ),
    ).toEqual([0, 1, 2, 0, 0, 0]);
  });

  it("joins along any axis", () => {
    const two = [
      [2, 1],
      [7, 8],
    ] as const;
    expect(moved("concat", [2, 5], [two, six, two], { axis: 1 })).toEqual([7, 1, 2, 3, 7, 8, 4, 5, 6, 8]);
    expect(
      moved(
        "concat",
        [3, 3],
        [
          six,
          [
            [1, 3],
            [7, 8, 9],
          ],
        ],
        { axis: 0 },
      ),
    ).toEqual([...six[1], 7, 8, 9]);
  });

  it("leaves what moves nothing to others", () => {
    const output = Float64Array.of(5);
    expect(moveElements({ op: "add", shape: [1], attributes: {} } as never, [], output)).toBe(false);
    expect([...output]).toEqual([5]);
  });
});
