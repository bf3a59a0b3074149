import { argmax, broadcastTo, grad, randomKey, softmax, type Tensor, tensor } from "cotangent";
import { categoricalSst, projectSimplex, sampleHard } from "cotangent/methods/generative";
import { checkSampler, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { integrate, logistic, logisticDensity, nodes, spacing } from "./support/quadrature.js";

const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));

describe("categoricalSst", () => {
  it("draws classes with chances softmax(theta)", async () => {
    const theta = f64([0.5, -1, 1.2, 0]);
    const { hard } = sampleHard(categoricalSst(), randomKey(3), broadcastTo(theta, [40_000, 4]));
    const probabilities = await softmax(theta).data();
    const report = checkSampler({ draws: await argmax(hard, -1).data(), probabilities });
    expect(report.logE).toBeLessThan(Math.log(1e9));
  });

  law("is the softmax, or the sparsemax, of u / t", floats([4]), numbers({ min: 0.1, max: 5 }), async (u, t) => {
    const z = tensor(u.map((v) => v / t));
    await expectClose(categoricalSst().relaxed(tensor(u), t), softmax(z), { tolerance: 1e-14 });
    const sparse = categoricalSst({ regularizer: "euclidean" });
    await expectClose(sparse.relaxed(tensor(u), t), projectSimplex(z), { tolerance: 1e-14 });
  });

  law(
    "has an unbiased relaxed gradient for two classes",
    floats([2]),
    numbers({ min: 0.4, max: 2 }),
    async (theta, t) => {
      // utilities matter by their difference alone, which is theta's plus logistic noise
      const rows = f64(Array.from(nodes).flatMap((d) => [d, 0]));
      const weights = Float64Array.from(nodes, (d) => spacing * logisticDensity(d));
      const loss = (x: Tensor) =>
        x
          .mul(x)
          .mul(f64([1.5, -0.5]))
          .sum(-1);
      const expected = (at: Tensor) =>
        loss(categoricalSst().relaxed(rows.reshape([-1, 2]).add(at), t))
          .mul(tensor(weights))
          .sum();
      const gap = theta[0] - theta[1];
      const value = (v: number) => {
        const [p, q] = [logistic(v / t), logistic(-v / t)];
        return 1.5 * p * p - 0.5 * q * q;
      };
      // the same expectation with the density moved instead of the sample: −∫ L p′ = ∫ L p tanh((v − gap) / 2)
      const slope = integrate((v) => value(v) * logisticDensity(v - gap) * Math.tanh((v - gap) / 2));
      await expectClose(grad(expected)(tensor(theta)), [slope, -slope], { tolerance: 1e-8 });
    },
  );

  it("gives ties to the earlier class, and works for one", async () => {
    await expectClose(categoricalSst().hard(f64([2, 7, 7])), [0, 1, 0], { tolerance: 0 });
    await expectClose(categoricalSst().hard(f64([-3])), [1], { tolerance: 0 });
    await expectClose(categoricalSst().relaxed(f64([-3]), 0.1), [1], { tolerance: 0 });
  });

  it("says which regularizers there are", () => {
    expect(() => categoricalSst({ regularizer: "binaryEntropy" as "euclidean" })).toThrow(
      'categoricalSst: regularizer is "binaryEntropy" but must be one of exponentialFamily, euclidean',
    );
  });
});
