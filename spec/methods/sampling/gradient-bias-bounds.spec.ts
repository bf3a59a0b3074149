import { grad, randomKey, type Tensor, tensor } from "cotangent";
import { aliasSampler, gradientBiasBounds } from "cotangent/methods/sampling";
import { expectation, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { besides, lossOf, sumOf } from "./support/one-row.js";

interface Problem {
  readonly scores: Float64Array;
  readonly target: number;
  /** 0 at the target. */
  readonly q: Float64Array;
}

/** Scores as far apart as those of standard deviation 3 are, and a skewed proposal. */
const problems = (classes: number, most = 6) =>
  fc
    .record({
      scores: floats([classes], { min: -most, max: most }),
      target: fc.integer({ min: 0, max: classes - 1 }),
      weights: simplex(classes, 0.1 / classes).map((weights) => weights.map((weight) => weight ** 3)),
    })
    .map(({ scores, target, weights }): Problem => ({ scores, target, q: besides(weights, target) }));

/** E[∇L'] − ∇L on the scores, over all (C − 1)^m outcomes. */
function enumeratedBias({ scores, target, q }: Problem, negatives: number): Float64Array {
  const weights = scores.map(Math.exp);
  const z = sumOf(weights);
  const bias = weights.map((weight) => -weight / z);
  const others = [...scores.keys()].filter((j) => j !== target);
  const visit = (drawn: readonly number[], probability: number) => {
    if (drawn.length < negatives) {
      for (const j of others) visit([...drawn, j], probability * q[j]);
      return;
    }
    const parts = drawn.map((j) => weights[j] / (negatives * q[j]));
    const total = weights[target] + sumOf(parts);
    bias[target] += (probability * weights[target]) / total;
    for (const [i, j] of drawn.entries()) bias[j] += (probability * parts[i]) / total;
  };
  visit([], 1);
  return bias;
}

const l1 = (values: Float64Array) => sumOf(values.map(Math.abs));
const negativesUpTo4 = fc.integer({ min: 1, max: 4 });
const rounding = 1e-12;

describe("gradientBiasBounds", () => {
  law(
    "is of the loss's own gradient: the enumeration agrees with it",
    problems(4, 2),
    fc.integer({ min: 1, max: 2 }),
    async (problem, negatives) => {
      const { scores, target, q } = problem;
      const sampler = aliasSampler({ probabilities: q });
      const slope = (key: ReturnType<typeof randomKey>) =>
        grad((o: Tensor) => lossOf(o, target, sampler, key, { negatives }))(tensor(scores));
      const mean = await expectation(slope, randomKey(0));
      const z = sumOf(scores.map(Math.exp));
      const bias = mean.map((value, j) => value - (Math.exp(scores[j]) / z - (j === target ? 1 : 0)));
      await expectClose(enumeratedBias(problem, negatives), bias, { tolerance: 1e-12 });
    },
  );

  law(
    "bounds every entry, whatever the gradients of the scores, by less and less sharp bounds",
    fc.integer({ min: 2, max: 5 }).chain((classes) => problems(classes)),
    negativesUpTo4,
    (problem, negatives) => {
      const { scores, target, q } = problem;
      const bounds = gradientBiasBounds(scores, target, q, { negatives });
      // the worst gradients are ±M with the signs of the bias on the scores
      expect(l1(enumeratedBias(problem, negatives))).toBeLessThanOrEqual(bounds.bound + rounding);
      expect(bounds.bound).toBeLessThanOrEqual(bounds.boundByDistance * (1 + rounding));
      expect(bounds.boundByDistance).toBeLessThanOrEqual(bounds.boundBySpread * (1 + rounding));
    },
  );

  law(
    "bounds entries from below, where gradients are ≥ 0, more closely; the source's lower bound holds there too",
    fc.integer({ min: 2, max: 5 }).chain((classes) => problems(classes)),
    negativesUpTo4,
    (problem, negatives) => {
      const { scores, target, q } = problem;
      const bounds = gradientBiasBounds(scores, target, q, { negatives, gradientBound: 2 });
      const lowest = 2 * sumOf(enumeratedBias(problem, negatives).map((value) => Math.min(0, value)));
      expect(lowest).toBeGreaterThanOrEqual(bounds.lowerIfNonnegative - rounding);
      expect(bounds.lowerIfNonnegative).toBeCloseTo(-bounds.bound / 2, 12);
      expect(bounds.lowerIfNonnegative).toBeGreaterThanOrEqual(bounds.published.lower - rounding);
    },
  );

  it("is tight: a target far above the others comes within 0.01 % of it", () => {
    const worst = [];
    for (const top of [0, 4, 8, 12]) {
      const problem = { scores: new Float64Array([top, 0, 1, -1]), target: 0, q: new Float64Array([0, 0.6, 0.1, 0.3]) };
      const { bound } = gradientBiasBounds(problem.scores, 0, problem.q, { negatives: 2 });
      worst.push(l1(enumeratedBias(problem, 2)) / bound);
    }
    expect(worst[3]).toBeGreaterThan(0.9999);
    expect(worst[3]).toBeLessThanOrEqual(1);
    expect([...worst].sort()).toEqual(worst);
  });

  law(
    "holds for the leading order of the bias at any size",
    problems(200),
    fc.integer({ min: 1, max: 1000 }),
    (problem, negatives) => {
      const { scores, target, q } = problem;
      const { leadingBias, bound } = gradientBiasBounds(scores, target, q, { negatives });
      expect(l1(leadingBias)).toBeLessThanOrEqual(bound * (1 + rounding));
      expect(Math.abs(sumOf(leadingBias))).toBeLessThan(rounding * bound);
    },
  );

  law(
    "has the leading order of the bias: what is left falls as the target outweighs the others",
    floats([3], { min: -1, max: 1 }),
    simplex(3, 0.15),
    negativesUpTo4,
    (others, shares, negatives) => {
      const [scores, q] = [Float64Array.of(12, ...others), Float64Array.of(0, ...shares)];
      const target = 0;
      const { leadingBias } = gradientBiasBounds(scores, target, q, { negatives });
      const bias = enumeratedBias({ scores, target, q }, negatives);
      const off = l1(bias.map((value, j) => value - leadingBias[j]));
      expect(off).toBeLessThan(1e-3 * l1(leadingBias) + 1e-15); // e / 0.15 is 1e-4 of e^12
    },
  );

  law(
    "has the leading order of the bias: what is left falls with more negatives",
    floats([3], { min: -0.3, max: 0.3 }),
    (scores) => {
      const problem = { scores, target: 0, q: new Float64Array([0, 0.2, 0.8]) };
      for (const negatives of [2, 4, 8]) {
        const { leadingBias } = gradientBiasBounds(scores, 0, problem.q, { negatives });
        const off = l1(enumeratedBias(problem, negatives).map((value, j) => value - leadingBias[j]));
        expect(off).toBeLessThan((0.5 / negatives) * l1(leadingBias));
      }
    },
  );

  law(
    "is 0 where q is the softmax of the negatives, as is the bias",
    problems(4),
    negativesUpTo4,
    (problem, negatives) => {
      const { scores, target } = problem;
      const q = besides(scores.map(Math.exp), target);
      const bounds = gradientBiasBounds(scores, target, q, { negatives });
      expect(l1(enumeratedBias({ scores, target, q }, negatives))).toBeLessThan(1e-14);
      for (const bound of [
        bounds.bound,
        bounds.boundByDistance,
        bounds.boundBySpread,
        bounds.distance,
        bounds.variance,
      ]) {
        expect(bound).toBeLessThan(1e-14);
      }
      expect(l1(bounds.leadingBias)).toBeLessThan(1e-14);
    },
  );

  law(
    "has the parts that its definition names",
    problems(5),
    negativesUpTo4,
    async ({ scores, target, q }, negatives) => {
      const weights = scores.map(Math.exp);
      const z = sumOf(weights);
      const others = [0, 1, 2, 3, 4].filter((j) => j !== target);
      const rest = sumOf(others.map((j) => weights[j]));
      const ratios = others.map((j) => weights[j] / q[j]);
      const distance = sumOf(others.map((j, i) => weights[j] * Math.abs(ratios[i] - rest)));
      const second = sumOf(others.map((j, i) => weights[j] * ratios[i]));
      const spread = Math.max(...ratios) - Math.min(...ratios);
      const found = gradientBiasBounds(scores, target, q, { negatives, gradientBound: 3 });
      const m = negatives;
      const expected = [
        (3 * (distance + second - rest ** 2)) / (m * z * z),
        (6 * distance) / (m * z * z),
        (6 * rest * spread) / (m * z * z),
        distance / z ** 2,
        (second - rest ** 2) / z ** 2,
        (-3 * distance) / (m * z * z),
        (second - rest ** 2) / (m * z * z),
        (6 * spread * rest) / (m * (rest ** 2 + second)),
      ];
      const { published } = found;
      const values = [
        found.bound,
        found.boundByDistance,
        found.boundBySpread,
        found.distance,
        found.variance,
        published.lower,
        published.upperSlope,
        published.upperConstant,
      ];
      for (const [i, value] of values.entries()) {
        // V cancels: its digits are lost beside those of its terms
        expect(Math.abs(value - expected[i])).toBeLessThan(1e-10 * Math.abs(expected[i]) + 1e-12 * (second / (z * z)));
      }
    },
  );

  law(
    "does not change with the level of the scores, out to 1e6",
    problems(4),
    fc.constantFrom(-1e6, 1000, 1e6),
    (problem, shift) => {
      const { scores, target, q } = problem;
      const one = gradientBiasBounds(scores, target, q, { negatives: 3 });
      const other = gradientBiasBounds(
        scores.map((score) => score + shift),
        target,
        q,
        { negatives: 3 },
      );
      expect(Math.abs(other.bound / one.bound - 1)).toBeLessThan(1e-8); // scores of 1e6 have ten digits behind the point
      expect(Number.isFinite(other.published.upperConstant)).toBe(true);
    },
  );

  it("takes classes that cannot be: drawn in vain, or not at all", () => {
    const none = Number.NEGATIVE_INFINITY;
    const plain = gradientBiasBounds([0, 1, 2], 0, [0, 0.5, 0.5], { negatives: 2 });
    const beside = gradientBiasBounds([0, 1, 2, none], 0, [0, 0.5, 0.5, 0], { negatives: 2 });
    expect(beside.bound).toBe(plain.bound);
    expect([...beside.leadingBias]).toEqual([...plain.leadingBias, 0]);
    const inVain = gradientBiasBounds([0, 1, none], 0, [0, 0.5, 0.5], { negatives: 1 });
    const bias = l1(
      enumeratedBias({ scores: new Float64Array([0, 1, none]), target: 0, q: new Float64Array([0, 0.5, 0.5]) }, 1),
    );
    expect(bias).toBeGreaterThan(0.1);
    expect(inVain.bound).toBeGreaterThanOrEqual(bias);
    expect(inVain.boundBySpread).toBeGreaterThanOrEqual(inVain.boundByDistance);
    const alone = gradientBiasBounds([0, none], 0, [0, 1], { negatives: 1 });
    expect([alone.bound, alone.boundBySpread, alone.published.upperConstant]).toEqual([0, 0, 0]);
  });

  it("names the argument that is wrong", () => {
    const bounds =
      (scores: number[], target: number, q: number[], options = {}) =>
      () =>
        gradientBiasBounds(scores, target, q, { negatives: 1, ...options });
    expect(bounds([1], 0, [0])).toThrow("gradientBiasBounds: scores has 1 classes but must have at least 2");
    expect(bounds([1, 2], 0, [0])).toThrow("gradientBiasBounds: q has 1 classes but must have 2, as scores has");
    expect(bounds([1, 2], 2, [0, 1])).toThrow("gradientBiasBounds: target is 2 but must be in [0, 2)");
    expect(bounds([1, 2], 0.5, [0, 1])).toThrow("gradientBiasBounds: target is 0.5 but must be in [0, 2)");
    expect(bounds([1, Number.NaN], 0, [0, 1])).toThrow(
      "gradientBiasBounds: scores[1] is NaN but must be below Infinity",
    );
    expect(bounds([Number.NEGATIVE_INFINITY, 1], 0, [0, 1])).toThrow(
      "gradientBiasBounds: scores[0] is -Infinity but must be finite for the target",
    );
    expect(bounds([1, 2, 3], 0, [0, 1.5, -0.5])).toThrow("gradientBiasBounds: q[2] is -0.5 but must be ≥ 0");
    expect(bounds([1, 2, 3], 0, [0, 1, 0])).toThrow(
      "gradientBiasBounds: q[2] is 0 but must be above 0 for every class that can be a negative",
    );
    expect(bounds([1, 2], 0, [0.5, 0.5])).toThrow(
      "gradientBiasBounds: q[0] is 0.5 but must be 0 for the target; renormalize without it",
    );
    expect(bounds([1, 2], 0, [0, 0.9])).toThrow("gradientBiasBounds: q adds up to 0.9 but must add up to 1");
    expect(bounds([1, 2], 0, [0, 1], { negatives: 0 })).toThrow(
      "gradientBiasBounds: negatives is 0 but must be a whole number ≥ 1",
    );
    expect(bounds([1, 2], 0, [0, 1], { gradientBound: 0 })).toThrow(
      "gradientBiasBounds: gradientBound is 0 but must be a finite number > 0",
    );
  });
});
