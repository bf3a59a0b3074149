import { describe, expect, it } from "vitest";
import { RandomProgram } from "../../src/testing/random-program.js";
import { type Fact, type Line, leafLine } from "../../src/testing/random-program-line.js";
import { pruned, smallerPrograms } from "../../src/testing/random-program-shrink.js";

const fact = (bound: number, error: number, change: Partial<Fact> = {}): Fact => {
  return { shape: [2], dtype: "f64", low: -bound, high: bound, grid: undefined, error, smooth: true, ...change };
};
const leaf = (of: Fact, seed: number) => leafLine(of, { seed });
const operation = (text: string, inputs: readonly number[], of: Fact): Line => {
  return { text, inputs, apply: () => expect.unreachable(), fact: of, leaf: undefined };
};
const program = (lines: readonly Line[], outputs: readonly number[]) => new RandomProgram("f64", lines, outputs);

/** A program in one line, without shapes. */
const short = (of: RandomProgram) =>
  String(of)
    .trim()
    .replaceAll(/ {2}\/\/.*$/gm, "")
    .replaceAll("\n", "; ");
const smaller = (of: RandomProgram) => [...smallerPrograms(of)].map(short);

const [x, y] = [leaf(fact(1, 0), 1), leaf(fact(1, 0, { grid: 3 }), 2)];
const [sum, product] = [operation("add($0, $1)", [0, 1], fact(2, 3)), operation("mul($0, $1)", [2, 0], fact(2, 9))];
const leaves = "t0 = leaf(seed 1, in [-1, 1]); t1 = leaf(seed 2, in [-1, 1], multiples of 0.125); ";

describe("pruned", () => {
  it("leaves out what no output needs, and numbers what is left anew", () => {
    const whole = program([leaf(fact(1, 0), 7), x, y, operation("neg($0)", [2], fact(1, 0)), product], [3, 1, 3]);
    expect(short(pruned(whole))).toBe(`${leaves}t2 = neg(t1); return t2, t0, t2`);
    expect(pruned(whole).dtype).toBe("f64");
  });

  it("keeps the first leaf where none is needed", () => {
    const constant = operation("full([2], 1)", [], fact(1, 0));
    expect(short(pruned(program([constant, x, y], [0])))).toBe(
      "t0 = full([2], 1); t1 = leaf(seed 1, in [-1, 1]); return t0",
    );
    expect(short(pruned(program([x, constant, y], [1, 2])))).toBe(
      "t0 = full([2], 1); t1 = leaf(seed 2, in [-1, 1], multiples of 0.125); return t0, t1",
    );
  });
});

describe("smallerPrograms", () => {
  it("are those of one output, of one output fewer, and of one moved down; of an operation less; of other readers", () => {
    expect(smaller(program([x, y, sum, product], [3, 2]))).toEqual([
      `${leaves}t2 = add(t0, t1); t3 = mul(t2, t0); return t3`,
      `${leaves}t2 = add(t0, t1); return t2`,
      `${leaves}t2 = add(t0, t1); return t2`,
      `${leaves}t2 = add(t0, t1); t3 = mul(t2, t0); return t3`,
      `${leaves}t2 = add(t0, t1); return t2, t2`,
      `${leaves}t2 = add(t0, t1); return t0, t2`,
      `${leaves}t2 = add(t0, t1); t3 = mul(t2, t0); return t3, t0`,
      `${leaves}t2 = add(t0, t1); t3 = mul(t2, t0); return t3, t1`,
      "t0 = leaf(seed 1, in [-1, 1]); t1 = leaf(seed 2, in [-2, 2]); t2 = mul(t1, t0); return t2, t1",
      `${leaves}t2 = add(t0, t1); t3 = leaf(seed 3, in [-2, 2]); return t3, t2`,
      `${leaves}t2 = add(t0, t1); return t0, t2`,
      "t0 = leaf(seed 1, in [-1, 1]); t1 = mul(t0, t0); return t1, t0",
    ]);
  });

  it("are none of a leaf alone", () => {
    expect(smaller(program([x], [0]))).toEqual([]);
  });

  it("read an earlier leaf in place of one like it", () => {
    expect(smaller(program([x, leaf(fact(1, 0), 2)], [1]))).toEqual(["t0 = leaf(seed 1, in [-1, 1]); return t0"]);
    expect(smaller(program([y, x], [1, 0]))).toContain(
      "t0 = leaf(seed 2, in [-1, 1], multiples of 0.125); return t0, t0",
    );
  });

  it("go from the middle outwards where operations become leaves", () => {
    const chain = [
      x,
      ...[0, 1, 2, 3, 4].map((input) => operation(`f${input + 1}($0)`, [input], fact(1 / (input + 2), 9))),
    ];
    const replaced = smaller(program(chain, [5])).flatMap((text) => /leaf\(seed ([2-9]),/.exec(text)?.[1] ?? []);
    expect(replaced).toEqual(["3", "4", "2", "5"]);
  });

  it("let another line stand for one only if all that is known of it is at least as good", () => {
    const [better, small] = [fact(1, 1, { grid: 2 }), { grid: 2, smooth: true }];
    const stands = (other: Fact, one: Fact) => {
      const lines = [leaf(other, 1), leaf(fact(9, 0, { dtype: "i32" }), 2), operation("f($0)", [1], one)];
      return smaller(program(lines, [2])).includes("t0 = leaf(seed 1, in [-1, 1], multiples of 0.25); return t0");
    };
    expect(stands({ ...better, error: 0 }, fact(1, 0, small))).toBe(true);
    const given = { ...better, error: 1 };
    expect(stands(given, fact(1, 1, small))).toBe(true);
    expect(stands(given, fact(2, 2, { grid: 3 }))).toBe(true);
    expect(stands(given, fact(1, 1))).toBe(true); // what need not be exact may be
    for (const lack of [
      fact(1, 1, { grid: 1 }),
      fact(0.5, 1, small),
      fact(1, 1, { ...small, low: -0.5 }),
      fact(1, 1, { ...small, high: 0.5 }),
      fact(1, 0.5, small),
      fact(1, 1, { ...small, shape: [1] }),
      fact(1, 1, { ...small, dtype: "f32" }),
    ]) {
      expect(stands(given, lack)).toBe(false);
    }
    expect(stands({ ...given, smooth: false }, fact(1, 1, small))).toBe(false);
    expect(stands({ ...given, smooth: false }, fact(1, 1, { grid: 2, smooth: false }))).toBe(true);
    const inexact = { ...given, grid: undefined };
    const lines = [leaf(inexact, 1), leaf(fact(9, 0, { dtype: "i32" }), 2), operation("f($0)", [1], fact(1, 1, small))];
    expect(smaller(program(lines, [2]))).not.toContain("t0 = leaf(seed 1, in [-1, 1]); return t0");
  });
});
