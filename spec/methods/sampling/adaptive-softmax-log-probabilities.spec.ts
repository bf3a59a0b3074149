import { cpu, mapTree, randomKey, type Tensor, tensor } from "cotangent";
import { adaptiveSoftmax, adaptiveSoftmaxLogProbabilities } from "cotangent/methods/sampling";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { adaptiveProblems, definitionOf, hiddenOf, layerOf } from "./support/adaptive-layers.js";

describe("adaptiveSoftmaxLogProbabilities", () => {
  law("is what the definition says, and normalized", adaptiveProblems, async (problem) => {
    const found = await adaptiveSoftmaxLogProbabilities(hiddenOf(problem), layerOf(problem)).data();
    const expected = (await definitionOf(problem)).map(({ logProbabilities }) => logProbabilities);
    await expectClose(found, expected.flat(), { tolerance: 1e-12 });
    for (let row = 0; row < problem.rows; row++) {
      const own = found.slice(row * problem.classes, (row + 1) * problem.classes);
      expect(own.every(Number.isFinite)).toBe(true);
      const total = [...own].reduce((sum, log) => sum + Math.exp(log), 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-12);
    }
  });

  law(
    "does not change when scores of the head or of a tail are shifted",
    adaptiveProblems,
    floats([4]),
    async (problem, by) => {
      const plain = await adaptiveSoftmaxLogProbabilities(hiddenOf(problem), layerOf(problem)).data();
      const layer = layerOf(problem);
      const shift = (weights: Tensor) => weights.add(tensor(by.slice(0, weights.shape[1])));
      const shifted = adaptiveSoftmaxLogProbabilities(hiddenOf(problem), { ...layer, head: shift(layer.head) });
      await expectClose(shifted, plain, { tolerance: 1e-12 });
      for (const i of layer.tails.keys()) {
        const tails = layer.tails.map((tail, j) => (i === j ? { ...tail, weights: shift(tail.weights) } : tail));
        await expectClose(adaptiveSoftmaxLogProbabilities(hiddenOf(problem), { ...layer, tails }), plain, {
          tolerance: 1e-12,
        });
      }
    },
  );

  it("agrees with central differences to second order", async () => {
    const problem = {
      classes: 5,
      features: 3,
      cutoffs: [2, 4],
      divValue: 1.5,
      bias: true,
      seed: 4,
      rows: 2,
      hidden: Float64Array.of(0.4, -1, 0.7, 1.2, 0.3, -0.5),
      labels: Int32Array.of(0, 4),
    };
    const weights = tensor(Float64Array.of(0.1, -0.2, 0.7, 0.3, 0.5, -0.4, 0.2, 0.9, -0.6, 0.8), { shape: [2, 5] });
    const x = mapTree({ hidden: hiddenOf(problem), layer: layerOf(problem) }, (leaf) => leaf) as {
      hidden: Tensor;
      layer: ReturnType<typeof layerOf>;
    };
    const f = ({ hidden, layer }: typeof x) => adaptiveSoftmaxLogProbabilities(hidden, layer).mul(weights).sum();
    await checkGradient(f, x, { order: 2 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = (backend?: ReturnType<typeof cpu>) => {
      const place = backend === undefined ? {} : { backend };
      const layer = adaptiveSoftmax(randomKey(5, place), { classes: 12, features: 6, cutoffs: [4] });
      const hidden = Float32Array.from({ length: 18 }, (_, i) => 3 * Math.sin(i));
      return adaptiveSoftmaxLogProbabilities(tensor(hidden, { ...place, shape: [3, 6] }), layer).data();
    };
    const expected = await on(cpu());
    await expectClose(await on(), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on(gpu), expected, { tolerance: 2e-6 }); // single precision
  });

  it("names what is wrong", () => {
    const matrix = (rows: number, columns: number) =>
      tensor(new Float64Array(rows * columns), { shape: [rows, columns] });
    const layer = { head: matrix(3, 4), tails: [{ projection: matrix(2, 4), weights: matrix(5, 2) }] };
    const call = adaptiveSoftmaxLogProbabilities;
    const name = "adaptiveSoftmaxLogProbabilities";
    expect(() => call(matrix(0, 4), layer)).toThrow(`${name}: hidden has shape [0, 4] but must have a row`);
    expect(() => call(tensor(new Float64Array(4)), layer)).toThrow(
      `${name}: hidden has shape [4] but must have 2 axes`,
    );
    expect(() => call(matrix(1, 3), layer)).toThrow(`${name}: head has shape [3, 4] but must be [any, 3]`);
    expect(() => call(matrix(1, 4), { ...layer, head: matrix(1, 4) })).toThrow(
      `${name}: head has shape [1, 4] but must have more rows than there are tails, 1`,
    );
    expect(() => call(matrix(1, 4), { ...layer, headBias: tensor(new Float64Array(2)) })).toThrow(
      `${name}: headBias has shape [2] but must be [3]`,
    );
    const withTail = (projection: Tensor, weights: Tensor) => ({ head: layer.head, tails: [{ projection, weights }] });
    expect(() => call(matrix(1, 4), withTail(matrix(2, 3), matrix(5, 2)))).toThrow(
      `${name}: tails[0].projection has shape [2, 3] but must be [any, 4]`,
    );
    expect(() => call(matrix(1, 4), withTail(tensor(new Float64Array(4)), matrix(5, 2)))).toThrow(
      `${name}: tails[0].projection has shape [4] but must have 2 axes`,
    );
    expect(() => call(matrix(1, 4), withTail(matrix(2, 4), matrix(5, 3)))).toThrow(
      `${name}: tails[0].weights has shape [5, 3] but must be [any, 2]`,
    );
    expect(() => call(matrix(1, 4), withTail(matrix(2, 4), matrix(0, 2)))).toThrow(
      `${name}: tails[0].weights has shape [0, 2] but must have a class`,
    );
    expect(() => call(tensor([[1, 2, 3, 4]]), layer)).toThrow(
      `${name}: head is f64 but must match hidden, f32; cast one of them`,
    );
    expect(() => call(tensor(Int32Array.of(1, 2, 3, 4), { shape: [1, 4] }) as unknown as Tensor, layer)).toThrow(
      `${name}: hidden is i32 but must be f32 or f64; cast it`,
    );
  });
});
