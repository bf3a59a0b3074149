import { concat, grad, type Tensor, tensor } from "cotangent";
import { hyperbolicMargin, hyperbolicSvmObjective } from "cotangent/methods/metric";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import { lorentzPoints, matrix, normals, pointAt, product, signs } from "./support/lorentz-points.js";

const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 4, maxLength: 4 });

describe("hyperbolicSvmObjective", () => {
  law(
    "is −½ w * w + C Σ max(0, arsinh(1) − arsinh(y (w * x))), w as it is",
    lorentzPoints(4),
    normals,
    labels,
    numbers({ min: 0.1, max: 5 }),
    async (points, normal, y, scale) => {
      const w = normal.map((value) => scale * value);
      const hinge = points.reduce(
        (sum, x, i) => sum + Math.max(0, Math.asinh(1) - Math.asinh(y[i] * product(w, x))),
        0,
      );
      const found = hyperbolicSvmObjective(tensor(w), matrix(points), signs(y), { penalty: 3 });
      await expectClose(found, -product(w, w) / 2 + 3 * hinge, { tolerance: 1e-11 });
      await expectClose(hyperbolicSvmObjective(tensor(w), matrix(points), signs(y)), -product(w, w) / 2 + hinge, {
        tolerance: 1e-11,
      });
    },
  );

  it("agrees with finite differences to second order", async () => {
    const points = matrix([pointAt(1, [0.6, 0.8]), pointAt(0.5, [1, 0]), pointAt(1.5, [0, -1])]);
    const objective = (w: Tensor) => hyperbolicSvmObjective(w, points, signs([-1, 1, 1]), { penalty: 0.7 });
    await checkGradient(objective, tensor(Float64Array.of(0.3, 1, -0.4)), { order: 2 });
  });

  it("has its least value, on separable points, where the margin is largest", async () => {
    const points = [pointAt(1, [1, 0]), pointAt(1, [-1, 0])];
    const objective = (w: Tensor) => hyperbolicSvmObjective(w, matrix(points), signs([-1, 1]), { penalty: 10 });
    let w = Float64Array.of(0.2, 1, 0.3);
    const rate = 1e-3;
    for (let step = 0; step < 3000; step++) {
      const slope = await grad(objective)(tensor(w)).data();
      w = w.map((value, i) => value - rate * slope[i]);
    }
    expect(hyperbolicMargin(w, { points, labels: [-1, 1] })).toBeGreaterThan(0.99);
    expect(Math.abs(1 / Math.sqrt(-product(w, w)) - Math.sinh(1))).toBeLessThan(0.02);
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      hyperbolicSvmObjective(
        tensor([0.1, 1], { backend }),
        tensor(
          [
            [1, 0],
            [Math.cosh(1), Math.sinh(1)],
          ],
          { backend },
        ),
        tensor(Int32Array.of(1, -1), { backend }),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const [w, x] = [tensor([0, 1]), tensor([[1, 0]])];
    expect(() => hyperbolicSvmObjective(w, x, signs([1]), { penalty: 0 })).toThrow(
      "hyperbolicSvmObjective: penalty is 0 but must be a finite number > 0",
    );
    expect(() => hyperbolicSvmObjective(tensor([1, 0]), x, signs([1]))).toThrow(
      "hyperbolicSvmObjective: normal has w * w = 1 but must be space-like, w * w < 0",
    );
    expect(() => hyperbolicSvmObjective(w, tensor([[1, 1]]), signs([1]))).toThrow(
      "hyperbolicSvmObjective: point 0 of points has x * x = 0 but must have 1, be on the hyperboloid",
    );
    expect(() => hyperbolicSvmObjective(w, x, signs([1, 1]))).toThrow(
      "hyperbolicSvmObjective: labels has shape [2] but must be [1]",
    );
    expect(() => hyperbolicSvmObjective(w, x, signs([2]))).toThrow(
      "hyperbolicHingeLoss: labels holds 2 at 0 but must hold -1 and 1",
    );
  });
});

finiteAtExtremes(
  "hyperbolicSvmObjective",
  (x, { labels }) => {
    // The normal has the scores as its products with unit vectors, which stand for points near the origin.
    const points = extreme.beside(x, Array.from({ length: SIZE }, () => [1, ...Array(SIZE).fill(0)]).flat(), [
      SIZE,
      SIZE + 1,
    ]);
    const classes = extreme.ints(
      labels,
      Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    );
    const rowsOf = x.sum(0).div(SIZE); // [SIZE]
    const normal = concat([extreme.beside(x, [0.5]), rowsOf], 0);
    return hyperbolicSvmObjective(normal, points, classes);
  },
  { degree: 2 },
);
