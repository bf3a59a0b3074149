import { randomKey, read, type Tensor, tensor } from "cotangent";
import { type ReluFactors, reluFactorizationLoss, reluFactorize, sampleReluModel } from "cotangent/methods/lowrank";
import { lbfgs } from "cotangent/methods/optimizers";
import { checkGradient, distinctFloats, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { matrixOf } from "./support/matrices.js";

const [d, n, k] = [3, 4, 2];
const observations = distinctFloats([d, n]).map((values) => values.map((value) => Math.max(0, value)));
const factors = floats([d * k + n * k + d]).map((values) => ({
  left: tensor(values.slice(0, d * k), { shape: [d, k] }),
  right: tensor(values.slice(d * k, d * k + n * k), { shape: [n, k] }),
  offset: tensor(values.slice(d * k + n * k)),
}));

describe("reluFactorizationLoss", () => {
  law("counts errors at positives, and what is positive at zeros", observations, factors, async (y, of) => {
    const [left, right, offset] = [await of.left.data(), await of.right.data(), await of.offset.data()];
    let expected = 0;
    y.forEach((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const x = offset[i] + left[i * k] * right[j * k] + left[i * k + 1] * right[j * k + 1];
      expected += (value > 0 ? value - x : Math.max(0, x)) ** 2 / 2;
    });
    await expectClose(reluFactorizationLoss(of, tensor(y, { shape: [d, n] })), [expected], { tolerance: 1e-12 });
  });

  it("agrees with central differences to second order", async () => {
    const y = tensor(new Float64Array([1, 0, 2, 0.5, 0, 0, 3, 1, 0, 2, 0, 0.1]), { shape: [d, n] });
    const at = (length: number, phase: number) => Float64Array.from({ length }, (_, i) => Math.sin(phase + 2 * i));
    const start: ReluFactors = {
      left: tensor(at(6, 1), { shape: [d, k] }),
      right: tensor(at(8, 2), { shape: [n, k] }),
      offset: tensor(at(3, 3)),
    };
    await checkGradient((x: ReluFactors) => reluFactorizationLoss(x, y), start, { order: 2 });
  });

  it("has the minimum that reluFactorize finds", async () => {
    const sample = await sampleReluModel(randomKey(4), { dimension: 8, rank: 2, samples: 20 });
    const noisy = matrixOf(
      8,
      20,
      sample.observations.values.map((value, i) => (value === 0 ? 0 : value + 0.1 * (1 + Math.sin(i)))),
    );
    const { basis, objectives, fitted, offset } = reluFactorize(noisy, { rank: 2, iterations: 1000, tolerance: 0 });
    const y = tensor(noisy.values, { shape: [8, 20] });
    const left = tensor(basis.values, { shape: [8, 2] });
    const centred = tensor(fitted.values, { shape: [8, 20] }).sub(tensor(offset).reshape([8, 1]));
    const start: ReluFactors = { left, right: centred.transpose().matmul(left), offset: tensor(offset) };
    const minimum = objectives[objectives.length - 1];
    await expectClose(reluFactorizationLoss(start, y), [minimum], { tolerance: 1e-10 });
    const { loss, params } = await lbfgs((x: ReluFactors) => reluFactorizationLoss(x, y), start, {
      maxIterations: 200,
    });
    for (const values of Object.values(await read(params))) expect(values.every(Number.isFinite)).toBe(true);
    for (const part of Object.values(params)) (part as Tensor).dispose();
    expect(loss).toBeGreaterThan(0.98 * minimum); // gradients find a little more, as the alternation ends slowly
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (shape: number[]) =>
        tensor(
          Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
          { shape, backend },
        );
      const y = tensor(
        [
          [1, 0],
          [0, 2],
        ],
        { backend },
      );
      return reluFactorizationLoss({ left: of([2, 1]), right: of([2, 1]), offset: of([2]) }, y);
    });
  });

  it("names what is wrong", () => {
    const zero = (shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), { shape });
    const good = { left: zero([2, 1]), right: zero([3, 1]), offset: zero([2]) };
    const call =
      (change: object, y = zero([2, 3])) =>
      () =>
        reluFactorizationLoss({ ...good, ...change }, y);
    expect(call({}, zero([2]))).toThrow("reluFactorizationLoss: y has shape [2] but must be [any, any]");
    expect(call({ left: zero([3, 1]) })).toThrow("reluFactorizationLoss: left has shape [3, 1] but must be [2, any]");
    expect(call({ right: zero([3, 2]) })).toThrow("reluFactorizationLoss: right has shape [3, 2] but must be [3, 1]");
    expect(call({ offset: zero([3]) })).toThrow("reluFactorizationLoss: offset has shape [3] but must be [2]");
    expect(call({ offset: tensor(new Float64Array(2)) })).toThrow(
      "reluFactorizationLoss: offset is f64 but must match y, f32; cast one of them",
    );
  });
});

finiteAtExtremes(
  "reluFactorizationLoss",
  (x) => {
    const seen = Array.from({ length: SIZE * SIZE }, (_, i) => (i % 3 === 0 ? 0 : i));
    const offset = extreme.beside(x, Array(SIZE).fill(0.5));
    return reluFactorizationLoss(
      { left: x, right: extreme.identity(x), offset },
      extreme.beside(x, seen, [SIZE, SIZE]),
    );
  },
  { degree: 2 },
);
