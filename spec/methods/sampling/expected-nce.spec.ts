import { grad, hvp, logSoftmax, type Tensor, tensor } from "cotangent";
import { type ExpectedNceObjectiveOptions, expectedNceObjective } from "cotangent/methods/sampling";
import { checkGradient, floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { eachForm, finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { minimize } from "./support/minimize.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const counts = fc.integer({ min: 1, max: 20 });
const objectives = fc.constantFrom("nce" as const, "negativeSampling" as const, "averageNegativeSampling" as const);

/** The objective of one context as a function of its scores. */
function objectiveOf(p: Float64Array, q: Float64Array, options: ExpectedNceObjectiveOptions): (s: Tensor) => Tensor {
  return (s) => expectedNceObjective(s, tensor(p), tensor(q), options);
}

/** How far the gradient of NCE at normalized scores is from that of maximum likelihood. */
async function likelihoodError(p: Float64Array, q: Float64Array, s: Float64Array, k: number): Promise<Float64Array> {
  const likelihood = grad((x: Tensor) => logSoftmax(x).mul(tensor(p)).sum().neg())(tensor(s));
  const slopes = grad(objectiveOf(p, q, { negatives: k }))(tensor(s));
  return (await likelihood.sub(slopes).data()) as Float64Array;
}

describe("expectedNceObjective", () => {
  law(
    "has gradient −p_D·σ(−Δ) + k·p_n·σ(Δ)",
    simplex(4),
    simplex(4),
    floats([4]),
    counts,
    objectives,
    async (p, q, s, k, objective) => {
      const slopes = grad(objectiveOf(p, q, { negatives: k, objective }))(tensor(s));
      const factor = objective === "averageNegativeSampling" ? 1 : k;
      const delta = s.map((x, y) => (objective === "nce" ? x - Math.log(k * q[y]) : x));
      await expectClose(
        slopes,
        delta.map((d, y) => -p[y] * sigmoid(-d) + factor * q[y] * sigmoid(d)),
      );
    },
  );

  law(
    "agrees with central differences to second order",
    simplex(3),
    simplex(3),
    floats([3]),
    counts,
    objectives,
    async (p, q, s, k, objective) => {
      await checkGradient(objectiveOf(p, q, { negatives: k, objective }), tensor(s), { order: 2 });
    },
  );

  law(
    "is least for NCE where exp(s − c) is the probability of the data, whatever the noise",
    simplex(4),
    simplex(4),
    simplex(4),
    counts,
    numbers(),
    async (p, q, other, k, c) => {
      const logNormalizer = tensor(Float64Array.of(c), { shape: [] });
      const expected = p.map((x) => Math.log(x) + c);
      for (const noise of [q, other]) {
        const found = await minimize(objectiveOf(p, noise, { negatives: k, logNormalizer }), new Float64Array(4));
        await expectClose(found, expected, { tolerance: 1e-8 });
        await expectClose([found.reduce((sum, s) => sum + Math.exp(s - c), 0)], 1, { tolerance: 1e-8 });
      }
    },
  );

  law(
    "is least for negative sampling at log p_D − log(k·p_n), which depends on the noise; adding that back gives log p_D",
    simplex(4),
    simplex(4),
    counts,
    async (p, q, k) => {
      const found = await minimize(
        objectiveOf(p, q, { negatives: k, objective: "negativeSampling" }),
        new Float64Array(4),
      );
      await expectClose(
        found,
        p.map((x, y) => Math.log(x) - Math.log(k * q[y])),
        { tolerance: 1e-8 },
      );
      await expectClose(
        found.map((s, y) => s + Math.log(q[y]) + Math.log(k)),
        p.map(Math.log),
        { tolerance: 1e-8 },
      );
    },
  );

  law(
    "is least for averaged negative sampling at log p_D − log p_n",
    simplex(4),
    simplex(4),
    counts,
    async (p, q, k) => {
      const objective = "averageNegativeSampling";
      const found = await minimize(objectiveOf(p, q, { negatives: k, objective }), new Float64Array(4));
      await expectClose(
        found,
        p.map((x, y) => Math.log(x / q[y])),
        { tolerance: 1e-8 },
      );
    },
  );

  law(
    "has for NCE the gradient (eˢ − p_D)·k·p_n / (k·p_n + eˢ)",
    simplex(4),
    simplex(4),
    floats([4]),
    counts,
    async (p, q, s, k) => {
      const slopes = grad(objectiveOf(p, q, { negatives: k }))(tensor(s));
      await expectClose(
        slopes,
        s.map((x, y) => ((Math.exp(x) - p[y]) * k * q[y]) / (k * q[y] + Math.exp(x))),
      );
    },
  );

  law(
    "misses for normalized scores the gradient of maximum likelihood by (eˢ − p_D)·eˢ / (k·p_n + eˢ)",
    simplex(4),
    simplex(4),
    floats([4]),
    counts,
    async (p, q, raw, k) => {
      const s = (await logSoftmax(tensor(raw)).data()) as Float64Array;
      const error = await likelihoodError(p, q, s, k);
      await expectClose(
        error,
        s.map((x, y) => ((Math.exp(x) - p[y]) * Math.exp(x)) / (k * q[y] + Math.exp(x))),
      );
    },
  );

  it("comes nearer to maximum likelihood like 1/k, but only once k·p_n is well above eˢ", async () => {
    const [p, q] = [Float64Array.of(0.7, 0.3), Float64Array.of(0.5, 0.5)];
    const ratio = async (k: number) => {
      const [few, many] = [
        await likelihoodError(p, q, q.map(Math.log), k),
        await likelihoodError(p, q, q.map(Math.log), 10 * k),
      ];
      return few[0] / many[0];
    };
    expect(await ratio(1)).toBeCloseTo(11 / 2, 9);
    expect(await ratio(1000)).toBeCloseTo(10001 / 1001, 6);
  });

  law(
    "is convex, with Hessian diag((p_D + k·p_n)·σ(Δ)·σ(−Δ))",
    simplex(3),
    simplex(3),
    floats([3]),
    counts,
    objectives,
    async (p, q, s, k, objective) => {
      const f = objectiveOf(p, q, { negatives: k, objective });
      const factor = objective === "averageNegativeSampling" ? 1 : k;
      for (let y = 0; y < 3; y++) {
        const unit = Float64Array.from([0, 1, 2], (i) => (i === y ? 1 : 0));
        const d = objective === "nce" ? s[y] - Math.log(k * q[y]) : s[y];
        const curvature = (p[y] + factor * q[y]) * sigmoid(d) * sigmoid(-d);
        expect(curvature).toBeGreaterThan(0);
        await expectClose(
          hvp(f, tensor(s), tensor(unit)),
          unit.map((x) => x * curvature),
        );
      }
    },
  );

  law(
    "lets no gradient into the probabilities",
    simplex(3),
    simplex(3),
    floats([3]),
    objectives,
    async (p, q, s, objective) => {
      const f = (x: { data: Tensor; noise: Tensor }) =>
        expectedNceObjective(tensor(s), x.data, x.noise, { negatives: 2, objective });
      const slopes = grad(f)({ data: tensor(p), noise: tensor(q) });
      expect([...(await slopes.data.data()), ...(await slopes.noise.data())].every((slope) => slope === 0)).toBe(true);
    },
  );

  law(
    "takes several contexts, each with noise and a log-normalizer of its own",
    simplex(3),
    simplex(3),
    floats([6]),
    floats([2]),
    async (p, q, s, c) => {
      const rows = (a: Float64Array, b: Float64Array) => tensor(Float64Array.of(...a, ...b), { shape: [2, 3] });
      const one = (row: number) =>
        expectedNceObjective(tensor(s.slice(3 * row, 3 * row + 3)), tensor(row ? q : p), tensor(row ? p : q), {
          negatives: 2,
          logNormalizer: tensor(c.slice(row, row + 1), { shape: [] }),
        }).item();
      const both = expectedNceObjective(tensor(s, { shape: [2, 3] }), rows(p, q), rows(q, p), {
        negatives: 2,
        logNormalizer: tensor(c),
      });
      await expectClose(both, [await one(0), await one(1)]);
      const shared = expectedNceObjective(tensor(s, { shape: [2, 3] }), rows(p, p), tensor(q), { negatives: 2 });
      await expectClose(
        shared,
        await expectedNceObjective(tensor(s, { shape: [2, 3] }), rows(p, p), rows(q, q), { negatives: 2 }).data(),
      );
    },
  );

  it("leaves out a class that neither data nor noise give", async () => {
    const values = (x: number[]) => tensor(Float64Array.from(x));
    const f = (s: Tensor) => expectedNceObjective(s, values([0.4, 0.6, 0]), values([0.5, 0.5, 0]), { negatives: 2 });
    const without = expectedNceObjective(values([1, 2]), values([0.4, 0.6]), values([0.5, 0.5]), { negatives: 2 });
    await expectClose(f(values([1, 2, 3])), [await without.item()]);
    expect((await grad(f)(values([1, 2, 3])).data())[2]).toBe(0);
  });

  it("stays finite at scores of ±1e4", async () => {
    const f = (s: Tensor) => expectedNceObjective(s, tensor([0.5, 0.5]), tensor([0.5, 0.5]), { negatives: 2 });
    expect(Number.isFinite(await f(tensor([1e4, -1e4])).item())).toBe(true);
    expect((await grad(f)(tensor([1e4, -1e4])).data()).every(Number.isFinite)).toBe(true);
  });

  it("names the argument that is wrong", () => {
    const half = tensor([0.5, 0.5]);
    const k = { negatives: 1 };
    const wrong = (call: () => Tensor, message: string) => expect(call).toThrow(`expectedNceObjective: ${message}`);
    wrong(
      () => expectedNceObjective(half, half, half, { negatives: 0 }),
      "negatives is 0 but must be a whole number ≥ 1",
    );
    wrong(
      () => expectedNceObjective(half, half, half, { ...k, objective: "neg" as "nce" }),
      'objective is "neg" but must be one of nce, negativeSampling, averageNegativeSampling',
    );
    wrong(() => expectedNceObjective(tensor([Number.NaN, 0]), half, half, k), "scores is NaN but must be a number");
    wrong(
      () => expectedNceObjective(tensor(0), tensor(0), tensor(0), k),
      "scores has shape [] but its last axis must hold the classes",
    );
    const none = tensor(new Float32Array(0), { shape: [2, 0] });
    wrong(
      () => expectedNceObjective(none, none, none, k),
      "scores has shape [2, 0] but its last axis must hold the classes",
    );
    const [exact, near] = [tensor(Float64Array.of(0.5, 0.5)), Float32Array.of(0.5, 0.500001)];
    expect(() => expectedNceObjective(half, tensor(near), half, k)).not.toThrow(); // to single precision
    wrong(
      () => expectedNceObjective(exact, tensor(Float64Array.from(near)), exact, k),
      `dataProbability sums to ${near[0] + near[1]} but must sum to 1; divide by the sum`,
    );
    wrong(
      () => expectedNceObjective(half, tensor([1]), half, k),
      "dataProbability has shape [1] but must match scores, [2]",
    );
    wrong(
      () => expectedNceObjective(tensor([[0, 0]]), tensor([[0.5, 0.5]]), tensor([1]), k),
      "noiseProbability has shape [1] but must match scores, [1, 2], or be [2] for all contexts",
    );
    wrong(
      () => expectedNceObjective(half, tensor([0.5, 0.25]), half, k),
      "dataProbability sums to 0.75 but must sum to 1; divide by the sum",
    );
    wrong(
      () => expectedNceObjective(half, half, tensor([0.5, 0.25]), k),
      "noiseProbability sums to 0.75 but must sum to 1; divide by the sum",
    );
    wrong(
      () => expectedNceObjective(half, half, tensor([1.5, -0.5]), k),
      "noiseProbability is -0.5 at 1 but must be ≥ 0",
    );
    wrong(
      () => expectedNceObjective(half, half, tensor([1, 0]), k),
      "noiseProbability is 0 for class 1 but must be > 0 where dataProbability is",
    );
    wrong(
      () => expectedNceObjective(half, half, half, { ...k, objective: "negativeSampling", logNormalizer: tensor(0) }),
      'objective is "negativeSampling" but must be "nce" with a logNormalizer',
    );
    wrong(
      () => expectedNceObjective(half, half, half, { ...k, logNormalizer: tensor([0, 0]) }),
      "logNormalizer has shape [2] but must be [], or [] for one of all contexts",
    );
    wrong(
      () => expectedNceObjective(half, half, tensor(new Float64Array([0.5, 0.5])), k),
      "noiseProbability is f64 but must match scores, f32; cast one of them",
    );
  });
});

finiteAtExtremes(
  "expectedNceObjective",
  eachForm(["nce", "negativeSampling", "averageNegativeSampling"], (objective) => (x) => {
    const flat = extreme.beside(x, Array.from({ length: SIZE }, () => extreme.uniformList).flat(), [SIZE, SIZE]);
    return expectedNceObjective(x, flat, extreme.beside(x, extreme.priorList), { negatives: 5, objective });
  }),
  { isWeighted: true },
);
