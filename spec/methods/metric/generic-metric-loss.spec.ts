import { grad, type Tensor, tensor } from "cotangent";
import { genericMetricLoss, metricLossPresets, pairSets } from "cotangent/methods/metric";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes, type Surroundings } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { identity } from "./support/at-extremes.js";
import { knownForms } from "./support/pair-batches.js";

const matrix = (values: ArrayLike<number>, width: number) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] }) as Tensor;
const similarities = floats([12], { min: -1, max: 1 });
const shares = floats([12], { min: 0, max: 1 });

describe.each(knownForms)("genericMetricLoss, $name", ({ form, loss }) => {
  law("is its definition on sets", similarities, async (s) => {
    const sets = [
      [[0, 2], [1]],
      [[1], [0, 2, 3]],
      [[3], [0]],
    ];
    const mark = (kind: number) =>
      matrix(
        Float64Array.from(s, (_, at) => Number(sets[at >> 2][kind].includes(at & 3))),
        4,
      );
    const given = { positive: mark(0), negative: mark(1) };
    const of = (i: number, kind: number) => sets[i][kind].map((j) => s[4 * i + j]);
    await expectClose(
      genericMetricLoss(matrix(s, 4), given, form),
      sets.map((_, i) => loss(of(i, 0), of(i, 1))),
    );
  });

  law(
    "is the pure positive where all share is theirs, and the pure negative where none is",
    similarities,
    async (s) => {
      const [ones, zeros] = [matrix(new Float64Array(12).fill(1), 4), matrix(new Float64Array(12), 4)];
      const rows = [0, 1, 2].map((i) => [...s.slice(4 * i, 4 * i + 4)]);
      await expectClose(
        genericMetricLoss(matrix(s, 4), { positive: ones, negative: zeros }, form),
        rows.map((row) => loss(row, [])),
      );
      await expectClose(
        genericMetricLoss(matrix(s, 4), { positive: zeros, negative: ones }, form),
        rows.map((row) => loss([], row)),
      );
      await expectClose(genericMetricLoss(matrix(s, 4), { positive: zeros, negative: zeros }, form), [0, 0, 0], {
        tolerance: 0,
      });
    },
  );

  law("takes a whole weight for as many equal pairs", similarities, async (s) => {
    const [low, high] = [s[0], s[1]];
    const twice = genericMetricLoss(
      matrix([low, high], 2),
      { positive: matrix([2, 0], 2), negative: matrix([0, 3], 2) },
      form,
    );
    await expectClose(twice, [loss([low, low], [high, high, high])]);
  });

  law("has no gradient for the weights", similarities, shares, async (s, y) => {
    const negative = matrix(
      y.map((v) => 1 - v),
      4,
    );
    const byWeights = grad((positive: Tensor) =>
      genericMetricLoss(matrix(s, 4), { positive, negative }, form, { reduction: "sum" }),
    );
    await expectClose(byWeights(matrix(y, 4)), new Float64Array(12), { tolerance: 0 });
  });

  it("agrees with finite differences to second order", async () => {
    const s = matrix([0.9, 0.1, -0.4, 0.6, 0.7, 0.2, 0.8, -0.9], 4); // away from the margin, 0.3
    const sets = {
      positive: matrix([1, 0.2, 0, 0.7, 0, 0.4, 1, 0.5], 4),
      negative: matrix([0, 0.8, 1, 0.3, 1, 0.6, 0, 0.5], 4),
    };
    await checkGradient((x: Tensor) => genericMetricLoss(x, sets, form, { reduction: "sum" }), s, { order: 2 });
  });

  it("does not look at a pair without weight, however large", async () => {
    const s = matrix([0.5, 1.5e308, 0.2, -1.5e308], 4);
    const sets = { positive: matrix([1, 0, 0, 0], 4), negative: matrix([0, 0, 1, 0], 4) };
    const total = (x: Tensor) => genericMetricLoss(x, sets, form).sum();
    await expectClose(total(s), [loss([0.5], [0.2])]);
    const slope = await grad(total)(s).data();
    expect([slope[1], slope[3]].map(Math.abs)).toEqual([0, 0]);
  });

  it("is finite, value and gradient, out to similarities of ±500", async () => {
    const s = matrix([500, -500, 500, -500, -500, 500], 3);
    const sets = { positive: matrix([1, 0.3, 0, 1, 0.3, 0], 3), negative: matrix([0, 0.7, 1, 0, 0.7, 1], 3) };
    const total = (x: Tensor) => genericMetricLoss(x, sets, form, { reduction: "sum" });
    expect(Number.isFinite(await total(s).item())).toBe(true);
    expect((await grad(total)(s).data()).every(Number.isFinite)).toBe(true);
  });
});

