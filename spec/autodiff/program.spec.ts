import { cpu, full, type Tensor, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { linearize } from "../../src/autodiff/program.js";
import { expectClose } from "../support/close.js";

const x = tensor(new Float64Array([1, -2, 3]));
const filled = (value: number) => full([3], value, { backend: x.backend, dtype: "f64" });

describe("linearize", () => {
  const cases: readonly (readonly [string, (a: Tensor) => Tensor, readonly number[]])[] = [
    ["x + 0", (a) => a.add(0), [1, -2, 3]],
    ["0 + x", (a) => filled(0).add(a), [1, -2, 3]],
    ["x − 0", (a) => a.sub(0), [1, -2, 3]],
    ["0 − x", (a) => filled(0).sub(a), [-1, 2, -3]],
    ["x · 1", (a) => a.mul(1), [1, -2, 3]],
    ["1 · x", (a) => filled(1).mul(a), [1, -2, 3]],
    ["x / 1", (a) => a.div(1), [1, -2, 3]],
    ["1 / x", (a) => filled(1).div(a), [1, -0.5, 1 / 3]],
    ["x · 0", (a) => a.mul(0), [0, 0, 0]],
    ["−−x", (a) => a.neg().neg(), [1, -2, 3]],
    ["−x", (a) => a.neg(), [-1, 2, -3]],
    ["constants", (a) => a.mul(filled(6).sub(2).div(2).add(1).neg()), [-3, 6, -9]],
  ];
  it.each(cases)("keeps the value of %s", async (_, f, wanted) => {
    await expectClose(f(x), wanted);
  });

  it("rounds f32 constants as f32 arithmetic would", async () => {
    const tenth = full([], 0.1, { backend: x.backend, dtype: "f32" });
    expect(await tenth.add(0.2).item()).toBe(Math.fround(Math.fround(0.1) + Math.fround(0.2)));
  });

  it("names leaves by where they are, not by what they hold", () => {
    const backend = cpu();
    const [a, b] = [tensor([1, 2], { backend }), tensor([1, 2], { backend })];
    expect(linearize([a.add(b)]).storages.length).toBe(2);
    expect(linearize([a.add(a)]).storages.length).toBe(1);
    expect(linearize([a.add(a)]).program.key).not.toBe(linearize([a.add(b)]).program.key);
  });

  it("tells donated leaves, dtypes and attributes apart in the key", () => {
    const a = tensor([
      [1, 2],
      [3, 4],
    ]);
    const keys = [
      linearize([a.sum(0)]).program.key,
      linearize([a.sum(1)]).program.key,
      linearize([a.sum(0)], new Set([a.storage!])).program.key,
      linearize([tensor(new Float64Array(4), { shape: [2, 2] }).sum(0)]).program.key,
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
