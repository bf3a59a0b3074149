import { type Tensor, tensor } from "cotangent";
import {
  type MultinomialLogisticRegressionOptions,
  multinomialLogisticRegression,
} from "cotangent/methods/classification";
import { floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [n, d, classes] = [9, 2, 3];
const inputs = floats([n * d]);
const labels = ids(n - classes, classes).map((rest) => Int32Array.of(0, 1, 2, ...rest));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

async function fitted(x: Float64Array, y: Int32Array, options: Partial<MultinomialLogisticRegressionOptions> = {}) {
  const result = await multinomialLogisticRegression(tensor(x, { shape: [y.length, d] }) as Tensor, tensor(y), {
    classes,
    ...options,
  });
  const [weights, bias] = [await result.weights.data(), await result.bias.data()];
  result.weights.dispose();
  result.bias.dispose();
  return { ...result, weights: weights as Float64Array, bias: bias as Float64Array };
}

function objective(x: Float64Array, y: Int32Array, weights: Float64Array, bias: Float64Array, c: number) {
  const losses = Array.from(y, (label, i) => {
    const scores = Array.from(bias, (b, k) => b + weights[k * d] * x[i * d] + weights[k * d + 1] * x[i * d + 1]);
    const most = Math.max(...scores);
    const exps = scores.map((s) => Math.exp(s - most));
    const p = exps.map((e) => e / sum(exps));
    return { loss: -Math.log(p[label]), p };
  });
  const penalty = sum(Array.from(weights, (w) => w * w)) / (2 * c * y.length);
  return { value: sum(losses.map(({ loss }) => loss)) / y.length + penalty, p: losses.map(({ p }) => p) };
}

describe("multinomialLogisticRegression", () => {
  law(
    "ends where (P − Y)ᵀX/n + W/(Cn) = 0 and classes are as probable as they are frequent",
    inputs,
    labels,
    numbers({ min: 0.2, max: 5 }),
    async (x, y, c) => {
      const { weights, bias, loss, gradient, stopped } = await fitted(x, y, { inverseRegularization: c });
      expect(stopped).not.toBe("iterations");
      const { value, p } = objective(x, y, weights, bias, c);
      await expectClose([loss], [value], { tolerance: 1e-12 });
      const slopes = Array.from(bias, (_, k) => {
        const pulls = Array.from(y, (label, i) => (p[i][k] - Number(label === k)) / n);
        const ofWeights = [0, 1].map(
          (j) => sum(pulls.map((pull, i) => pull * x[i * d + j])) + weights[k * d + j] / (c * n),
        );
        return [...ofWeights, sum(pulls)];
      });
      expect(Math.hypot(...slopes.flat())).toBeLessThan(1e-6);
      expect(gradient).toBeLessThan(1e-6);
      expect(Math.abs(sum([...bias]))).toBeLessThan(1e-9);
    },
  );

  law(
    "is not to be bettered, its objective being convex",
    inputs,
    labels,
    floats([classes * d]),
    floats([classes]),
    async (x, y, dw, db) => {
      const { weights, bias, loss } = await fitted(x, y);
      const at = (t: number) =>
        objective(
          x,
          y,
          weights.map((w, i) => w + t * dw[i]),
          bias.map((b, k) => b + t * db[k]),
          1,
        ).value;
      for (const t of [0.01, 0.5, -0.5]) expect(at(t)).toBeGreaterThanOrEqual(loss - 1e-12);
      expect(at(0.5)).toBeLessThanOrEqual((at(0) + at(1)) / 2 + 1e-12);
    },
  );

  law("knows no names of classes", inputs, labels, async (x, y) => {
    const plain = await fitted(x, y);
    const turned = await fitted(
      x,
      y.map((label) => 2 - label),
    );
    await expectClose(
      Float64Array.from([2, 1, 0], (k) => turned.bias[k]),
      plain.bias,
      { tolerance: 1e-5 },
    ); // solved to a slope of 1e-8
    await expectClose([turned.loss], [plain.loss], { tolerance: 1e-11 });
  });

  it("does not hold the bias back", async () => {
    const y = Int32Array.of(0, 1, 1, 1, 2, 2);
    const { bias } = await fitted(new Float64Array(12), y);
    const logs = [1, 3, 2].map(Math.log);
    await expectClose(
      bias,
      logs.map((v) => v - sum(logs) / 3),
      { tolerance: 1e-6 },
    );
  });

  it("has a C of 1 by default, and stops after so many steps", async () => {
    const [x, y] = [Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)), Int32Array.of(0, 1, 2, 0, 1, 2)];
    expect((await fitted(x, y)).loss).toBe(
      (await fitted(x, y, { inverseRegularization: 1, tolerance: 1e-8, maxIterations: 1000 })).loss,
    );
    const short = await fitted(x, y, { maxIterations: 2 });
    expect([short.iterations, short.stopped]).toEqual([2, "iterations"]);
  });

  it("names what is wrong", async () => {
    const name = "multinomialLogisticRegression";
    const x = tensor([
      [0, 1],
      [1, 0],
    ]);
    const y = tensor(Int32Array.of(0, 1));
    const call = (options: object, of = x, to = y) => multinomialLogisticRegression(of, to, { classes: 2, ...options });
    await expect(call({}, tensor([1, 2]))).rejects.toThrow(`${name}: inputs has shape [2] but must have 2 axes`);
    await expect(call({}, x, tensor(Int32Array.of(0)))).rejects.toThrow(
      `${name}: labels has shape [1] but must be [2]`,
    );
    await expect(
      call(
        {},
        tensor([
          [0, 1],
          [Number.NaN, 0],
        ]),
      ),
    ).rejects.toThrow(`${name}: inputs holds NaN at 2 but must hold finite numbers`);
    await expect(call({ classes: 1 })).rejects.toThrow(`${name}: classes is 1 but must be a whole number ≥ 2`);
    await expect(call({ classes: 3 })).rejects.toThrow(`${name}: labels has no example of class 2 but must have one`);
    await expect(call({}, x, tensor(Int32Array.of(1, 1)))).rejects.toThrow(
      `${name}: labels has no example of class 0 but must have one`,
    );
    await expect(call({}, x, tensor(Int32Array.of(0, 2)))).rejects.toThrow(
      `${name}: labels is 2 at [1] but must be in [0, 2)`,
    );
    await expect(call({ inverseRegularization: 0 })).rejects.toThrow(
      `${name}: inverseRegularization is 0 but must be a finite number > 0`,
    );
    await expect(call({ tolerance: -1 })).rejects.toThrow(`${name}: tolerance is -1 but must be a finite number ≥ 0`);
    await expect(call({ maxIterations: -1 })).rejects.toThrow(
      `${name}: maxIterations is -1 but must be a whole number ≥ 0`,
    );
  });
});
