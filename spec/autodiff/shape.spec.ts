import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/autodiff/check.js";
import {
  broadcastShapes,
  checkSizes,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
} from "../../src/autodiff/shape.js";

describe("sameShape", () => {
  it("compares every size, and how many there are", () => {
    expect(sameShape([], [])).toBe(true);
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    for (const other of [[2], [2, 3, 1], [1, 3], [2, 1], [3, 2], []]) {
      expect(sameShape([2, 3], other)).toBe(false);
      expect(sameShape(other, [2, 3])).toBe(false);
    }
  });
});

describe("broadcastShapes", () => {
  const fitting: readonly (readonly [Shape, Shape, Shape])[] = [
    [[], [], []],
    [[], [3], [3]],
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[3], [2, 3], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [
      [3, 1, 5],
      [4, 1],
      [3, 4, 5],
    ],
    [[0], [1], [0]],
    [[0], [2, 1], [2, 0]],
  ];
  it.each(fitting)("aligns %j and %j on the right, and repeats sizes of 1: %j", (a, b, wanted) => {
    expect(broadcastShapes("f", a, b)).toEqual(wanted);
    expect(broadcastShapes("f", b, a)).toEqual(wanted);
  });

  const others: readonly (readonly [Shape, Shape])[] = [
    [[2], [3]],
    [[0], [2]],
    [
      [2, 3],
      [3, 2],
    ],
    [[2, 3], [2]],
    [
      [4, 1, 3],
      [4, 2, 2],
    ],
  ];
  it.each(others)("refuses %j and %j", (a, b) => {
    const [left, right] = [a, b].map((shape) => `[${shape.join(", ")}]`);
    expect(() => broadcastShapes("f", a, b)).toThrow(new ShapeError(`f: shapes ${left} and ${right} do not broadcast`));
  });
});

describe("normalizeAxis", () => {
  it("counts from the front, and from the back below 0", () => {
    expect([0, 1, 2, -1, -2, -3].map((axis) => normalizeAxis("f", axis, 3))).toEqual([0, 1, 2, 2, 1, 0]);
  });

  it.each([3, -4, 0.5, Number.NaN])("refuses %s, of three axes", (axis) => {
    const problem = new RangeError(`f: axis is ${axis} but must be in [-3, 3) for 3 axes`);
    expect(() => normalizeAxis("f", axis, 3)).toThrow(problem);
    expect(() => normalizeAxes("f", axis, 3)).toThrow(problem);
    expect(() => normalizeAxes("f", [0, axis], 3)).toThrow(problem);
  });
});

describe("normalizeAxes", () => {
  it("gives them from the front, in order; all where none are named", () => {
    expect(normalizeAxes("f", undefined, 3)).toEqual([0, 1, 2]);
    expect(normalizeAxes("f", undefined, 0)).toEqual([]);
    expect(normalizeAxes("f", [], 3)).toEqual([]);
    expect(normalizeAxes("f", -1, 3)).toEqual([2]);
    expect(normalizeAxes("f", [-1, 0, 1], 3)).toEqual([0, 1, 2]);
    expect(normalizeAxes("f", [10, 9, 2], 11)).toEqual([2, 9, 10]);
  });

  it("refuses an axis that is named twice", () => {
    expect(() => normalizeAxes("f", [2, 0, -1], 3)).toThrow(new RangeError("f: axes [2, 0, 2] name an axis twice"));
  });
});

describe("checkSizes", () => {
  it("takes whole numbers ≥ 0", () => {
    checkSizes("f", []);
    checkSizes("f", [0, 1, 2 ** 53 - 1]);
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => checkSizes("f", [2, size])).toThrow(
        new ShapeError(`f: shape is [2, ${size}] but its sizes must be whole numbers ≥ 0`),
      );
    }
  });
});
