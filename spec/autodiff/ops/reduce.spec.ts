import { all, any, argmax, argmin, max, mean, min, prod, sum, tensor } from "cotangent";
import { distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { distinctInput, inputsOf, oneInput } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpInput, type OpRow } from "../op-row.js";

const shape = [2, 3, 2];
/** Reduces [2, 3, 2] over the axes given, by definition. */
function over(axes: readonly number[], f: (elements: number[]) => number): (x: OpInput) => number[] {
  return ({ values }) => {
    const groups = new Map<string, number[]>();
    values.forEach((value, i) => {
      const index = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
      const place = index.filter((_, axis) => !axes.includes(axis)).join();
      groups.set(place, [...(groups.get(place) ?? []), value]);
    });
    return [...groups.values()].map(f);
  };
}
const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
const product = (list: number[]) => list.reduce((a, b) => a * b, 1);

/** Their products are neither near 0 nor so large that an exponential of them is flat. */
const factors = { min: 0.5, max: 1.3 };

const distinct = distinctFloats(shape).map((values) => [{ shape, values }]);

const axesTried: readonly (readonly number[])[] = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]];
const rows: readonly OpRow[] = [
  ...axesTried.map((axes) => ({
    name: `sum over ${axes}`,
    inputs: inputsOf(shape),
    apply: (x: Parameters<typeof sum>[0]) => sum(x, axes) as never,
    expected: over(axes, total),
  })),
  ...axesTried.map((axes) => ({
    name: `max over ${axes}`,
    inputs: distinctInput({ minRank: 3, maxRank: 3, minSize: 2, maxSize: 3 }),
    apply: (x: Parameters<typeof max>[0]) => max(x, axes) as never,
  })),
  { name: "max", inputs: distinct, apply: (x) => max(x, [0, 2]), expected: over([0, 2], (list) => Math.max(...list)) },
  { name: "min", inputs: distinct, apply: (x) => min(x, 1), expected: over([1], (list) => Math.min(...list)) },
  { name: "mean", inputs: inputsOf(shape), apply: (x) => mean(x, [1]), expected: over([1], (list) => total(list) / 3) },
  {
    name: "mean over all",
    inputs: inputsOf(shape),
    apply: (x) => mean(x),
    expected: over([0, 1, 2], (list) => total(list) / 12),
  },
  {
    name: "prod",
    inputs: inputsOf(shape),
    apply: (x) => prod(x, 1),
    expected: over([1], product),
    points: [
      { inputs: [input([2, 0, 5], [1, 3, 1])], value: [0], gradient: [0, 10, 0] },
      { inputs: [input([0, 0, 5], [1, 3, 1])], value: [0], gradient: [0, 0, 0] },
      { inputs: [input([], [1, 0, 2])], value: [1, 1] },
    ],
  },
  {
    name: "prod of any number of factors",
    inputs: fc
      .integer({ min: 1, max: 7 })
      .chain((length) => floats([length, 2], factors).map((values) => [{ shape: [length, 2], values }])),
    apply: (x) => prod(x, 0),
    expected: ({ values }) => [0, 1].map((column) => product([...values].filter((_, i) => i % 2 === column))),
  },
  {
    name: "prod over all",
    inputs: oneInput(factors, { minRank: 2, maxRank: 2, maxSize: 3 }),
    apply: (x) => prod(x),
    expected: ({ values }) => [product([...values])],
  },
];

