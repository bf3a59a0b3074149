import { type Backend, cpu, grad, type Tensor, tensor, zeros } from "cotangent";
import { weightedNegativesLoss } from "cotangent/methods/sampling";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { allForms, eachForm, finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { marginLosses } from "./support/negative-schemes.js";
import { sumOf } from "./support/one-row.js";

const decoupledForms = ["logistic", "hinge", "squaredHinge"] as const;
const forms = ["softmax", ...decoupledForms] as const;
const matrix = (values: ArrayLike<number>, rows = 2) =>
  tensor(Float64Array.from(values), { shape: [rows, values.length / rows] });
/** Two rows of three negatives. */
const [targets, negatives, logWeights] = [floats([2]), floats([6]), floats([6], { min: -2, max: 2 })];

describe("weightedNegativesLoss", () => {
  law("has gradient r in each negative and −Σ r in the target", targets, negatives, logWeights, async (f, g, w) => {
    const odds = g.map((score, i) => Math.exp(w[i] + score - f[Math.floor(i / 3)]));
    const totals = [0, 1].map((row) => 1 + sumOf(odds.slice(3 * row, 3 * row + 3)));
    const ratios = odds.map((x, i) => x / totals[Math.floor(i / 3)]);
    const slope = grad(({ target, negative }: { target: Tensor; negative: Tensor }) =>
      weightedNegativesLoss(target, negative, matrix(w), { reduction: "sum" }),
    )({ target: tensor(f), negative: matrix(g) });
    await expectClose(slope.negative, ratios, { tolerance: 1e-13 });
    await expectClose(slope.target, [-sumOf(ratios.slice(0, 3)), -sumOf(ratios.slice(3))], { tolerance: 1e-13 });
    const loss = weightedNegativesLoss(tensor(f), matrix(g), matrix(w));
    await expectClose(loss, totals.map(Math.log), { tolerance: 1e-13 });
  });

  law("has the decoupled forms' value and gradient", targets, negatives, logWeights, async (f, g, w) => {
    for (const form of decoupledForms) {
      const { value, slope } = marginLosses[form];
      const loss = weightedNegativesLoss(tensor(f), matrix(g), matrix(w), { form });
      const expected = [...f].map(
        (score, row) => value(score) + sumOf([0, 1, 2].map((i) => Math.exp(w[3 * row + i]) * value(-g[3 * row + i]))),
      );
      await expectClose(loss, expected, { tolerance: 1e-13 });
      const slopes = grad(([target, negative]: Tensor[]) =>
        weightedNegativesLoss(target, negative, matrix(w), { form, reduction: "sum" }),
      )([tensor(f), matrix(g)]);
      await expectClose(slopes[0], f.map(slope), { tolerance: 1e-13 });
      await expectClose(
        slopes[1],
        g.map((score, i) => -Math.exp(w[i]) * slope(-score)),
        { tolerance: 1e-13 },
      );
    }
  });

  law("does not see a shift of all scores in the softmax form", targets, negatives, logWeights, async (f, g, w) => {
    const loss = (by: number) => weightedNegativesLoss(tensor(f).add(by), matrix(g).add(by), matrix(w));
    await expectClose(loss(2.5), loss(0), { tolerance: 1e-13 });
  });

  law(
    "does not see the order of the negatives",
    targets,
    negatives,
    logWeights,
    fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    async (f, g, w, order) => {
      const shuffled = (values: Float64Array) => matrix([0, 3].flatMap((row) => order.map((i) => values[row + i])));
      for (const form of forms) {
        const loss = weightedNegativesLoss(tensor(f), shuffled(g), shuffled(w), { form });
        await expectClose(loss, weightedNegativesLoss(tensor(f), matrix(g), matrix(w), { form }), { tolerance: 1e-13 });
      }
    },
  );

  law("drops a negative of weight 0, value and gradient", targets, negatives, logWeights, async (f, g, w) => {
    const without = (values: Float64Array) => matrix([values[0], values[1], values[3], values[4]]);
    const gone = w.with(2, Number.NEGATIVE_INFINITY).with(5, Number.NEGATIVE_INFINITY);
    for (const form of forms) {
      const loss = (negative: Tensor) =>
        weightedNegativesLoss(tensor(f), negative, matrix(gone), { form, reduction: "sum" });
      const rest = weightedNegativesLoss(tensor(f), without(g), without(w), { form, reduction: "sum" });
      await expectClose(loss(matrix(g)), rest, { tolerance: 1e-13 });
      const slope = await grad(loss)(matrix(g)).data();
      expect([slope[2] === 0, slope[5] === 0]).toEqual([true, true]);
    }
  });

  law("is the same with weights that the rows share", targets, negatives, floats([3]), async (f, g, w) => {
    for (const form of forms) {
      const shared = weightedNegativesLoss(tensor(f), matrix(g), tensor(w), { form });
      const own = weightedNegativesLoss(tensor(f), matrix(g), matrix([...w, ...w]), { form });
      await expectClose(shared, own, { tolerance: 0 });
    }
  });

  law("is 0, or φ(f_y), where nothing is left, with no gradient to the negatives", targets, negatives, async (f, g) => {
    const none = tensor(new Float64Array(3).fill(Number.NEGATIVE_INFINITY));
    for (const form of forms) {
      const loss = (negative: Tensor) => weightedNegativesLoss(tensor(f), negative, none, { form });
      const expected = form === "softmax" ? [0, 0] : f.map(marginLosses[form].value);
      await expectClose(loss(matrix(g)), expected, { tolerance: 1e-14 });
      await expectClose(grad((x: Tensor) => loss(x).sum())(matrix(g)), new Float64Array(6), { tolerance: 0 });
    }
  });

  law("takes no gradient to the weights", targets, negatives, logWeights, async (f, g, w) => {
    for (const form of forms) {
      const loss = (weights: Tensor) =>
        weightedNegativesLoss(tensor(f), matrix(g), weights, { form, reduction: "sum" });
      await expectClose(grad(loss)(matrix(w)), new Float64Array(6), { tolerance: 0 });
    }
  });

  it("agrees with finite differences to second order", async () => {
    const x = [tensor(Float64Array.of(0.3, -0.8)), matrix([1.2, -0.4, 0.5, 0.6, -1.7, 0.2])];
    for (const form of forms) {
      const loss = ([target, negative]: Tensor[]) =>
        weightedNegativesLoss(target, negative, matrix([0.2, -1, 0.4, 0.9, -0.3, 0]), { form, reduction: "mean" });
      await checkGradient(loss, x, { order: 2 });
    }
  });

  it("has the mean and the sum of its rows' losses", async () => {
    const of = (reduction: "none" | "mean" | "sum") =>
      weightedNegativesLoss(tensor(Float64Array.of(1, 2)), matrix([3, 1, 0, 2]), matrix([0, 0, 0, 0]), { reduction });
    const [a, b] = await of("none").data();
    await expectClose(of("sum"), [a + b]);
    await expectClose(of("mean"), [(a + b) / 2]);
  });

  it("is finite at scores of ±500", async () => {
    for (const form of forms) {
      const loss = ([target, negative]: Tensor[]) =>
        weightedNegativesLoss(target, negative, tensor(Float64Array.of(3, -2)), { form, reduction: "sum" });
      const x = [tensor(Float64Array.of(500, -500)), matrix([500, -500, 500, -500])];
      expect(Number.isFinite(await loss(x).item())).toBe(true);
      for (const slope of grad(loss)(x)) expect((await slope.data()).every(Number.isFinite)).toBe(true);
    }
  });

  it("is the same in single precision on every backend", async () => {
    const on = async (backend?: Backend) => {
      const place = backend === undefined ? {} : { backend };
      const target = tensor([0.4, -1.3], place);
      const negative = tensor([1.5, 0.2, -0.7, 0.1, 2.1, -1.1], { ...place, shape: [2, 3] });
      const weights = tensor([0.3, -0.9, Number.NEGATIVE_INFINITY], place);
      return Promise.all(forms.map((form) => weightedNegativesLoss(target, negative, weights, { form }).data()));
    };
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      for (const [i, found] of (await on(backend)).entries()) {
        await expectClose(found, expected[i], { tolerance: 1e-6 }); // single precision
      }
    }
  });
});

