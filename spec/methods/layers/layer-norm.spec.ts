import { cpu, grad, type Tensor, tensor } from "cotangent";
import { initLayerNorm, layerNorm } from "cotangent/methods/layers";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";

const width = 4;
const rows = distinctFloats([2, width]);
const vectors = floats([width]);
const matrix = (values: Float64Array) => tensor(values, { shape: [2, width] });
const unit = initLayerNorm(width, tensor(new Float64Array(1)));

describe("layerNorm", () => {
  law("is scale·(x − μ)/√(σ² + ε) + shift", rows, vectors, vectors, async (x, scale, shift) => {
    const expected = [0, 1].flatMap((row) => {
      const values = x.subarray(row * width, (row + 1) * width);
      const mean = values.reduce((sum, v) => sum + v, 0) / width;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width;
      return [...values].map((v, j) => (scale[j] * (v - mean)) / Math.sqrt(variance + 1e-5) + shift[j]);
    });
    const found = layerNorm({ scale: tensor(scale), shift: tensor(shift) }, matrix(x));
    await expectClose(found, expected, { tolerance: 1e-12 });
  });

  law("agrees with central differences to second order", rows, vectors, vectors, async (x, scale, shift) => {
    const tree = { x: matrix(x), scale: tensor(scale), shift: tensor(shift) };
    await checkGradient(
      ({ x: at, ...parameters }) => {
        const found = layerNorm(parameters, at);
        return found.mul(found).mul(found).sum();
      },
      tree,
      { order: 2 },
    );
  });

  law("has rows of mean 0 and variance σ²/(σ² + ε)", rows, async (x) => {
    const found = layerNorm(unit, matrix(x), { epsilon: 0.5 });
    await expectClose(found.mean(-1), [0, 0], { tolerance: 1e-14 });
    const centred = matrix(x).sub(matrix(x).mean(-1, { keepDims: true }));
    const variance = centred.mul(centred).mean(-1);
    await expectClose(found.mul(found).mean(-1), await variance.div(variance.add(0.5)).data(), { tolerance: 1e-13 });
  });

  law(
    "does not change when a number is added, nor when row and √epsilon are multiplied",
    rows,
    numbers(),
    numbers({ min: 0.1, max: 3 }),
    async (x, shift, factor) => {
      const plain = await layerNorm(unit, matrix(x)).data();
      await expectClose(layerNorm(unit, matrix(x).add(shift)), plain, { tolerance: 1e-12 });
      const stretched = layerNorm(unit, matrix(x).mul(factor), { epsilon: 1e-5 * factor * factor });
      await expectClose(stretched, plain, { tolerance: 1e-12 });
      await expectClose(
        layerNorm(unit, matrix(x).neg()),
        plain.map((v) => -v),
        { tolerance: 1e-12 },
      );
    },
  );

  law(
    "has no gradient along constants and, but for epsilon, along the row itself",
    rows,
    vectors,
    async (x, towards) => {
      const slope = grad((at: Tensor) => layerNorm(unit, at, { epsilon: 1e-300 }).mul(tensor(towards)).sum())(
        matrix(x),
      );
      await expectClose(slope.sum(-1), [0, 0], { tolerance: 1e-11 });
      await expectClose(slope.mul(matrix(x)).sum(-1), [0, 0], { tolerance: 1e-11 });
    },
  );

  it("is shift where a row is constant, with a finite gradient", async () => {
    const parameters = { scale: tensor(new Float64Array([2, 3])), shift: tensor(new Float64Array([5, 7])) };
    const x = tensor(new Float64Array([1e9, 1e9, 0, 0]), { shape: [2, 2] });
    await expectClose(layerNorm(parameters, x), [5, 7, 5, 7], { tolerance: 0 });
    const slope = grad((at: Tensor) =>
      layerNorm(parameters, at)
        .mul(tensor(new Float64Array([1, 2])))
        .sum(),
    )(x);
    expect((await slope.data()).every(Number.isFinite)).toBe(true);
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const place = { backend, dtype: "f32" } as const;
      const x = tensor(
        [
          [1, 2, 4],
          [-3, 0.5, 2],
        ],
        { backend },
      );
      const weights = tensor([1, -2, 3], { backend });
      return grad((at: Tensor) => layerNorm(initLayerNorm(3, place), at).mul(weights).sum())(x);
    });
  });

  it("starts with scale 1 and shift 0, where it is told to", async () => {
    const { scale, shift } = initLayerNorm(2, { backend: cpu(), dtype: "f64" });
    expect(scale.dtype).toBe("f64");
    await expectClose(scale, [1, 1], { tolerance: 0 });
    await expectClose(shift, [0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const x = matrix(new Float64Array(8));
    expect(() => layerNorm({ ...unit, scale: tensor(new Float64Array(3)) }, x)).toThrow(
      "layerNorm: scale has shape [3] but must be [4]",
    );
    expect(() => layerNorm({ ...unit, shift: tensor(new Float64Array(3)) }, x)).toThrow(
      "layerNorm: shift has shape [3] but must be [4]",
    );
    expect(() => layerNorm({ ...unit, shift: tensor(new Float32Array(4)) }, x)).toThrow(
      "layerNorm: shift is f32 but must match x, f64; cast one of them",
    );
    expect(() => layerNorm(unit, x, { epsilon: 0 })).toThrow("layerNorm: epsilon is 0 but must be a finite number > 0");
    expect(() => layerNorm(unit, tensor(1))).toThrow(
      "layerNorm: x has shape [] but must have a last axis that is not empty",
    );
    expect(() => layerNorm(unit, tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      "layerNorm: x is i32 but must be f32 or f64; cast it",
    );
    expect(() => initLayerNorm(0, x)).toThrow("initLayerNorm: width is 0 but must be a whole number ≥ 1");
  });
});
