import { broadcastTo, randomKey, tensor } from "cotangent";
import {
  kSubsetBinaryEntropy,
  kSubsetEntropy,
  kSubsetMarginals,
  kSubsetSst,
  projectCappedSimplex,
  sampleHard,
} from "cotangent/methods/generative";
import { checkSampler, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { subsets, sum } from "./support/structures.js";

describe("kSubsetSst", () => {
  it("draws sets with the chances of successive draws without replacement", async () => {
    const theta = [0.7, -0.5, 1.1, 0];
    const weights = theta.map(Math.exp);
    const total = sum(weights);
    const probabilities = subsets(4, 2).map((x) => {
      const [i, j] = [...x.keys()].filter((at) => x[at] === 1);
      const inOrder = (a: number, b: number) => ((weights[a] / total) * weights[b]) / (total - weights[a]);
      return inOrder(i, j) + inOrder(j, i);
    });
    const rows = broadcastTo(tensor(Float64Array.from(theta)), [40_000, 4]);
    const bits = await sampleHard(kSubsetSst({ k: 2 }), randomKey(8), rows).hard.data();
    const codes = subsets(4, 2).map((x) => x.join(""));
    const draws = Int32Array.from({ length: 40_000 }, (_, row) =>
      codes.indexOf(bits.slice(4 * row, 4 * row + 4).join("")),
    );
    expect(checkSampler({ draws, probabilities }).logE).toBeLessThan(Math.log(1e9));
  });

  law("is each relaxation at u / t", floats([5]), numbers({ min: 0.2, max: 3 }), async (u, t) => {
    const z = tensor(u.map((v) => v / t));
    const at = (regularizer?: "exponentialFamily" | "binaryEntropy" | "categoricalEntropy" | "euclidean") =>
      kSubsetSst({ k: 3, ...(regularizer === undefined ? {} : { regularizer }) }).relaxed(tensor(u), t);
    await expectClose(at(), kSubsetMarginals(z, 3), { tolerance: 1e-13 });
    await expectClose(at("exponentialFamily"), kSubsetMarginals(z, 3), { tolerance: 1e-13 });
    await expectClose(at("binaryEntropy"), kSubsetBinaryEntropy(z, 3), { tolerance: 1e-13 });
    await expectClose(at("categoricalEntropy"), kSubsetEntropy(z, 3), { tolerance: 1e-13 });
    await expectClose(at("euclidean"), projectCappedSimplex(z, 3), { tolerance: 1e-13 });
  });

  it("gives ties to the earlier elements, and all for k = n", async () => {
    const u = tensor(Float64Array.of(1, 2, 2, 2, 0));
    await expectClose(kSubsetSst({ k: 2 }).hard(u), [0, 1, 1, 0, 0], { tolerance: 0 });
    await expectClose(kSubsetSst({ k: 5 }).hard(u), [1, 1, 1, 1, 1], { tolerance: 0 });
    await expectClose(kSubsetSst({ k: 5 }).relaxed(u, 0.1), [1, 1, 1, 1, 1], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    for (const k of [0, 2.5]) {
      expect(() => kSubsetSst({ k })).toThrow(`kSubsetSst: k is ${k} but must be a whole number ≥ 1`);
    }
    const u = tensor(new Float64Array(3));
    for (const use of [() => kSubsetSst({ k: 4 }).hard(u), () => kSubsetSst({ k: 4 }).relaxed(u, 1)]) {
      expect(use).toThrow("kSubsetSst: k is 4 but must be a whole number in [1, 3]");
    }
    expect(() => kSubsetSst({ k: 1, regularizer: "entropy" as "euclidean" })).toThrow(
      'kSubsetSst: regularizer is "entropy" but must be one of exponentialFamily, binaryEntropy, categoricalEntropy, euclidean',
    );
  });
});