describe("genericMetricLoss", () => {
  law(
    "of an example mixed of both is its share of each term, for losses that add up",
    similarities,
    shares,
    async (s, y) => {
      const sets = {
        positive: matrix(y, 4),
        negative: matrix(
          y.map((v) => 1 - v),
          4,
        ),
      };
      for (const { form, loss } of knownForms.filter(({ name }) => /contrastive|binomial/.test(name))) {
        const terms = Array.from(s, (v, at) => y[at] * loss([v], []) + (1 - y[at]) * loss([], [v]));
        await expectClose(
          genericMetricLoss(matrix(s, 4), sets, form),
          [0, 1, 2].map((i) => terms.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b)),
        );
      }
    },
  );

  law("has slope −λ + (1 − λ)·1[s > m] by a mixed similarity, contrastive", similarities, shares, async (s, y) => {
    const sets = {
      positive: matrix(y, 4),
      negative: matrix(
        y.map((v) => 1 - v),
        4,
      ),
    };
    const slope = grad((x: Tensor) => genericMetricLoss(x, sets, knownForms[0].form).sum())(matrix(s, 4));
    await expectClose(
      slope,
      s.map((v, at) => -y[at] + (v > 0.3 ? 1 - y[at] : 0)),
      { tolerance: 1e-12 },
    );
  });

  law("has the mixed slope of multi-similarity", similarities, shares, async (s, y) => {
    const sets = {
      positive: matrix(y, 12),
      negative: matrix(
        y.map((v) => 1 - v),
        12,
      ),
    };
    const slope = grad((x: Tensor) => genericMetricLoss(x, sets, knownForms[3].form).sum())(matrix(s, 12));
    const [p, n] = [
      s.map((v, j) => y[j] * Math.exp(-2 * (v - 0.3))),
      s.map((v, j) => (1 - y[j]) * Math.exp(5 * (v - 0.3))),
    ];
    const [P, N] = [p, n].map((terms) => 1 + terms.reduce((a, b) => a + b));
    await expectClose(
      slope,
      s.map((_, j) => -p[j] / P + n[j] / N),
    );
  });

  it("has no slope where a hinge is 0 and would open, as its weights have none", async () => {
    const sets = { positive: matrix([1, 0], 2), negative: matrix([0, 1], 2) };
    const form = metricLossPresets.liftedStructure({ margin: 0 });
    const at = (s: number) => grad((x: Tensor) => genericMetricLoss(x, sets, form).sum())(matrix([0.5, s], 2));
    await expectClose(at(0.5), [0, 0], { tolerance: 0 });
    await expectClose(at(0.75), [-1, 1], { tolerance: 0 });
  });

  it("agrees in single precision on every backend", async () => {
    const s = Float32Array.from({ length: 24 }, (_, i) => Math.sin(7 * i));
    for (const { form } of knownForms.slice(3)) {
      await expectAgreement((backend) => {
        const x = tensor(s, { backend, shape: [4, 6] }) as Tensor;
        const y = tensor(
          s.map((v) => v * v),
          { backend, shape: [4, 6] },
        ) as Tensor;
        return grad((z: Tensor) => genericMetricLoss(z, { positive: y, negative: y.neg().add(1) }, form).sum())(x);
      });
    }
  });

  it("says what is wrong with its input", () => {
    const [s, { form }] = [matrix([1, 2, 3, 4], 2), knownForms[0]];
    const sets = pairSets(tensor(Int32Array.of(0, 1)), s);
    expect(() => genericMetricLoss(tensor([1]), sets, form)).toThrow(
      "genericMetricLoss: similarities has shape [1] but must be [..., n, m]",
    );
    expect(() => genericMetricLoss(matrix([1, 2], 2), sets, form)).toThrow(
      "genericMetricLoss: positive has shape [2, 2] but must match similarities, [1, 2]",
    );
    expect(() => genericMetricLoss(matrix([1, 2, Number.NaN, 4], 2), sets, form)).toThrow(
      "genericMetricLoss: similarities holds NaN at 2 but must hold finite numbers",
    );
    expect(() => genericMetricLoss(s, { ...sets, negative: matrix([0, -1, 0, 0], 2) }, form)).toThrow(
      "genericMetricLoss: negative[1] is -1 but must be a finite number ≥ 0",
    );
    expect(() => genericMetricLoss(s, sets, form, { reduction: "max" as "mean" })).toThrow(
      'genericMetricLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() =>
      genericMetricLoss(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        sets,
        form,
      ),
    ).toThrow(/^\w+: positive is f64/);
  });
});

const presets = {
  contrastive: metricLossPresets.contrastive(),
  liftedStructure: metricLossPresets.liftedStructure(),
  binomialDeviance: metricLossPresets.binomialDeviance({ positiveScale: 1, negativeScale: 1 }),
  multiSimilarity: metricLossPresets.multiSimilarity({ positiveScale: 1, negativeScale: 1 }),
  nca: metricLossPresets.nca(),
};
finiteAtExtremes(
  "genericMetricLoss",
  Object.fromEntries(
    Object.entries(presets).map(([name, form]) => [
      name,
      (x: Tensor, at: Surroundings) => {
        const positive = identity(x, at);
        return genericMetricLoss(x, { positive, negative: positive.neg().add(1) }, form);
      },
    ]),
  ),
  { cancels: true },
);
