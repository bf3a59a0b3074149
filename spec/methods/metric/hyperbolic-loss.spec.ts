import { grad, type Tensor, tensor } from "cotangent";
import { hyperbolicHingeLoss, hyperbolicLogisticLoss, lorentzInner } from "cotangent/methods/metric";
import { checkGradient, distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import { lorentzPoints, matrix, normals, product, signs } from "./support/lorentz-points.js";

const scores = floats([4], { min: -4, max: 4 });
const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 4, maxLength: 4 });
const losses = { hyperbolicHingeLoss, hyperbolicLogisticLoss };

describe("hyperbolicHingeLoss", () => {
  law("is max(0, arsinh(1) − arsinh(y s)), 0 exactly from y s = 1 on", scores, labels, async (s, y) => {
    const expected = s.map((x, i) => Math.max(0, Math.asinh(1) - Math.asinh(y[i] * x)));
    const found = await hyperbolicHingeLoss(tensor(s), signs(y)).data();
    await expectClose(found, expected, { tolerance: 1e-14 });
    found.forEach((loss, i) => {
      expect(loss === 0).toBe(y[i] * s[i] >= 1);
    });
  });

  law(
    "has gradient −y J x / √(1 + s²) in the normal where y s < 1",
    lorentzPoints(4),
    normals,
    labels,
    async (points, w, y) => {
      const total = (t: Tensor) => hyperbolicHingeLoss(lorentzInner(matrix(points), t), signs(y), { reduction: "sum" });
      const expected = [0, 1, 2].map((j) =>
        points.reduce((sum, x, i) => {
          const s = product(w, x);
          return y[i] * s >= 1 ? sum : sum - (y[i] * (j === 0 ? x[j] : -x[j])) / Math.sqrt(1 + s * s);
        }, 0),
      );
      await expectClose(grad(total)(tensor(w)), expected, { tolerance: 1e-11 });
    },
  );

  it("is finite out to scores of ±1e100", async () => {
    const s = tensor(Float64Array.of(1e100, -1e100));
    const loss = (t: Tensor) => hyperbolicHingeLoss(t, signs([1, 1]), { reduction: "sum" });
    await expectClose(loss(s), Math.asinh(1) + Math.asinh(1e100), { tolerance: 1e-14 });
    await expectClose(grad(loss)(s), [0, -1e-100], { tolerance: 1e-14 });
  });

  it("is small and accurate just below the score 1, and at small scores", async () => {
    await expectClose(hyperbolicHingeLoss(tensor(Float64Array.of(1e-12)), signs([1])), [Math.asinh(1) - 1e-12], {
      tolerance: 1e-15,
    });
  });
});

describe("hyperbolicLogisticLoss", () => {
  law("is log(1 + exp(−y s))", scores, labels, async (s, y) => {
    const expected = s.map((x, i) => Math.log1p(Math.exp(-y[i] * x)));
    await expectClose(hyperbolicLogisticLoss(tensor(s), signs(y)), expected, { tolerance: 1e-14 });
  });

  law("has gradient −σ(−y s) y J x in the normal", lorentzPoints(4), normals, labels, async (points, w, y) => {
    const total = (t: Tensor) =>
      hyperbolicLogisticLoss(lorentzInner(matrix(points), t), signs(y), { reduction: "sum" });
    const expected = [0, 1, 2].map((j) =>
      points.reduce((sum, x, i) => {
        const weight = y[i] / (1 + Math.exp(y[i] * product(w, x)));
        return sum - weight * (j === 0 ? x[j] : -x[j]);
      }, 0),
    );
    await expectClose(grad(total)(tensor(w)), expected, { tolerance: 1e-11 });
  });

  it("is finite out to scores of ±1e6", async () => {
    const s = tensor(Float64Array.of(1e6, -1e6));
    await expectClose(hyperbolicLogisticLoss(s, signs([1, 1])), [0, 1e6], { tolerance: 1e-15 });
  });
});

describe.each(Object.entries(losses))("%s", (name, loss) => {
  law("does not change when labels and scores change sign", scores, labels, async (s, y) => {
    const mirrored = loss(tensor(s.map((x) => -x)), signs(y.map((label) => -label)));
    await expectClose(mirrored, loss(tensor(s), signs(y)), { tolerance: 0 });
  });

  law("agrees with finite differences to second order", distinctFloats([3]), async (s) => {
    await checkGradient((t: Tensor) => loss(t, signs([1, -1, 1]), { reduction: "mean" }), tensor(s), { order: 2 });
  });

  it("takes labels that are computed", async () => {
    const s = tensor(Float64Array.of(0.5, -2));
    await expectClose(loss(s, signs([1, -1]).neg()), loss(s, signs([-1, 1])), { tolerance: 0 });
  });

  it("has the mean and the sum of its losses", async () => {
    const [s, y] = [tensor(Float64Array.of(0.5, 0.2)), signs([1, -1])];
    const [a, b] = await loss(s, y).data();
    await expectClose(loss(s, y, { reduction: "sum" }), a + b, { tolerance: 1e-15 });
    await expectClose(loss(s, y, { reduction: "mean" }), (a + b) / 2, { tolerance: 1e-15 });
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      loss(tensor([0.5, -0.2, 3], { backend }), tensor(Int32Array.of(1, 1, -1), { backend })),
    );
  });

  it("names the argument that is wrong", () => {
    const s = tensor([0.5, 1]);
    expect(() => loss(s, signs([1, 0]))).toThrow(`${name}: labels holds 0 at 1 but must hold -1 and 1`);
    expect(() => loss(s, signs([1]))).toThrow(`${name}: labels has shape [1] but must match scores, [2]`);
    expect(() => loss(s, tensor([1, 1]) as unknown as Tensor<"i32">)).toThrow(
      `${name}: labels is f32 but must be i32; cast it`,
    );
    expect(() => loss(s, signs([1, 1]), { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    expect(() => loss(tensor([1, 2], { dtype: "i32" }) as unknown as Tensor, signs([1, 1]))).toThrow(
      `${name}: scores is i32 but must be f32 or f64; cast it`,
    );
  });
});

finiteAtExtremes("hyperbolicHingeLoss", (x, { labels }) =>
  hyperbolicHingeLoss(x.reshape([SIZE * SIZE]), extreme.signs(labels)),
);

finiteAtExtremes("hyperbolicLogisticLoss", (x, { labels }) =>
  hyperbolicLogisticLoss(x.reshape([SIZE * SIZE]), extreme.signs(labels)),
);
