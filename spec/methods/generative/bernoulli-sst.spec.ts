import { broadcastTo, grad, randomKey, sigmoid, type Tensor, tensor } from "cotangent";
import { bernoulliSst, sampleHard } from "cotangent/methods/generative";
import { checkSampler, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { integrate, logistic, logisticDensity, nodes, spacing } from "./support/quadrature.js";

describe("bernoulliSst", () => {
  it("draws each element with chance σ(theta), independently of the others", async () => {
    const theta = tensor(Float64Array.of(0.8, -0.4));
    const { hard } = sampleHard(bernoulliSst(), randomKey(5), broadcastTo(theta, [40_000, 2]));
    const bits = await hard.data();
    const draws = Int32Array.from({ length: 40_000 }, (_, row) => 2 * bits[2 * row] + bits[2 * row + 1]);
    const [p, q] = [logistic(0.8), logistic(-0.4)];
    const probabilities = [(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q];
    expect(checkSampler({ draws, probabilities }).logE).toBeLessThan(Math.log(1e9));
  });

  law("is σ(u / t), or u / t clipped", floats([4]), numbers({ min: 0.1, max: 5 }), async (u, t) => {
    await expectClose(bernoulliSst().relaxed(tensor(u), t), sigmoid(tensor(u.map((v) => v / t))), { tolerance: 1e-15 });
    const clipped = u.map((v) => Math.max(0, Math.min(1, v / t)));
    await expectClose(bernoulliSst({ regularizer: "euclidean" }).relaxed(tensor(u), t), clipped, { tolerance: 1e-15 });
  });

  law("has an unbiased relaxed gradient", numbers(), numbers({ min: 0.4, max: 2 }), async (theta, t) => {
    const weights = Float64Array.from(nodes, (d) => spacing * logisticDensity(d));
    const expected = (at: Tensor) => {
      const x = bernoulliSst().relaxed(tensor(nodes).add(at), t);
      return x.mul(x).add(x.mul(0.3)).mul(tensor(weights)).sum();
    };
    const value = (v: number) => logistic(v / t) ** 2 + 0.3 * logistic(v / t);
    const slope = integrate((v) => value(v) * logisticDensity(v - theta) * Math.tanh((v - theta) / 2));
    await expectClose(grad(expected)(tensor(Float64Array.of(theta), { shape: [] })), [slope], { tolerance: 1e-8 });
  });

  it("leaves elements out at 0", async () => {
    await expectClose(bernoulliSst().hard(tensor(Float64Array.of(0, 1e-300, -1))), [0, 1, 0], { tolerance: 0 });
  });

  it("says which regularizers there are", () => {
    expect(() => bernoulliSst({ regularizer: "categoricalEntropy" as "euclidean" })).toThrow(
      'bernoulliSst: regularizer is "categoricalEntropy" but must be one of exponentialFamily, euclidean',
    );
  });
});
