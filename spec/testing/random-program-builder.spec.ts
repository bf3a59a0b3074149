import { broadcastTo, cast, type DType, type Tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { type Claim, ProgramBuilder, widest } from "../../src/testing/random-program-builder.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import type { Fact } from "../../src/testing/random-program-line.js";

/** A builder whose random numbers are the least that there are, or those given. */
function builder(dtype: "f32" | "f64" = "f64", draw: { int?: number; double?: number } = {}): ProgramBuilder {
  const random = {
    nextInt: (low: number, high: number) => Math.min(high, Math.max(low, draw.int ?? low)),
    nextDouble: () => draw.double ?? 0.99,
  };
  return new ProgramBuilder(dtype, random as never, interpreter());
}

/** What is emitted of a claim about a leaf of two elements: the facts of all lines but the leaf. */
function emitted(claim: Claim, dtype: "f32" | "f64" = "f64"): { readonly line: number | undefined; facts: Fact[] } {
  const b = builder(dtype);
  const leaf = b.leaf([2], { dtype });
  const line = b.emit("f($0)", [leaf], ([x]) => (x as Tensor).mul(1), claim);
  return { line, facts: b.lines.slice(1).map(({ fact }) => fact) };
}
const fact = (
  dtype: DType,
  low: number,
  high: number,
  grid: number | undefined,
  error: number,
  smooth = true,
): Fact => {
  return { shape: [2], dtype, low, high, grid, error, smooth };
};

describe("what is emitted", () => {
  it("is scaled down to magnitudes of at most 2, by a power of 2, in a line of its own", () => {
    for (const [low, high, scale] of [
      [-2, 2, 1],
      [-1, 2.5, 0.5],
      [-5, 1, 0.25],
      [-4, 0, 0.5],
      [0, 1000, 2 ** -9],
    ]) {
      const { line, facts } = emitted({ low, high, error: 7 });
      const first = fact("f64", low, high, undefined, 7);
      const second = fact("f64", low * scale, high * scale, undefined, 7 * scale);
      expect(facts).toEqual(scale === 1 ? [first] : [first, second]);
      expect(line).toBe(facts.length);
    }
    const { facts } = emitted({ low: 0, high: 8, grid: 3 });
    expect(facts).toEqual([fact("f64", 0, 8, 3, 0), fact("f64", 0, 2, 5, 0)]);
  });

  it("can be read only where it is tame", () => {
    const b = builder();
    const leaf = b.leaf([2], { dtype: "f64" });
    const scaled = b.emit("f($0)", [leaf], ([x]) => (x as Tensor).mul(4), { low: -4, high: 4 })!;
    expect(String(b.lines[scaled].text)).toBe("mul($0, 0.5)");
    expect(b.lines[scaled].inputs).toEqual([scaled - 1]);
    const found: Fact[] = [];
    b.find((one) => found.push(one) < 0);
    expect(found).toEqual([b.fact(leaf), b.fact(scaled)]);
  });

  it("is exact up to 22 bits, of magnitudes and of steps between", () => {
    expect(emitted({ low: -1, high: 0, grid: 22, error: 9 }).facts).toEqual([fact("f64", -1, 0, 22, 0)]);
    expect(emitted({ low: -1, high: 0, grid: 23, error: 9 }).facts).toEqual([fact("f64", -1, 0, undefined, 9)]);
    expect(emitted({ low: 0, high: 2, grid: 21, error: 9 }).facts).toEqual([fact("f64", 0, 2, 21, 0)]);
    expect(emitted({ low: -2, high: 0, grid: 22, error: 9 }).facts[0].grid).toBe(undefined);
    expect(emitted({ low: 0, high: 0, grid: 40 }).facts).toEqual([fact("f64", 0, 0, 40, 0)]);
  });

  it("is nothing that errs by more than 2048 roundings, or is larger than 6000 elements or six axes", () => {
    expect(emitted({ low: -1, high: 1, error: 2048 }).line).toBe(1);
    expect(emitted({ low: -1, high: 1, error: 2049 }).line).toBe(undefined);
    expect(emitted({ low: -8, high: 1, error: 8192 }).line).toBe(2);
    expect(emitted({ low: -8, high: 1, error: 8193 }).facts).toEqual([]);
    const b = builder();
    const leaf = b.leaf([1], { dtype: "f64" });
    const as = (...shape: number[]) =>
      b.emit("f($0)", [leaf], ([x]) => broadcastTo(x as Tensor, shape), { low: -1, high: 1 });
    expect(as(6000)).toBe(1);
    expect(as(6001)).toBe(undefined);
    expect(as(1, 1, 1, 1, 1, 1)).toBe(2);
    expect(as(1, 1, 1, 1, 1, 1, 1)).toBe(undefined);
  });

  it("is smooth if all that it reads is, or as it says", () => {
    const b = builder();
    const leaf = b.leaf([2], { dtype: "f64" });
    const emit = (inputs: readonly number[], smooth?: boolean) =>
      b.emit("f($0)", inputs, ([x]) => (x as Tensor).mul(1), {
        low: 0,
        high: 1,
        ...(smooth !== undefined && { smooth }),
      })!;
    const bent = emit([leaf], false);
    const lines = [emit([leaf]), bent, emit([leaf, bent]), emit([bent], true)];
    expect(lines.map((line) => b.fact(line).smooth)).toEqual([true, false, false, true]);
  });

  it("is in the other precision only what is exact, and says nothing of rounding of what is no float", () => {
    const cast32 = (claim: Claim) => {
      const b = builder("f64");
      const leaf = b.leaf([2], { dtype: "f64" });
      const line = b.emit("cast($0, f32)", [leaf], ([x]) => cast(x, "f32"), claim);
      return line === undefined ? undefined : b.fact(line);
    };
    expect(cast32({ low: -1, high: 1, grid: 3 })).toEqual(fact("f32", -1, 1, 3, 0));
    expect(cast32({ low: -1, high: 1, error: 1 })).toBe(undefined);
    const b = builder();
    const whole = b.emit("cast($0, i32)", [b.leaf([2], { dtype: "f64" })], ([x]) => cast(x, "i32"), {
      ...{ low: -1e6, high: 1e6, grid: 2, error: 5 },
    })!;
    expect(b.fact(whole)).toEqual(fact("i32", -1e6, 1e6, undefined, 0));
    expect(b.lines.length).toBe(2);
  });
});

describe("leaves", () => {
  it("are of the usual range, now and then of the widest, or of the one asked for", () => {
    const rangeOf = (dtype: DType, double: number, want: { low?: number; high?: number } = {}) => {
      const b = builder("f64", { double });
      const { low, high } = b.fact(b.leaf([3], { dtype, ...want }));
      return [low, high];
    };
    const usual = { f32: [-1, 1], f64: [-1, 1], i32: [-5, 5], u32: [0, 9], bool: [0, 1] } as const;
    for (const dtype of ["f32", "f64", "i32", "u32", "bool"] as const) {
      expect(rangeOf(dtype, 0.2)).toEqual(usual[dtype]);
      expect(rangeOf(dtype, 0.19)).toEqual(widest[dtype]);
      expect(rangeOf(dtype, 0.5, { low: 0 })).toEqual([0, usual[dtype][1]]);
      expect(rangeOf(dtype, 0.5, { high: 0.5 })).toEqual([usual[dtype][0], 0.5]);
    }
  });

  it("are exact where that is asked for, or where they are of the other precision, and else four times in ten", () => {
    const gridOf = (dtype: DType, double: number, exact?: boolean) => {
      const b = builder("f64", { double });
      return b.fact(b.leaf([3], { dtype, ...(exact !== undefined && { exact }) })).grid;
    };
    expect([gridOf("f64", 0.39), gridOf("f64", 0.4), gridOf("f64", 0.9, true), gridOf("f64", 0.9, false)]).toEqual([
      3,
      undefined,
      3,
      undefined,
    ]);
    expect([gridOf("f32", 0.9), gridOf("i32", 0.1, true)]).toEqual([3, undefined]);
  });
});

describe("what fits", () => {
  it("is of the dtype, exact if that is wanted, and within the range", () => {
    const b = builder();
    const [rounded, exact] = [fact("f64", -1, 1, undefined, 3), fact("f64", -1, 1, 3, 0)];
    const whole = fact("i32", -1, 1, undefined, 0);
    expect([rounded, exact, whole].map((one) => b.fits(one, { dtype: "f64" }))).toEqual([true, true, false]);
    expect([rounded, exact].map((one) => b.fits(one, { dtype: "f64", exact: true }))).toEqual([false, true]);
    expect(b.fits(whole, { dtype: "i32", exact: true })).toBe(true);
    expect([-1, -2].map((low) => b.fits(exact, { dtype: "f64", low }))).toEqual([true, true]);
    expect(b.fits(exact, { dtype: "f64", low: -0.5 })).toBe(false);
    expect([1, 2].map((high) => b.fits(exact, { dtype: "f64", high }))).toEqual([true, true]);
    expect(b.fits(exact, { dtype: "f64", high: 0.5 })).toBe(false);
  });
});
