import {
  compSumConditionalRegret,
  compSumPhi,
  hConsistencyBound,
  hConsistencyTransform,
  minimizabilityGap,
} from "cotangent/methods/classification";
import { floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const taus = fc.constantFrom(0, 0.3, 0.5, 0.9, 1, 1.1, 1.5, 1.9, 1.99, 2, 2.5, 4);
const someClasses = fc.integer({ min: 2, max: 6 });
const shares = numbers({ min: 0, max: 1 });
/** Scores and the labels' law over two to six classes. */
const points = someClasses.chain((n) => fc.record({ h: floats([n], { min: -4, max: 4 }), q: simplex(n, 0) }));
const argmax = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));

describe("hConsistencyTransform", () => {
  law("rises from 0 and is convex", shares, shares, taus, someClasses, (a, b, tau, classes) => {
    const at = (excess: number) => hConsistencyTransform(excess, { tau, classes });
    expect(at(0)).toBeCloseTo(0, 15);
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    expect(at(low)).toBeLessThanOrEqual(at(high) + 1e-15);
    if (high - low > 1e-3) expect(at(low)).toBeLessThan(at(high));
    expect(at((a + b) / 2)).toBeLessThanOrEqual((at(a) + at(b)) / 2 + 1e-14);
  });

  law("is 1 − √(1 − β²) at τ = 0, and does not jump at τ = 1", shares, someClasses, (excess, classes) => {
    expect(hConsistencyTransform(excess, { tau: 0, classes })).toBeCloseTo(1 - Math.sqrt(1 - excess ** 2), 13);
    const at = hConsistencyTransform(excess, { tau: 1, classes });
    for (const tau of [1 - 1e-6, 1 + 1e-6]) {
      expect(Math.abs(hConsistencyTransform(excess, { tau, classes }) - at)).toBeLessThan(1e-5); // rounding over |τ − 1|
    }
  });

  law("is met exactly by two classes and level scores, up to τ = 2", shares, (excess) => {
    const q = [(1 + excess) / 2, (1 - excess) / 2];
    for (const tau of [0, 0.5, 1, 1.5, 1.9, 2]) {
      const regret = compSumConditionalRegret([0, 0], q, { tau });
      const least = hConsistencyTransform(excess, { tau, classes: 2 });
      expect(Math.abs(regret - least)).toBeLessThan(1e-13);
    }
    if (excess > 0.1) {
      const regret = compSumConditionalRegret([0, 0], q, { tau: 2.5 });
      expect(regret).toBeGreaterThan(1.01 * hConsistencyTransform(excess, { tau: 2.5, classes: 2 }));
    }
  });

  it("names what is wrong", () => {
    expect(() => hConsistencyTransform(1.1, { classes: 2 })).toThrow(
      "hConsistencyTransform: excess is 1.1 but must be in [0, 1]",
    );
    expect(() => hConsistencyTransform(0.5, { classes: 1 })).toThrow(
      "hConsistencyTransform: classes is 1 but must be a whole number ≥ 2",
    );
    expect(() => hConsistencyTransform(0.5, { tau: -1, classes: 2 })).toThrow(
      "hConsistencyTransform: tau is -1 but must be a finite number ≥ 0",
    );
  });
});

describe("hConsistencyBound", () => {
  law("undoes the transform", numbers({ min: 0.01, max: 1 }), taus, someClasses, (excess, tau, classes) => {
    const found = hConsistencyBound(hConsistencyTransform(excess, { tau, classes }), { tau, classes });
    expect(Math.abs(found - excess)).toBeLessThan(1e-9);
  });

  law("is never above its simplified form", numbers({ min: 0, max: 1 }), taus, someClasses, (part, tau, classes) => {
    const regret = part * hConsistencyTransform(1, { tau, classes });
    const simple = hConsistencyBound(regret, { tau, classes, simplified: true });
    expect(hConsistencyBound(regret, { tau, classes })).toBeLessThanOrEqual(simple + 1e-12);
    const closed = [
      Math.sqrt(2 ** tau * (2 - tau) * regret),
      Math.sqrt(2 * classes ** (tau - 1) * regret),
      (tau - 1) * classes ** (tau - 1) * regret,
    ][tau < 1 ? 0 : tau < 2 ? 1 : 2];
    if (part < 1) expect(simple).toBeCloseTo(Math.min(1, closed), 13);
  });

  it("is 1 from the largest regret on, and names what is wrong", () => {
    expect(hConsistencyBound(Math.LN2, { classes: 5 })).toBe(1);
    expect(hConsistencyBound(1e9, { tau: 3, classes: 5 })).toBe(1);
    expect(hConsistencyBound(0, { tau: 0.5, classes: 5 })).toBeLessThan(1e-7);
    expect(() => hConsistencyBound(-1, { classes: 2 })).toThrow(
      "hConsistencyBound: regret is -1 but must be a finite number ≥ 0",
    );
    expect(() => hConsistencyBound(0, { classes: 1.5 })).toThrow(
      "hConsistencyBound: classes is 1.5 but must be a whole number ≥ 2",
    );
  });
});

