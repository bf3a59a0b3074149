import { type Tensor, tensor } from "cotangent";
import { csDivergenceGaussian } from "cotangent/methods/divergence";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const deviations = numbers({ min: 0.3, max: 2 });
const one = (mean: number, deviation: number) => ({
  mean: tensor(Float64Array.of(mean)),
  covariance: tensor(Float64Array.of(deviation ** 2), { shape: [1, 1] }) as Tensor,
});
const two = (mean: Float64Array, m: Float64Array) => {
  const root = tensor(m, { shape: [2, 2] }) as Tensor;
  const ridge = tensor(Float64Array.of(0.5, 0, 0, 0.5), { shape: [2, 2] }) as Tensor;
  return { mean: tensor(mean) as Tensor, covariance: root.matmul(root.transpose()).add(ridge) };
};

describe("csDivergenceGaussian", () => {
  law(
    "is (m₁ − m₂)² / (s₁² + s₂²) + log((s₁² + s₂²) / 2s₁s₂) in one dimension",
    ...([numbers(), deviations, numbers(), deviations] as const),
    async (m1, s1, m2, s2) => {
      const spread = s1 ** 2 + s2 ** 2;
      const expected = (m1 - m2) ** 2 / spread + Math.log(spread / (2 * s1 * s2));
      await expectClose(csDivergenceGaussian(one(m1, s1), one(m2, s2)), expected, { tolerance: 1e-12 });
    },
  );

  law("is the integral that defines it", numbers(), deviations, deviations, async (m, s1, s2) => {
    const density = (x: number, mean: number, s: number) =>
      Math.exp(-((x - mean) ** 2) / (2 * s * s)) / (s * Math.sqrt(2 * Math.PI));
    let [pp, qq, pq] = [0, 0, 0];
    for (let x = -25; x < 25; x += 0.01) {
      const [p, q] = [density(x, m, s1), density(x, 0, s2)];
      [pp, qq, pq] = [pp + 0.01 * p * p, qq + 0.01 * q * q, pq + 0.01 * p * q];
    }
    const expected = Math.log(pp) + Math.log(qq) - 2 * Math.log(pq);
    await expectClose(csDivergenceGaussian(one(m, s1), one(0, s2)), expected, { tolerance: 1e-10 });
  });

  law("adds up over independent coordinates", floats([2]), deviations, deviations, async (m, s1, s2) => {
    const diagonal = (a: number, b: number) => tensor(Float64Array.of(a * a, 0, 0, b * b), { shape: [2, 2] }) as Tensor;
    const both = csDivergenceGaussian(
      { mean: tensor(m), covariance: diagonal(s1, s2) },
      { mean: tensor(new Float64Array(2)), covariance: diagonal(s2, 1) },
    );
    const parts = csDivergenceGaussian(one(m[0], s1), one(0, s2)).add(csDivergenceGaussian(one(m[1], s2), one(0, 1)));
    await expectClose(both, parts, { tolerance: 1e-12 });
  });

  law(
    "is ≥ 0, symmetric, 0 for equals, and has a right gradient",
    ...([floats([2]), floats([4]), floats([2]), floats([4])] as const),
    async (m1, r1, m2, r2) => {
      const [p, q] = [two(m1, r1), two(m2, r2)];
      const forward = await csDivergenceGaussian(p, q).item();
      expect(forward).toBeGreaterThanOrEqual(-1e-12);
      await expectClose(csDivergenceGaussian(q, p), forward, { tolerance: 1e-11 });
      await expectClose(csDivergenceGaussian(p, p), 0, { tolerance: 1e-11 });
      const f = ({ mean, root }: { mean: Tensor; root: Tensor }) => {
        const covariance = root.matmul(root.transpose()).add(tensor(Float64Array.of(1, 0, 0, 1), { shape: [2, 2] }));
        return csDivergenceGaussian({ mean, covariance }, q);
      };
      await checkGradient(
        f,
        { mean: tensor(m1) as Tensor, root: tensor(r1, { shape: [2, 2] }) as Tensor },
        { order: 2 },
      );
    },
  );

  it("names what is wrong", () => {
    const good = {
      mean: tensor([0, 0]),
      covariance: tensor([
        [1, 0],
        [0, 1],
      ]),
    };
    const call =
      (p: object, q: object = {}) =>
      () =>
        csDivergenceGaussian({ ...good, ...p }, { ...good, ...q });
    expect(call({ mean: tensor([[0]]) })).toThrow("csDivergenceGaussian: p.mean has shape [1, 1] but must have 1 axis");
    expect(call({ covariance: tensor([[1]]) })).toThrow(
      "csDivergenceGaussian: p.covariance has shape [1, 1] but must be [2, 2]",
    );
    expect(call({}, { mean: tensor([0]) })).toThrow("csDivergenceGaussian: q.mean has shape [1] but must be [2]");
    expect(call({}, { covariance: tensor([0]) })).toThrow(
      "csDivergenceGaussian: q.covariance has shape [1] but must be [2, 2]",
    );
    expect(call({ mean: tensor([0, Number.NaN]) })).toThrow(
      "csDivergenceGaussian: p.mean holds NaN at 1 but must hold finite numbers",
    );
  });

  it("is NaN where a covariance is none", async () => {
    expect(
      await csDivergenceGaussian(one(0, 1), {
        ...one(0, 1),
        covariance: tensor(Float64Array.of(-0.5), { shape: [1, 1] }),
      }).item(),
    ).toBeNaN();
  });
});