describe("weightedNegativesLoss, wrong arguments", () => {
  const of = (...shape: number[]) => zeros(shape, { dtype: "f64" });

  it("names what is wrong", () => {
    expect(() => weightedNegativesLoss(of(2, 1), of(2, 3), of(3))).toThrow(
      "weightedNegativesLoss: targetScores has shape [2, 1] but must have 1 axis",
    );
    expect(() => weightedNegativesLoss(of(2), of(3, 3), of(3))).toThrow(
      "weightedNegativesLoss: negativeScores has shape [3, 3] but must be [2, m] with m ≥ 1",
    );
    expect(() => weightedNegativesLoss(of(2), of(2, 0), of(0))).toThrow(
      "weightedNegativesLoss: negativeScores has shape [2, 0] but must be [2, m] with m ≥ 1",
    );
    expect(() => weightedNegativesLoss(of(2), of(2, 3), of(2))).toThrow(
      "weightedNegativesLoss: logWeights has shape [2] but must be [2, 3], or [3] if the rows share them",
    );
    for (const shape of [
      [3, 3],
      [2, 1],
      [2, 3, 1],
    ]) {
      expect(() => weightedNegativesLoss(of(2), of(2, 3), of(...shape))).toThrow(
        `weightedNegativesLoss: logWeights has shape [${shape.join(", ")}] but must be [2, 3], or [3] if the rows share them`,
      );
    }
    expect(() => weightedNegativesLoss(of(2), of(2, 3), zeros([3]))).toThrow(
      "weightedNegativesLoss: logWeights is f32 but must match targetScores, f64; cast one of them",
    );
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => weightedNegativesLoss(of(1), of(1, 2), tensor(Float64Array.of(0, wrong)))).toThrow(
        `weightedNegativesLoss: logWeights is ${wrong} at 1 but must be below Infinity; weights are ≥ 0 and finite`,
      );
    }
    expect(() => weightedNegativesLoss(of(2), of(2, 3), of(3), { form: "ramp" as "hinge" })).toThrow(
      'weightedNegativesLoss: form is "ramp" but must be one of softmax, logistic, hinge, squaredHinge',
    );
    expect(() => weightedNegativesLoss(of(2), of(2, 3), of(3), { reduction: "max" as "mean" })).toThrow(
      'weightedNegativesLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes(
  "weightedNegativesLoss",
  eachForm(allForms, (form) => (x, at) => {
    const { positive, noise: negatives } = extreme.contrast(x, at);
    return weightedNegativesLoss(positive, negatives, extreme.noise(x, at).noise, { form });
  }),
  { isWeighted: true },
);