onEveryBackend("reductions", (backend) => {
  for (const row of rows) opLaws(row, backend);
  const f64 = (values: number[]) => tensor(Float64Array.from(values), { backend });
  const empty = tensor(new Float64Array(0), { shape: [2, 0], backend });

  it("shares the gradient among ties", async () => {
    const { grad } = await import("cotangent");
    await expectClose(grad((x: ReturnType<typeof f64>) => max(x))(f64([3, 1, 3])), [0.5, 0, 0.5]);
    await expectClose(grad((x: ReturnType<typeof f64>) => min(x))(f64([1, 1, 3])), [0.5, 0.5, 0]);
  });

  it("is defined on nothing", async () => {
    await expectClose(sum(empty, 1), [0, 0]);
    await expectClose(max(empty, 1), [-Infinity, -Infinity]);
    await expectClose(min(empty, 1), [Infinity, Infinity]);
    await expectClose(mean(empty, 1), [Number.NaN, Number.NaN]);
    await expectClose(max(tensor(new Int32Array(0), { backend })), [-(2 ** 31)]);
    await expectClose(all(tensor(new Uint8Array(0), { backend })), [1]);
    await expectClose(any(tensor(new Uint8Array(0), { backend })), [0]);
    expect(() => argmax(empty, 1)).toThrow("argmax: axis 1 of x is empty but must hold an element");
    expect(() => argmin(empty)).toThrow("argmin: axis 1 of x is empty but must hold an element");
  });

  it("drops the axes, or keeps them with size 1, of all by default", () => {
    const x = tensor(new Float64Array(12), { shape, backend });
    const holds = tensor(new Uint8Array(12), { shape, backend });
    for (const f of [sum, max, min, mean, prod]) {
      expect(f(x).shape).toEqual([]);
      expect(f(x, [0, -1]).shape).toEqual([3]);
      expect(f(x, [0, -1], { keepDims: true }).shape).toEqual([1, 3, 1]);
      expect(f(x, undefined, { keepDims: true }).shape).toEqual([1, 1, 1]);
      expect(f(x, []).shape).toEqual(shape);
    }
    for (const f of [any, all]) {
      expect(f(holds).shape).toEqual([]);
      expect(f(holds, 1, { keepDims: true }).shape).toEqual([2, 1, 2]);
    }
  });

  it("shares the gradient among the ties of each group", async () => {
    const { grad } = await import("cotangent");
    const x = tensor(Float64Array.of(3, 1, 3, 2, 2, 2), { shape: [2, 3], backend });
    for (const keepDims of [false, true]) {
      const largest = (t: ReturnType<typeof f64>) => max(t, 1, { keepDims }).sum();
      await expectClose(grad(largest)(x), [0.5, 0, 0.5, 1 / 3, 1 / 3, 1 / 3]);
    }
  });

  it("says where the largest and smallest are, the first of equals", async () => {
    await expectClose(argmax(f64([1, 3, 3, 2])), [1]);
    await expectClose(argmin(f64([2, 1, 1, 2])), [1]);
    await expectClose(
      argmax(
        tensor(
          [
            [1, 5],
            [7, 2],
          ],
          { backend },
        ),
        0,
      ),
      [1, 0],
    );
    await expectClose(argmax(f64([1, Number.NaN, 3])), [1]);
    await expectClose(argmin(f64([1, Number.NaN, 3])), [1]);
    const rows = tensor(Float64Array.of(1, 5, 2, 7, 4, 9), { shape: [2, 3], backend });
    await expectClose(argmax(rows), [1, 2]);
    await expectClose(argmin(rows), [0, 1]);
    await expectClose(argmin(rows, 0), [0, 1, 0]);
  });

  it("carries NaN, and loses nothing in long f32 sums", async () => {
    await expectClose(max(f64([1, Number.NaN])), [Number.NaN]);
    const tenths = tensor(new Float32Array(1e6).fill(0.1), { backend });
    expect(Math.abs((await sum(tenths).item()) / 1e5 - 1)).toBeLessThan(2e-7);
  });

  it("has every whole number within its range", async () => {
    const large = tensor(Uint32Array.of(4e9, 3e9, 2 ** 32 - 1), { backend });
    expect([await min(large).item(), await max(large).item()]).toEqual([3e9, 2 ** 32 - 1]);
    const small = tensor(Int32Array.of(-(2 ** 31), -5, -7), { backend });
    expect([await min(small).item(), await max(small).item()]).toEqual([-(2 ** 31), -5]);
    const none = tensor(new Int32Array(0), { backend });
    expect(await sum(none).item()).toBe(0);
  });

  it("refuses truth values and axes that are not there", () => {
    expect(() => sum(tensor([true]))).toThrow("sum: x is bool but must be f32 or f64 or i32 or u32; cast it");
    expect(() => prod(tensor([true]))).toThrow("prod: x is bool but must be f32 or f64 or i32 or u32; cast it");
    expect(() => mean(tensor([1], { dtype: "i32" }) as never)).toThrow(
      "mean: x is i32 but must be f32 or f64; cast it",
    );
    expect(() => any(tensor([1]) as never)).toThrow("any: x is f32 but must be bool; cast it");
    expect(() => all(tensor([1]) as never)).toThrow("all: x is f32 but must be bool; cast it");
    expect(() => sum(tensor([1]), 1)).toThrow("sum: axis is 1 but must be in [-1, 1) for 1 axes");
  });
});
