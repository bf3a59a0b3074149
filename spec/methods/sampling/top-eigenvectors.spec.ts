import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topEigenvectors } from "../../../src/methods/sampling/top-eigenvectors.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
const rowsOf = (flat: Float64Array, size: number) =>
  Array.from({ length: flat.length / size }, (_, i) => flat.slice(i * size, (i + 1) * size));
const diagonal = (...values: number[]) => values.map((value, i) => Float64Array.from(values, () => 0).with(i, value));

/** A matrix as an operator that keeps the blocks it is given; with an end, lest an iteration has none. */
function operatorOf(matrix: readonly Float64Array[]) {
  const blocks: Float64Array[][] = [];
  const operator = async (block: Float64Array) => {
    const rows = rowsOf(block, matrix.length);
    blocks.push(rows);
    if (blocks.length > 300) throw new Error("too many products");
    return Float64Array.from(rows.flatMap((v) => matrix.map((row) => dot(row, v))));
  };
  return { operator, blocks };
}

const residualOf = (matrix: readonly Float64Array[], v: Float64Array, value: number) =>
  Math.hypot(...matrix.map((row, i) => dot(row, v) - value * v[i]));

async function expectOrthonormal(rows: readonly Float64Array[]) {
  const products = rows.flatMap((a) => rows.map((b) => dot(a, b)));
  const unit = rows.flatMap((_, i) => rows.map((_, j) => Number(i === j)));
  await expectClose(products, unit, { tolerance: 1e-12 });
}

/** B·Bᵀ, and rows to start from, some of which may be 0 or equal. */
const problems = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.record({
    factor: floats([size, size]).map((flat) => rowsOf(flat, size)),
    start: fc.oneof(
      floats([size, size]),
      floats([size]).map((row) => Float64Array.from({ length: size * size }, (_, i) => row[i % size])),
      fc.constant(new Float64Array(size * size)),
    ),
  }),
);

/** Slow to converge: neighbouring eigenvalues have a ratio of 0.8. */
const slow = {
  matrix: diagonal(...Array.from({ length: 8 }, (_, i) => 0.8 ** i)),
  start: Float64Array.from({ length: 24 }, (_, i) => Math.sin(1 + i * i)),
};

describe("topEigenvectors", () => {
  law("finds orthonormal eigenvectors, the largest eigenvalue first, from any start", problems, async (problem) => {
    const { factor, start } = problem;
    const size = factor.length;
    const matrix = factor.map((a) => Float64Array.from(factor, (b) => dot(a, b)));
    const { operator, blocks } = operatorOf(matrix);
    const options = { tolerance: 1e-9, maxIterations: 100 };
    const { values, vectors } = await topEigenvectors(operator, start.slice(), size, size, options);
    await expectOrthonormal(blocks[0]);
    const rows = rowsOf(vectors, size);
    await expectOrthonormal(rows);
    const scale = 1 + values[0];
    rows.forEach((v, i) => {
      expect(residualOf(matrix, v, values[i])).toBeLessThan(1e-9 * scale);
      if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
    });
    const trace = matrix.reduce((sum, row, i) => sum + row[i], 0);
    await expectClose([values.reduce((sum, value) => sum + value, 0) / scale], [trace / scale], { tolerance: 1e-12 });
  });

  it("ends with the first block whose wanted residuals are within the tolerance", async () => {
    const { matrix, start } = slow;
    const { operator, blocks } = operatorOf(matrix);
    const worst = ({ values, vectors }: { values: Float64Array; vectors: Float64Array }) =>
      Math.max(...rowsOf(vectors, 8).map((v, i) => residualOf(matrix, v, values[i]))) / values[0];
    const options = { tolerance: 1e-6, maxIterations: 200 };
    const found = await topEigenvectors(operator, start.slice(), 8, 2, options);
    expect([found.values.length, found.vectors.length]).toEqual([2, 16]);
    expect(worst(found)).toBeLessThanOrEqual(1e-6);
    await expectClose(found.values, [1, 0.8], { tolerance: 1e-11 });
    for (const block of blocks) await expectOrthonormal(block);

    const shorter = { tolerance: 1e-6, maxIterations: blocks.length - 1 };
    const again = operatorOf(matrix);
    expect(worst(await topEigenvectors(again.operator, start.slice(), 8, 2, shorter))).toBeGreaterThan(1e-6);
    expect(again.blocks.length).toBe(blocks.length - 1);
  });

  it("measures residuals by the largest eigenvalue, at any scale", async () => {
    const counts: number[] = [];
    for (const scale of [1, 2 ** 20, 2 ** -20]) {
      const { operator, blocks } = operatorOf(slow.matrix.map((row) => row.map((value) => scale * value)));
      await topEigenvectors(operator, slow.start.slice(), 8, 2, { tolerance: 1e-6, maxIterations: 200 });
      counts.push(blocks.length);
    }
    expect(counts[0]).toBeGreaterThan(5);
    expect(counts).toEqual([counts[0], counts[0], counts[0]]);
  });

  it("needs one product where the wanted rows are eigenvectors, whatever comes after them", async () => {
    const { operator, blocks } = operatorOf(diagonal(1, 2, 4, 0));
    const start = Float64Array.of(0, 0, 3, 0, 1, 1, 0, 0);
    const options = { tolerance: 0, maxIterations: 9 };
    const { values, vectors } = await topEigenvectors(operator, start, 4, 1, options);
    expect([...values, ...vectors]).toEqual([4, 0, 0, 1, 0]);
    expect(blocks.length).toBe(1);
  });

  it("keeps a direction that the operator maps to nothing", async () => {
    const { operator, blocks } = operatorOf(diagonal(4, 1, 0, 0));
    const start = Float64Array.of(1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 3, 4);
    await topEigenvectors(operator, start, 4, 2, { tolerance: 1e-9, maxIterations: 20 });
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks.slice(1)) {
      await expectOrthonormal(block);
      await expectClose(
        block[2].map((value) => value * Math.sign(block[2][3])),
        [0, 0, 0.6, 0.8],
        { tolerance: 1e-12 },
      );
    }
  });
});
