import { type Backend, cpu, gather, grad, randomKey, type Tensor, tensor, valueAndGrad, zeros } from "cotangent";
import {
  orderedSgdWeights,
  owlLoss,
  type StochasticNegativeMiningLossOptions,
  stochasticNegativeMiningLoss,
} from "cotangent/methods/ranking";
import { checkGradient, distinctFloats, expectation, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { allForms, eachForm, finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { marginLosses } from "../sampling/support/negative-schemes.js";
import { descending, meanOf, minibatch, sumOf } from "./support/subsets.js";

const key = randomKey(6);
const margins = ["hinge", "squaredHinge", "logistic"] as const;
const forms = [...margins, "softmax"] as const;
const anyForm = fc.constantFrom(...forms);
const k4 = fc.integer({ min: 1, max: 4 });
/** The target's score and four negatives. */
const five = distinctFloats([5]);
const loss = (scores: Tensor, options: StochasticNegativeMiningLossOptions) =>
  stochasticNegativeMiningLoss(
    gather(scores, tensor(Int32Array.of(0))),
    gather(scores, tensor(Int32Array.from({ length: scores.size - 1 }, (_, i) => i + 1))).reshape([1, scores.size - 1]),
    options,
  ).sum();

/** By the definition. */
function expected(target: number, negatives: ArrayLike<number>, k: number, form: (typeof forms)[number]): number {
  const hardest = descending(negatives).slice(0, k);
  if (form === "softmax") return Math.log1p(sumOf(hardest.map((f) => Math.exp(f - target))));
  return meanOf(hardest.map((f) => marginLosses[form].value(target - f)));
}

describe("stochasticNegativeMiningLoss", () => {
  law("is the loss against the k that score highest", five, k4, anyForm, async (scores, hardest, form) => {
    const [target, ...negatives] = scores;
    await expectClose(loss(tensor(scores), { hardest, form }), [expected(target, negatives, hardest, form)], {
      tolerance: 1e-13,
    });
  });

  law(
    "has gradients that are exactly 0 for what is not selected, and sum to 0",
    five,
    k4,
    anyForm,
    async (scores, hardest, form) => {
      const [target, ...negatives] = scores;
      const slope = await grad((o: Tensor) => loss(o, { hardest, form }))(tensor(scores)).data();
      const order = descending(negatives);
      const total = 1 + sumOf(order.slice(0, hardest).map((f) => Math.exp(f - target)));
      const slopes = negatives.map((f) => {
        if (order.indexOf(f) >= hardest) return 0;
        return form === "softmax" ? Math.exp(f - target) / total : -marginLosses[form].slope(target - f) / hardest;
      });
      await expectClose(slope, [-sumOf(slopes), ...slopes], { tolerance: 1e-13 });
      negatives.forEach((f, i) => {
        if (order.indexOf(f) >= hardest) expect(slope[i + 1] === 0).toBe(true);
      });
    },
  );

  law(
    "agrees with finite differences to second order",
    distinctFloats([5], 0.23),
    k4,
    anyForm,
    async (scores, hardest, form) => {
      await checkGradient((o: Tensor) => loss(o, { hardest, form }), tensor(scores), { order: 2 });
    },
  );

  law(
    "is an unbiased estimate of owlLoss with the weights γ/k, value and gradient",
    fc
      .constantFrom<[number, number]>([5, 3], [5, 2], [4, 3], [4, 1], [3, 2])
      .chain(([classes, m]) => fc.tuple(distinctFloats([classes]), fc.constant(m), fc.integer({ min: 1, max: m }))),
    fc.constantFrom(...margins),
    async ([scores, m, hardest], form) => {
      const others = scores.length - 1;
      const mined = (o: Tensor, k: typeof key) => {
        const drawn = minibatch(k, others, m).add(1);
        const target = gather(o, tensor(Int32Array.of(0)));
        return stochasticNegativeMiningLoss(target, gather(o, drawn).reshape([1, m]), { hardest, form }).sum();
      };
      const mean = await expectation((k) => valueAndGrad((o: Tensor) => mined(o, k))(tensor(scores)), key);
      const theta = orderedSgdWeights({ examples: others, batch: m, kept: hardest }).map((weight) => weight / hardest);
      const full = (o: Tensor) =>
        owlLoss(o.reshape([1, scores.length]), tensor(Int32Array.of(0)), theta, { form }).sum();
      await expectClose(mean.value, full(tensor(scores)), { tolerance: 1e-12 });
      await expectClose(mean.grad, grad(full)(tensor(scores)), { tolerance: 1e-12 });
    },
  );

  law(
    "averages over the negatives that are left, and is 0 with none",
    five,
    k4,
    anyForm,
    async (scores, hardest, form) => {
      const [target] = scores;
      const none = Number.NEGATIVE_INFINITY;
      const masked = Float64Array.of(target, none, scores[1], none, scores[2]);
      const left = expected(target, [scores[1], scores[2]], Math.min(hardest, 2), form);
      await expectClose(loss(tensor(masked), { hardest, form }), [left], { tolerance: 1e-13 });
      const slope = await grad((o: Tensor) => loss(o, { hardest, form }))(tensor(masked)).data();
      expect([slope[1] === 0, slope[3] === 0]).toEqual([true, true]);
      expect(Math.abs(sumOf(slope))).toBeLessThan(1e-14);
      const empty = tensor(Float64Array.of(target, none, none, none, none));
      await expectClose(loss(empty, { hardest, form }), [0], { tolerance: 0 });
      await expectClose(grad((o: Tensor) => loss(o, { hardest, form }))(empty), [0, 0, 0, 0, 0], { tolerance: 0 });
    },
  );

  law(
    "does not see a shift of the scores, nor the order of the negatives",
    five,
    k4,
    anyForm,
    async (scores, hardest, form) => {
      const plain = loss(tensor(scores), { hardest, form });
      await expectClose(loss(tensor(scores).add(2.5), { hardest, form }), plain, { tolerance: 1e-13 });
      const [target, a, b, c, d] = scores;
      await expectClose(loss(tensor(Float64Array.of(target, c, a, d, b)), { hardest, form }), plain, {
        tolerance: 1e-13,
      });
    },
  );

  law("treats each row alone", floats([2]), floats([8]), async (targets, negatives) => {
    const of = (reduction: "none" | "mean" | "sum") =>
      stochasticNegativeMiningLoss(tensor(targets), tensor(negatives, { shape: [2, 4] }), { hardest: 2, reduction });
    const alone = [...targets].map((f, i) => expected(f, negatives.slice(4 * i, 4 * i + 4), 2, "hinge"));
    await expectClose(of("none"), alone, { tolerance: 1e-13 });
    await expectClose(of("mean"), [meanOf(alone)], { tolerance: 1e-13 });
    await expectClose(of("sum"), [sumOf(alone)], { tolerance: 1e-13 });
  });

  it("counts the first of equals, keeps still where all margins are met, and keeps five unless told", async () => {
    const tied = tensor(new Float64Array(4));
    const slope = grad((o: Tensor) => loss(o, { hardest: 2 }))(tied);
    await expectClose(slope, [-1, 0.5, 0.5, 0], { tolerance: 0 });
    const met = tensor(Float64Array.of(9, 1, 2, 3));
    await expectClose(loss(met, { hardest: 2 }), [0], { tolerance: 0 });
    await expectClose(grad((o: Tensor) => loss(o, { hardest: 2 }))(met), [0, 0, 0, 0], { tolerance: 0 });
    const seven = tensor(Float64Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7));
    await expectClose(loss(seven, {}), [1.5]);
  });

  it("is finite at scores of ±500", async () => {
    for (const form of forms) {
      const wide = tensor(Float64Array.of(-500, 500, -500, 500));
      const slope = grad((o: Tensor) => loss(o, { hardest: 3, form }))(wide);
      expect(Number.isFinite(await loss(wide, { hardest: 3, form }).item())).toBe(true);
      expect((await slope.data()).every(Number.isFinite)).toBe(true);
    }
  });

  it("is the same in single precision on every backend", async () => {
    const on = async (backend?: Backend) => {
      const place = backend === undefined ? {} : { backend };
      const targets = tensor([0.4, -1.3], place);
      const negatives = tensor([1.5, 0.2, Number.NEGATIVE_INFINITY, 0.1, 2.1, -1.1], { ...place, shape: [2, 3] });
      return Promise.all(
        forms.map((form) => stochasticNegativeMiningLoss(targets, negatives, { hardest: 2, form }).data()),
      );
    };
    const expectedValues = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      for (const [i, found] of (await on(backend)).entries()) {
        await expectClose(found, expectedValues[i], { tolerance: 1e-6 }); // single precision
      }
    }
  });

  it("names what is wrong", () => {
    const of = (...shape: number[]) => zeros(shape, { dtype: "f64" });
    const call =
      (options: object, target = of(2), negatives = of(2, 3)) =>
      () =>
        stochasticNegativeMiningLoss(target, negatives, { hardest: 2, ...options });
    expect(call({ hardest: 0 })).toThrow("stochasticNegativeMiningLoss: hardest is 0 but must be a whole number ≥ 1");
    expect(call({ hardest: 4 })).toThrow("stochasticNegativeMiningLoss: hardest is 4 but must be in [1, 3]");
    expect(call({ form: "ramp" })).toThrow(
      'stochasticNegativeMiningLoss: form is "ramp" but must be one of softmax, logistic, hinge, squaredHinge',
    );
    expect(call({ reduction: "max" })).toThrow(
      'stochasticNegativeMiningLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call({}, of(2), of(3, 3))).toThrow(
      "stochasticNegativeMiningLoss: negativeScores has shape [3, 3] but must be [2, m] with m ≥ 1",
    );
    expect(call({}, of(2), of(2, 0))).toThrow(
      "stochasticNegativeMiningLoss: negativeScores has shape [2, 0] but must be [2, m] with m ≥ 1",
    );
    expect(call({}, of(2, 1))).toThrow(
      "stochasticNegativeMiningLoss: targetScores has shape [2, 1] but must have 1 axis",
    );
    expect(call({}, of(0), of(0, 3))).toThrow(
      "stochasticNegativeMiningLoss: targetScores has shape [0] but must have a row",
    );
    expect(call({}, of(2), zeros([2, 3]))).toThrow(
      "stochasticNegativeMiningLoss: negativeScores is f32 but must match targetScores, f64; cast one of them",
    );
    expect(call({}, tensor(Float64Array.of(1, Number.NaN)))).toThrow(
      "stochasticNegativeMiningLoss: targetScores is NaN at 1 but must be a number",
    );
    expect(call({}, of(1), tensor(Float64Array.of(1, Number.NaN), { shape: [1, 2] }))).toThrow(
      "stochasticNegativeMiningLoss: negativeScores is NaN at 1 but must be a number",
    );
  });
});

finiteAtExtremes(
  "stochasticNegativeMiningLoss",
  eachForm(allForms, (form) => (x, at) => {
    const { positive, noise: negatives } = extreme.contrast(x, at);
    return stochasticNegativeMiningLoss(positive, negatives, { form, hardest: 4 });
  }),
);
