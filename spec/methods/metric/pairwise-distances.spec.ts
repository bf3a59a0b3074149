import { type Tensor, tensor } from "cotangent";
import { cosineSimilarities, manhattanDistances, squaredDistances } from "cotangent/methods/metric";
import { checkGradient, distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const matrix = (values: Float64Array, width: number) =>
  tensor(values, { shape: [values.length / width, width] }) as Tensor;
const rowsOf = (values: Float64Array, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)]);
const table = (x: Float64Array, y: Float64Array, of: (a: number[], b: number[]) => number) =>
  rowsOf(x, 3).flatMap((a) => rowsOf(y, 3).map((b) => of(a, b)));
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const dot = (a: number[], b: number[]) => sum(a.map((v, k) => v * b[k]));

/** A sum in which no two entries count the same. */
const weighed = (d: Tensor) =>
  d
    .mul(
      tensor(
        Float64Array.from({ length: d.shape[0] * d.shape[1] }, (_, i) => Math.cos(i)),
        { shape: d.shape },
      ) as Tensor,
    )
    .sum();
const x = floats([12]);
const y = floats([6]);

describe("squaredDistances", () => {
  law("sums squared differences of each pair of rows", x, y, async (a, b) => {
    const expected = table(a, b, (p, q) => sum(p.map((v, k) => (v - q[k]) ** 2)));
    await expectClose(squaredDistances(matrix(a, 3), matrix(b, 3)), expected);
  });

  law("is 0 between a row and itself, and finds near rows near, far from the origin", x, async (a) => {
    const far = a.map((v) => v + 1e8);
    const d = (await squaredDistances(matrix(far, 3)).data()) as Float64Array;
    for (let i = 0; i < 4; i++) expect(d[5 * i]).toBe(0);
    await expectClose(
      d,
      table(far, far, (p, q) => sum(p.map((v, k) => (v - q[k]) ** 2))),
      { tolerance: 1e-14 },
    );
  });

  law("has a right gradient, also for one matrix with itself", x, y, async (a, b) => {
    await checkGradient((p: Tensor) => weighed(squaredDistances(p, matrix(b, 3))), matrix(a, 3), { order: 2 });
    await checkGradient((q: Tensor) => weighed(squaredDistances(matrix(a, 3), q)), matrix(b, 3), { order: 2 });
    await checkGradient((p: Tensor) => weighed(squaredDistances(p)), matrix(a, 3), { order: 2 });
  });

  law("takes batches of matrices", x, y, async (a, b) => {
    const [p, q] = [tensor(a, { shape: [2, 2, 3] }), tensor(b, { shape: [2, 1, 3] })] as [Tensor, Tensor];
    const each = [0, 1].map((i) =>
      squaredDistances(matrix(a.slice(6 * i, 6 * i + 6), 3), matrix(b.slice(3 * i, 3 * i + 3), 3)),
    );
    const d = squaredDistances(p, q);
    expect(d.shape).toEqual([2, 2, 1]);
    await expectClose(d, [...(await each[0].data()), ...(await each[1].data())]);
  });
});

describe("manhattanDistances", () => {
  law("sums absolute differences of each pair of rows", x, y, async (a, b) => {
    const expected = table(a, b, (p, q) => sum(p.map((v, k) => Math.abs(v - q[k]))));
    await expectClose(manhattanDistances(matrix(a, 3), matrix(b, 3)), expected);
  });

  law("has a right gradient where no entries agree", distinctFloats([12]), async (a) => {
    const [p, q] = [a.slice(0, 6), a.slice(6)];
    await checkGradient((m: Tensor) => weighed(manhattanDistances(m, matrix(q, 3))), matrix(p, 3), { order: 2 });
    await checkGradient((m: Tensor) => weighed(manhattanDistances(matrix(p, 3), m)), matrix(q, 3), { order: 2 });
  });
});

describe("cosineSimilarities", () => {
  const directed = (shape: number) => floats([shape]).filter((v) => rowsOf(v, 3).every((row) => dot(row, row) > 0.01));

  law("is the inner product over both lengths", directed(12), directed(6), async (a, b) => {
    const cosine = (p: number[], q: number[]) => dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
    await expectClose(cosineSimilarities(matrix(a, 3), matrix(b, 3)), table(a, b, cosine));
    await expectClose(cosineSimilarities(matrix(a, 3)), table(a, a, cosine));
  });

  law("knows no lengths", directed(12), directed(6), fc.integer({ min: -300, max: 300 }), async (a, b, power) => {
    const scaled = a.map((v) => v * 2 ** power);
    const plain = cosineSimilarities(matrix(a, 3), matrix(b, 3));
    await expectClose(cosineSimilarities(matrix(scaled, 3), matrix(b, 3)), plain);
  });

  law("has a right gradient", directed(12), directed(6), async (a, b) => {
    await checkGradient((p: Tensor) => weighed(cosineSimilarities(p, matrix(b, 3))), matrix(a, 3), { order: 2 });
    await checkGradient((p: Tensor) => weighed(cosineSimilarities(p)), matrix(a, 3), { order: 2 });
  });
});

describe.each([
  ["squaredDistances", squaredDistances],
  ["manhattanDistances", manhattanDistances],
  ["cosineSimilarities", cosineSimilarities],
] as const)("%s", (name, distances) => {
  it("says what is wrong with its input", () => {
    const ok = tensor([[1, 2]]);
    expect(() => distances(tensor([1, 2]))).toThrow(`${name}: x has shape [2] but must be [..., n, d]`);
    expect(() => distances(ok, tensor([1, 2]))).toThrow(`${name}: y has shape [2] but must be [..., n, d]`);
    expect(() => distances(ok, tensor([[1, 2, 3]]))).toThrow(
      `${name}: y has shape [1, 3] but must have rows of 2, like x`,
    );
    expect(() => distances(ok, tensor(new Float64Array(2), { shape: [1, 2] }) as Tensor)).toThrow(/^\w+: /);
  });
});
