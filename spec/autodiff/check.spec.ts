import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkAbove,
  checkAtLeast,
  checkBetween,
  checkCount,
  checkOneOf,
  checkRank,
  checkSameShape,
  checkShape,
  DisposedError,
  DTypeError,
  ShapeError,
  showShape,
} from "../../src/autodiff/check.js";
import { law } from "../support/law.js";

/** Whether a check passes. */
function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
const shaped = (...shape: readonly number[]) => ({ shape });
const same = (a: readonly number[], b: readonly number[]) => JSON.stringify(a) === JSON.stringify(b);
const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "1" as unknown as number];

describe("shapes", () => {
  law("checkSameShape passes where all are the first's", shapes, shapes, (a, b) => {
    expect(passes(() => checkSameShape("f", { a: shaped(...a), b: shaped(...b) }))).toBe(same(a, b));
    expect(passes(() => checkSameShape("f", { a: shaped(...a), c: shaped(...a), b: shaped(...b) }))).toBe(same(a, b));
  });

  law("checkShape passes where every size is the one wanted, or any will do", shapes, shapes, (a, b) => {
    expect(passes(() => checkShape("f", "x", shaped(...a), b))).toBe(same(a, b));
    const anyFirst = b.map((size, axis) => (axis === 0 ? -1 : size));
    const isLike = a.length === b.length && same(a.slice(1), b.slice(1));
    expect(passes(() => checkShape("f", "x", shaped(...a), anyFirst))).toBe(isLike);
  });

  law("checkRank passes where there are so many axes", shapes, fc.nat(3), (a, rank) => {
    expect(passes(() => checkRank("f", { x: shaped(...a) }, rank))).toBe(a.length === rank);
  });

  it("are named when they do not fit", () => {
    expect(showShape([2, 3])).toBe("[2, 3]");
    expect(() => checkSameShape("f", { x: shaped(2), y: shaped(3) })).toThrow(
      new ShapeError("f: y has shape [3] but must match x, [2]"),
    );
    expect(() => checkShape("f", "x", shaped(2, 3), [-1, 4])).toThrow(
      new ShapeError("f: x has shape [2, 3] but must be [any, 4]"),
    );
    expect(() => checkRank("f", { x: shaped(2) }, 2)).toThrow(
      new ShapeError("f: x has shape [2] but must have 2 axes"),
    );
    expect(() => checkRank("f", { x: shaped() }, 1)).toThrow(new ShapeError("f: x has shape [] but must have 1 axis"));
  });

  it("make errors with names of their own", () => {
    expect([new ShapeError("").name, new DTypeError("").name, new DisposedError("").name]).toEqual([
      ...["ShapeError", "DTypeError", "DisposedError"],
    ]);
  });
});

describe("numbers", () => {
  const number = floats([1]).map(([x]) => Math.round(2 * x) / 2);

  law("are compared with their bound, which counts or does not", number, number, (x, bound) => {
    expect(passes(() => checkAtLeast("f", { x }, bound))).toBe(x >= bound);
    expect(passes(() => checkAbove("f", { x }, bound))).toBe(x > bound);
    expect(passes(() => checkCount("f", { x }, bound))).toBe(Number.isInteger(x) && x >= bound);
    expect(passes(() => checkAtLeast("f", { first: bound, x }, bound))).toBe(x >= bound);
  });

  law("lie in an interval with its ends or without", number, number, (x, low) => {
    const high = low + 1;
    const both = { openBelow: true, openAbove: true };
    expect(passes(() => checkBetween("f", { x }, low, high))).toBe(x >= low && x <= high);
    expect(passes(() => checkBetween("f", { x }, low, high, { openBelow: true }))).toBe(x > low && x <= high);
    expect(passes(() => checkBetween("f", { x }, low, high, { openAbove: true }))).toBe(x >= low && x < high);
    expect(passes(() => checkBetween("f", { x }, low, high, both))).toBe(x > low && x < high);
  });

  it.each(odd)("are finite numbers, which %s is not", (x) => {
    expect(() => checkAtLeast("f", { x }, -1)).toThrow(`f: x is ${x} but must be a finite number ≥ -1`);
    expect(() => checkAbove("f", { x }, -1)).toThrow(`f: x is ${x} but must be a finite number > -1`);
    expect(() => checkBetween("f", { x }, 0, 1)).toThrow(`f: x is ${x} but must be in [0, 1]`);
    expect(() => checkCount("f", { x }, 0)).toThrow(`f: x is ${x} but must be a whole number ≥ 0`);
  });

  it("are told with their interval", () => {
    expect(() => checkBetween("f", { x: 2 }, 0, 1, { openBelow: true })).toThrow("f: x is 2 but must be in (0, 1]");
    expect(() => checkBetween("f", { x: 2 }, 0, 1, { openAbove: true })).toThrow("f: x is 2 but must be in [0, 1)");
    expect(() => checkCount("f", { x: 2 ** 53 }, 0)).toThrow(`f: x is ${2 ** 53} but must be a whole number ≥ 0`);
  });
});

describe("checkOneOf", () => {
  it("passes what is listed and nothing else", () => {
    checkOneOf("f", "mode", "a", ["a", "b"]);
    expect(() => checkOneOf("f", "mode", "c", ["a", "b"])).toThrow(
      new TypeError('f: mode is "c" but must be one of a, b'),
    );
    expect(() => checkOneOf("f", "mode", 1, ["1"])).toThrow(new TypeError("f: mode is 1 but must be one of 1"));
  });
});
