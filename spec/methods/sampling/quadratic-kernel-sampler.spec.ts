import { exp, randomKey, type Tensor, tensor } from "cotangent";
import { QuadraticKernelSampler } from "cotangent/methods/sampling";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const width = 3;
const classes = 6;
const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
const every = ids(...Array(classes).keys()).reshape([1, classes]);
const table = (values: Float64Array): Tensor => tensor(values, { shape: [values.length / width, width] });
const lawOf = (sampler: QuadraticKernelSampler, hidden: Tensor): Tensor =>
  exp(sampler.given(hidden).logProbability(every, { dtype: "f64" }));

/** α·(h·c)² + 1 over its sum, of vectors or of their directions. */
function expectedLaw(h: Float64Array, c: Float64Array, strength: number, normalize: boolean): Float64Array {
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const kernels = Float64Array.from({ length: classes }, (_, j) => {
    const row = c.subarray(j * width, (j + 1) * width);
    const lengths = normalize ? Math.sqrt(dot(h, h) * dot(row, row)) : 1;
    return strength * (dot(h, row) / lengths) ** 2 + 1;
  });
  const total = kernels.reduce((sum, kernel) => sum + kernel, 0);
  return kernels.map((kernel) => kernel / total);
}

// away from 0, which has no direction
const vectors = (rows: number) =>
  floats([rows, width], { min: 0.1, max: 2 }).map((v) => v.map((x, i) => (i % 2 ? -x : x)));

describe("QuadraticKernelSampler", () => {
  law(
    "draws in proportion to α·cos² + 1, as a tree of groups, of classes, and flat",
    vectors(1),
    vectors(classes),
    async (h, c) => {
      for (const options of [{}, { leafSize: 1 }, { leafSize: 4, strength: 7 }, { flat: true }]) {
        using sampler = new QuadraticKernelSampler(table(c), options);
        const { strength } = sampler;
        await expectClose(lawOf(sampler, table(h)), expectedLaw(h, c, strength, true), { tolerance: 1e-12 });
      }
    },
  );

  it("gives a class at right angles its kernel of 1", async () => {
    const h = Float64Array.of(1, 0, 0);
    const c = Float64Array.from({ length: classes * width }, (_, i) => Number(i % width === Math.floor(i / width) % 2));
    using sampler = new QuadraticKernelSampler(table(c), { leafSize: 1 });
    await expectClose(lawOf(sampler, table(h)), expectedLaw(h, c, 100, true), { tolerance: 1e-12 });
  });

  law("takes vectors as they are where told so", vectors(1), vectors(classes), async (h, c) => {
    using sampler = new QuadraticKernelSampler(table(c), { normalize: false, strength: 2 });
    await expectClose(lawOf(sampler, table(h)), expectedLaw(h, c, 2, false), { tolerance: 1e-12 });
    const other = c.map((value, i) => value + (i < width ? 1 : 0));
    sampler.update(table(other), ids(0));
    await expectClose(lawOf(sampler, table(h)), expectedLaw(h, other, 2, false), { tolerance: 1e-12 });
    sampler.rebuild(table(c));
    await expectClose(lawOf(sampler, table(h)), expectedLaw(h, c, 2, false), { tolerance: 1e-12 });
  });

  law("follows a row that changes", vectors(1), vectors(classes), vectors(1), async (h, c, row) => {
    const other = c.slice();
    other.set(row, 4 * width);
    using sampler = new QuadraticKernelSampler(table(c));
    sampler.update(table(other), ids(4, -1, 4).add(0)); // ids that only the backend knows
    await expectClose(lawOf(sampler, table(h)), expectedLaw(h, other, 100, true), { tolerance: 1e-11 });
  });

  it("draws uniformly with a strength of 0", async () => {
    using sampler = new QuadraticKernelSampler(table(Float64Array.from({ length: 18 }, (_, i) => i + 1)), {
      strength: 0,
    });
    await expectClose(lawOf(sampler, table(new Float64Array([1, 2, 3]))), new Float64Array(6).fill(1 / 6));
  });

  it("has by default α = 100 and groups of about d classes", () => {
    const embeddings = (d: number) =>
      tensor(
        Float64Array.from({ length: 40 * d }, (_, i) => i + 1),
        { shape: [40, d] },
      );
    for (const [d, leafSize] of [
      [1, 1],
      [3, 2],
      [8, 8],
      [20, 16],
    ]) {
      using sampler = new QuadraticKernelSampler(embeddings(d));
      expect([sampler.strength, sampler.tree.leafSize, sampler.tree.flat]).toEqual([100, leafSize, false]);
      expect(sampler.tree.sums[0].shape).toEqual([Math.ceil(40 / leafSize), d * d + 1]);
    }
    using flat = new QuadraticKernelSampler(embeddings(3), { flat: true });
    expect([flat.tree.leafSize, flat.tree.flat]).toEqual([1, true]);
  });

  it("prefers large scores of either sign", async () => {
    const c = new Float64Array([1, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0, 1, 0.6, 0.8, 0, 0, 0.6, 0.8]);
    using sampler = new QuadraticKernelSampler(table(c));
    const drawn = await sampler
      .given(table(new Float64Array([2, 0, 0])))
      .draw(randomKey(0), [1, 2000])
      .data();
    const counts = [0, 1, 2, 3, 4, 5].map((j) => drawn.filter((id) => id === j).length / 2000);
    const expected = [101, 101, 1, 1, 37, 1].map((kernel) => kernel / 242);
    for (const [j, share] of counts.entries()) expect(Math.abs(share - expected[j])).toBeLessThan(0.05); // 4.5 sd at most
  });

  it("names the argument that is wrong", () => {
    const c = table(Float64Array.from({ length: 18 }, (_, i) => i + 1));
    expect(() => new QuadraticKernelSampler(c, { strength: -1 })).toThrow(
      "QuadraticKernelSampler: strength is -1 but must be a finite number ≥ 0",
    );
    expect(() => new QuadraticKernelSampler(c, { leafSize: 2, flat: true })).toThrow(
      "QuadraticKernelSampler: leafSize is 2 but must be 1 with flat; it has no leaves",
    );
    expect(() => new QuadraticKernelSampler(c, { rebuildEvery: 1.5 })).toThrow(
      "QuadraticKernelSampler: rebuildEvery is 1.5 but must be a whole number ≥ 1",
    );
    expect(() => new QuadraticKernelSampler(tensor([1, 2]))).toThrow(
      "QuadraticKernelSampler: embeddings has shape [2] but must have 2 axes",
    );
    expect(() => new QuadraticKernelSampler(table(new Float64Array(18)))).toThrow(
      "QuadraticKernelSampler: row 0 of embeddings is zero but must have a direction",
    );
    new QuadraticKernelSampler(table(new Float64Array(18)), { normalize: false }).dispose();
    using sampler = new QuadraticKernelSampler(c);
    expect(() => sampler.given(table(new Float64Array([0, Number.POSITIVE_INFINITY, 0])))).toThrow(
      "QuadraticKernelSampler.given: row 0 of hidden is not finite but must have a direction",
    );
  });
});
