import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/autodiff/check.js";
import type { ChoiceSource } from "../../src/testing/choice-source.js";
import { checkUnbiasedByEnumeration, exactExpectation } from "../../src/testing/exact-expectation.js";

const scores = [0.3, -1.1, 0.8, 1.7, -0.4];
const proposal = [0, 0.1, 0.4, 0.3, 0.2]; // over the negatives of target 0
const partition = scores.reduce((sum, score) => sum + Math.exp(score), 0);

/** e^{o_t} + Σ_i e^{o_i} / (m q_i), as in sampled softmax, its correction scaled by `factor`. */
const sampledPartition =
  (samples: number, factor = 1) =>
  (source: ChoiceSource) => {
    let z = Math.exp(scores[0]);
    for (let i = 0; i < samples; i++) {
      const id = source.choose(proposal);
      z += (factor * Math.exp(scores[id])) / (samples * proposal[id]);
    }
    return z;
  };

describe("exactExpectation", () => {
  it("is the weighted sum over the outcomes, for numbers and for lists", () => {
    expect(exactExpectation((source) => source.choose([1, 2, 3]))).toBeCloseTo(4 / 3, 15);
    const means = exactExpectation((source) => {
      const id = source.choose([1, 2, 3]);
      return [id, id * id];
    });
    expect(means[0]).toBeCloseTo(4 / 3, 15);
    expect(means[1]).toBeCloseTo(7 / 3, 15);
  });

  it("awaits estimators that answer with promises", async () => {
    expect(await exactExpectation(async (source) => source.choose([1, 3]))).toBe(0.75);
    expect(Array.from(await exactExpectation(async (source) => [source.choose([1, 3])]))).toEqual([0.75]);
  });

  it("keeps the small terms when large ones cancel", () => {
    const values = [1e17, 4, -1e17, 4];
    expect(exactExpectation((source) => values[source.choose([1, 1, 1, 1])])).toBe(2);
    expect(exactExpectation((source) => [...values].reverse()[source.choose([1, 1, 1, 1])])).toBe(2);
  });

  it("adds up 10⁴ unequal paths to within 1e-12 of 1", () => {
    const weights = Array.from({ length: 10_000 }, (_, j) => 1 / (j + 1));
    expect(exactExpectation((source) => (source.choose(weights) >= 0 ? 1 : 0))).toBeCloseTo(1, 12);
  });

  it("refuses probabilities that rounding keeps from adding up to 1", () => {
    // 1 + 2⁻⁵⁴ is 1, so that each of the small ones comes on top
    const total = (small: number) => {
      const weights = [1, ...new Array(small).fill(2 ** -54)];
      return exactExpectation((source) => (source.choose(weights) >= 0 ? 1 : 0));
    };
    expect(total(15_000)).toBe(1 + 15_000 * 2 ** -54);
    expect(() => total(20_000)).toThrow(
      new Error(
        `exactExpectation: the sum of all path probabilities is ${1 + 20_000 * 2 ** -54} but must be 1 within 1e-12`,
      ),
    );
  });

  it("refuses values of changing length", () => {
    expect(() => exactExpectation((source) => Array.from({ length: 1 + source.choose([1, 1]) }, () => 0))).toThrow(
      new ShapeError("exactExpectation: f has 2 components on one path but must have 1, as on the first"),
    );
  });
});

describe("checkUnbiasedByEnumeration", () => {
  it("proves the sampled partition function unbiased for every number of samples", () => {
    for (const samples of [1, 2, 3, 4]) {
      const proof = checkUnbiasedByEnumeration(sampledPartition(samples), partition);
      expect(proof.paths).toBe(4 ** samples);
      expect(proof.error).toBeLessThan(1e-13);
      expect(proof.expectation[0]).toBeCloseTo(partition, 12);
    }
  });

  it("catches a bias of two parts in 10⁹, and lets one below its tolerance pass", () => {
    const rest = partition - Math.exp(scores[0]);
    const factor = 1 + (2e-9 * partition) / rest;
    expect(() => checkUnbiasedByEnumeration(sampledPartition(3, factor), partition)).toThrow(
      "checkUnbiasedByEnumeration: the expectation's component 0 is",
    );
    const hidden = 1 + (0.9e-10 * (1 + partition)) / rest;
    expect(checkUnbiasedByEnumeration(sampledPartition(3, hidden), partition).error).toBeGreaterThan(1e-10);
  });

  it("proves lists component by component, also behind promises", async () => {
    const onehot = (source: ChoiceSource) => {
      const id = source.choose([1, 3]);
      return [0, 1].map((j) => (j === id ? 2 : 0));
    };
    expect(checkUnbiasedByEnumeration(onehot, [0.5, 1.5]).paths).toBe(2);
    expect((await checkUnbiasedByEnumeration(async (source) => onehot(source), [0.5, 1.5])).paths).toBe(2);
    const message =
      "checkUnbiasedByEnumeration: the expectation's component 1 is 1.5 but must be 1.25 within 2.25e-10; the estimator is biased";
    expect(() => checkUnbiasedByEnumeration(onehot, [0.5, 1.25])).toThrow(new Error(message));
    await expect(checkUnbiasedByEnumeration(async (source) => onehot(source), [0.5, 1.25])).rejects.toThrow(
      new Error(message),
    );
  });

  it("catches a bias to either side, in any component, and tells the largest that it lets pass", () => {
    for (const bias of [0.25, -0.25]) {
      expect(() => checkUnbiasedByEnumeration(() => [1, 2 + bias], [1, 2])).toThrow(
        new Error(
          `checkUnbiasedByEnumeration: the expectation's component 1 is ${2 + bias} but must be 2 within ${1e-10 * 3}; the estimator is biased`,
        ),
      );
      const small = bias * 2 ** -31; // 1.2e-10
      const proof = checkUnbiasedByEnumeration(() => [1 + small, -1 - small / 4], [1, -1]);
      expect(proof.error).toBe(Math.abs(small));
    }
  });

  it("never accepts NaN", () => {
    expect(() => checkUnbiasedByEnumeration(() => NaN, 0)).toThrow(
      new Error(
        "checkUnbiasedByEnumeration: the expectation's component 0 is NaN but must be 0 within 1e-10; the estimator is biased",
      ),
    );
  });

  it("names the argument that is wrong", () => {
    expect(() => checkUnbiasedByEnumeration(() => 1, [1, Infinity])).toThrow(
      new RangeError("checkUnbiasedByEnumeration: truth[1] is Infinity but must be a finite number"),
    );
    expect(() => checkUnbiasedByEnumeration(() => 1, [1, 2])).toThrow(
      new ShapeError("checkUnbiasedByEnumeration: f has 1 components but must have 2, as truth has"),
    );
    expect(() => checkUnbiasedByEnumeration((source) => source.choose([1, 1]), 0.5, { maxPaths: 1 })).toThrow(
      new RangeError(
        "checkUnbiasedByEnumeration: f has more than 1 decision paths but must have at most maxPaths; shrink the instance or test it sequentially",
      ),
    );
  });
});