describe("compSumConditionalRegret", () => {
  law("is never below what the transform says", points, taus, ({ h, q }, tau) => {
    const excess = Math.max(...q) - q[argmax(h)];
    const least = hConsistencyTransform(excess, { tau, classes: q.length });
    expect(least).toBeLessThanOrEqual(compSumConditionalRegret(h, q, { tau }) + 1e-12);
  });

  law("is 0 at log q^a, a = 1 / (2 − τ)", points, numbers({ min: 0, max: 1.8 }), ({ q }, tau) => {
    const best = Array.from(q, (share) => Math.log(share) / (2 - tau));
    if (!best.every(Number.isFinite)) return;
    expect(Math.abs(compSumConditionalRegret(best, q, { tau }))).toBeLessThan(1e-9);
  });

  law("is the expected loss less the least one", points, ({ h, q }) => {
    const risk = (tau: number) =>
      q.reduce((sum, share, y) => {
        const u = h.reduce((total, score, k) => (k === y ? total : total + Math.exp(score - h[y])), 0);
        return sum + share * compSumPhi(u, { tau });
      }, 0);
    const entropy = q.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
    expect(compSumConditionalRegret(h, q, { tau: 1 })).toBeCloseTo(risk(1) - entropy, 10);
    const roots = q.reduce((sum, share) => sum + Math.sqrt(share), 0);
    expect(compSumConditionalRegret(h, q, { tau: 0 })).toBeCloseTo(risk(0) - (roots ** 2 - 1), 9);
    expect(compSumConditionalRegret(h, q, { tau: 3 })).toBeCloseTo(risk(3) - (1 - Math.max(...q)) / 2, 10);
  });

  it("names what is wrong", () => {
    const call =
      (h: number[], q: number[], tau = 1) =>
      () =>
        compSumConditionalRegret(h, q, { tau });
    expect(call([], [])).toThrow("compSumConditionalRegret: scores is empty but must have a class");
    expect(call([0, Number.NaN], [0, 1])).toThrow("compSumConditionalRegret: scores[1] is NaN but must be finite");
    expect(call([0, 0], [1])).toThrow("compSumConditionalRegret: probabilities has length 1 but must have 2");
    expect(call([0, 0], [-1, 2])).toThrow("compSumConditionalRegret: probabilities[0] is -1 but must be ≥ 0");
    expect(call([0, 0], [1, 1])).toThrow(
      "compSumConditionalRegret: probabilities sum to 2 but must sum to 1 within 1e-6",
    );
    expect(call([0, 0], [0, 1], -1)).toThrow("compSumConditionalRegret: tau is -1 but must be a finite number ≥ 0");
    expect(compSumConditionalRegret([0, 800], [0, 1], { tau: 0 })).toBe(0);
  });
});

describe("the guarantees of comp-sum losses", () => {
  it("are those of the logistic loss, τ = 1, by default, and exact", () => {
    const scores = [0.5, -1, 2];
    const shares = [0.2, 0.3, 0.5];
    expect(hConsistencyTransform(0.3, { classes: 3 })).toBe(hConsistencyTransform(0.3, { tau: 1, classes: 3 }));
    const told = { tau: 1, classes: 3, simplified: false };
    expect(hConsistencyBound(0.1, { classes: 3 })).toBe(hConsistencyBound(0.1, told));
    expect(compSumConditionalRegret(scores, shares)).toBe(compSumConditionalRegret(scores, shares, { tau: 1 }));
  });
});

describe("minimizabilityGap", () => {
  law("is ≥ 0, and 0 once one hypothesis is best everywhere", floats([4, 3]), simplex(3), (values, points) => {
    const risks = [0, 1, 2, 3].map((h) => values.slice(3 * h, 3 * h + 3));
    const totals = risks.map((risk) => risk.reduce((sum, value, x) => sum + points[x] * value, 0));
    const best = [0, 1, 2].map((x) => Math.min(...risks.map((risk) => risk[x])));
    const least = best.reduce((sum, value, x) => sum + points[x] * value, 0);
    const gap = minimizabilityGap(risks, points);
    expect(gap).toBeGreaterThanOrEqual(0);
    expect(gap).toBeCloseTo(Math.min(...totals) - least, 12);
    expect(minimizabilityGap([...risks, best], points)).toBeLessThan(1e-15);
  });

  it("names what is wrong", () => {
    expect(() => minimizabilityGap([], [])).toThrow("minimizabilityGap: risks is empty but must have a hypothesis");
    expect(() => minimizabilityGap([[1, 2], [1]], [0.5, 0.5])).toThrow(
      "minimizabilityGap: risks[1] has length 1 but must have 2, as risks[0] has",
    );
    expect(() => minimizabilityGap([[Number.NaN]], [1])).toThrow(
      "minimizabilityGap: risks[0][0] is NaN but must be finite",
    );
    expect(() => minimizabilityGap([[1]], [0.5])).toThrow(
      "minimizabilityGap: probabilities sum to 0.5 but must sum to 1 within 1e-6",
    );
  });
});
