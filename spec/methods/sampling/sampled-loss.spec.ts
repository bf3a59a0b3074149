import { type Backend, cpu, full, grad, randomKey, type Tensor, tensor, valueAndGrad } from "cotangent";
import { softmaxCrossEntropy } from "cotangent/methods/classification";
import {
  aliasSampler,
  disentangledSampledLoss,
  equalisedTarget,
  logitAdjustTarget,
  matrixTarget,
  type SampledLossOptions,
  type Sampler,
  sampledLoss,
  uniformSampler,
} from "cotangent/methods/sampling";
import { checkGradient, expectation, floats, numbers, seeds, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { allForms, eachForm, finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { everyOther, implicitSoftmax, marginLosses, targetOf } from "./support/negative-schemes.js";
import { besides, ids, lossOf, oneRow, sumOf } from "./support/one-row.js";
import { schemeLoss, withinBatchLoss } from "./support/scheme-rows.js";

const key = randomKey(11);
const weightings = ["constant", "importance", "relative"] as const;

/** The losses of two rows over three classes. */
const lossesWith =
  (sampler: Sampler, labels = ids(0, 2)) =>
  (options: SampledLossOptions) => {
    const hidden = tensor(Float64Array.of(0.3, -0.7), { shape: [2, 1] });
    const weights = tensor(Float64Array.of(1, 2, -1), { shape: [3, 1] });
    return sampledLoss(hidden, { weights }, labels, sampler, key, options).data();
  };

/** −log of the softmax of `f + τ·log π`. */
function logitAdjusted(scores: Float64Array, label: number, priors: Float64Array, strength: number): number {
  const adjusted = scores.map((f, j) => f + strength * Math.log(priors[j]));
  return Math.log(sumOf(adjusted.map(Math.exp))) - adjusted[label];
}

describe("sampledLoss", () => {
  law("with importance weights is sampledSoftmaxLoss", oneRow(5), seeds, async ({ scores, label, q }, seed) => {
    const cases = [
      [aliasSampler({ probabilities: q }), "mask"],
      [uniformSampler({ classes: 5 }), "resample"],
    ] as const;
    for (const [sampler, hits] of cases) {
      const options = { negatives: 3, hits } as const;
      const loss = (o: Tensor) => schemeLoss(o, label, sampler, randomKey(seed), options);
      const known = (o: Tensor) => lossOf(o, label, sampler, randomKey(seed), options);
      await expectClose(loss(tensor(scores)), known(tensor(scores)), { tolerance: 1e-14 });
      await expectClose(grad(loss)(tensor(scores)), grad(known)(tensor(scores)), { tolerance: 1e-14 });
    }
  });

  law(
    "with relative weights is sampledSoftmaxLoss that corrects the positive too",
    oneRow(5),
    seeds,
    async ({ scores, label, q }, seed) => {
      const sampler = aliasSampler({ probabilities: q });
      const loss = schemeLoss(tensor(scores), label, sampler, randomKey(seed), { negatives: 3, weighting: "relative" });
      const options = { negatives: 3, correctPositive: true };
      await expectClose(loss, lossOf(tensor(scores), label, sampler, randomKey(seed), options), { tolerance: 1e-13 });
    },
  );

  law("with uniform negatives makes relative weights constant", oneRow(4), seeds, async ({ scores, label }, seed) => {
    for (const [hits, others] of [
      ["mask", 4],
      ["resample", 3],
    ] as const) {
      for (const form of ["softmax", "hinge"] as const) {
        const of = (o: Tensor, options: SampledLossOptions) =>
          schemeLoss(o, label, uniformSampler({ classes: 4 }), randomKey(seed), {
            negatives: 2,
            hits,
            form,
            ...options,
          });
        const constant = of(tensor(scores), { weighting: "constant" });
        await expectClose(of(tensor(scores), { weighting: "relative" }), constant, { tolerance: 1e-14 });
        const normalized = of(tensor(scores), { weighting: "constant", normalizeByM: true });
        const relative = of(tensor(scores), { weighting: "relative", normalizeByM: true });
        await expectClose(relative, normalized, { tolerance: 1e-14 });
        const importance = of(tensor(scores), { weighting: targetOf(4, () => 1 / others) });
        await expectClose(normalized, importance, { tolerance: 1e-14 });
      }
    }
  });

  law(
    "with importance weights is the full softmax for every draw where q is the softmax of the others",
    oneRow(5),
    seeds,
    async ({ scores, label }, seed) => {
      const law = besides(scores.map(Math.exp), label);
      const sampler = { ...aliasSampler({ weights: law }), missing: [] }; // the label is no negative of the only row
      const loss = (o: Tensor) => schemeLoss(o, label, sampler, randomKey(seed), { negatives: 3 });
      const expected = implicitSoftmax(
        scores,
        label,
        scores.map(() => 1),
      );
      await expectClose(loss(tensor(scores)), [expected], { tolerance: 1e-13 });
    },
  );

  law("leaves hits out, value and gradient", oneRow(4), async ({ scores, label }) => {
    const onlyLabel = aliasSampler({ probabilities: new Float64Array(4).with(label, 1) });
    const always = { ...onlyLabel, missing: [] };
    for (const form of ["softmax", "logistic"] as const) {
      for (const weighting of weightings) {
        const loss = (o: Tensor) => schemeLoss(o, label, always, key, { negatives: 3, weighting, form });
        const alone = form === "softmax" ? 0 : marginLosses.logistic.value(scores[label]);
        const slope = form === "softmax" ? 0 : marginLosses.logistic.slope(scores[label]);
        await expectClose(loss(tensor(scores)), [alone], { tolerance: 1e-14 });
        await expectClose(grad(loss)(tensor(scores)), new Float64Array(4).with(label, slope), { tolerance: 1e-14 });
      }
    }
  });

  law("is the same for the rows of a batch that shares its negatives", floats([8]), seeds, async (hidden, seed) => {
    const rows = tensor(hidden, { shape: [4, 2] });
    const weights = tensor(Float64Array.of(1, 0, -1, 2, 0.5, 0.5), { shape: [3, 2] });
    const labels = [0, 2, 1, 1];
    const options = { negatives: 3, weighting: "relative" } as const;
    const sampler = aliasSampler({ weights: [1, 2, 3] });
    const batch = sampledLoss(rows, { weights }, ids(...labels), sampler, randomKey(seed), options);
    const alone = await Promise.all(
      labels.map((label, i) =>
        sampledLoss(
          tensor(hidden.slice(2 * i, 2 * i + 2), { shape: [1, 2] }),
          { weights },
          ids(label),
          sampler,
          randomKey(seed),
          options,
        ).item(),
      ),
    );
    await expectClose(batch, alone, { tolerance: 1e-13 });
  });

  it("agrees with finite differences to second order", async () => {
    const x = {
      hidden: tensor(Float64Array.of(0.4, -1.2, 0.7, 0.3), { shape: [2, 2] }),
      weights: tensor(Float64Array.of(1.1, 0.2, -0.6, 0.9, 0.3, -1.4, 0.8, 0.5), { shape: [4, 2] }),
      bias: tensor(Float64Array.of(0.1, -0.4, 0.6, 0.2)),
    };
    const sampler = aliasSampler({ weights: [1, 2, 3, 4] });
    const cases = [
      { form: "logistic" },
      { form: "hinge", weighting: "constant" },
      { form: "squaredHinge", weighting: "relative" },
      { weighting: logitAdjustTarget([0.1, 0.2, 0.3, 0.4]) },
    ] as const;
    for (const options of cases) {
      const loss = ({ hidden, ...table }: typeof x) =>
        sampledLoss(hidden, table, ids(0, 3), sampler, key, { negatives: 3, reduction: "sum", ...options });
      await checkGradient(loss, x, { order: 2 });
    }
  });

  it("works with two classes, more negatives than classes, and scores of ±500", async () => {
    const wide = tensor(Float64Array.of(500, -500));
    for (const form of ["softmax", "logistic", "hinge", "squaredHinge"] as const) {
      for (const weighting of [...weightings, logitAdjustTarget([0.9, 0.1])]) {
        for (const label of [0, 1]) {
          const options = { negatives: 9, form, weighting };
          const loss = (o: Tensor) => schemeLoss(o, label, uniformSampler({ classes: 2 }), key, options);
          const { value, grad: slope } = valueAndGrad(loss)(wide);
          expect(Number.isFinite(await value.item())).toBe(true);
          expect((await slope.data()).every(Number.isFinite)).toBe(true);
        }
      }
    }
  });

  it("has 256 masked negatives for all rows, importance weights and the softmax form by default", async () => {
    const losses = lossesWith(uniformSampler({ classes: 3 }));
    const byDefault = await losses({});
    const given = { negatives: 256, weighting: "importance", form: "softmax", hits: "mask", shared: true } as const;
    expect(byDefault).toEqual(await losses({ ...given, normalizeByM: false, reduction: "none" }));
    for (const other of [
      { negatives: 257 },
      { weighting: "constant" },
      { form: "logistic" },
      { shared: false },
      { hits: "resample", shared: false },
    ] as const) {
      expect(byDefault).not.toEqual(await losses({ ...given, ...other }));
    }
    const constant = await losses({ weighting: "constant" });
    expect(constant).toEqual(await losses({ weighting: "constant", normalizeByM: false }));
    expect(constant).not.toEqual(await losses({ weighting: "constant", normalizeByM: true }));
  });

  it("draws a hit again up to 16 times by default, each row its own", async () => {
    const { without: _, ...mostly } = aliasSampler({ probabilities: [0.98, 0.01, 0.01] });
    const losses = lossesWith(mostly, ids(0, 0));
    const byDefault = await losses({ hits: "resample", negatives: 4 });
    expect(byDefault).toEqual(await losses({ hits: "resample", negatives: 4, shared: false, rounds: 16 }));
    expect(byDefault).not.toEqual(await losses({ hits: "resample", negatives: 4, rounds: 17 }));
  });

  it("is 0 where all labels of a batch are equal", async () => {
    const loss = withinBatchLoss(tensor(Float64Array.of(1, 2)), 0, Float64Array.of(1, 1e-300), key, {
      negatives: 3,
      weighting: "constant",
    });
    await expectClose(loss, [0], { tolerance: 0 });
  });

  it("is the same in single precision on every backend", async () => {
    const priors = [0.5, 0.2, 0.2, 0.1];
    const on = async (backend?: Backend) => {
      const place = backend === undefined ? {} : { backend };
      const weights = tensor([0.2, -1.1, 0.6, 0.9], { ...place, shape: [4, 1] });
      const hidden = tensor([1, -0.5, 2], { ...place, shape: [3, 1] });
      const labels = tensor(Int32Array.of(0, 3, 1), place);
      const losses = [...weightings, logitAdjustTarget(priors)].map((weighting) =>
        sampledLoss(hidden, { weights }, labels, uniformSampler({ classes: 4 }), randomKey(5, place), {
          negatives: 3,
          weighting,
        }).data(),
      );
      return Promise.all(losses);
    };
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      for (const [i, found] of (await on(backend)).entries()) {
        await expectClose(found, expected[i], { tolerance: 2e-6 }); // single precision
      }
    }
  });
});

describe("disentangledSampledLoss", () => {
  const every = (scores: Tensor, label: number, target: ReturnType<typeof targetOf>) =>
    disentangledSampledLoss(
      full([1, 1], 1, scores),
      { weights: scores.reshape([scores.size, 1]) },
      ids(label),
      everyOther(scores.size),
      key,
      target,
      { negatives: scores.size - 1, hits: "resample" },
    ).sum();

  law(
    "is the logit-adjusted loss, value and gradient, where the negatives are all other classes",
    oneRow(5),
    simplex(5, 0.02),
    numbers({ min: 0, max: 2 }),
    async ({ scores, label }, priors, strength) => {
      const loss = (o: Tensor) => every(o, label, logitAdjustTarget(priors, { strength }));
      await expectClose(loss(tensor(scores)), [logitAdjusted(scores, label, priors, strength)], { tolerance: 1e-13 });
      const adjusted = tensor(scores.map((f, j) => f + strength * Math.log(priors[j]))).reshape([1, 5]);
      const oneHot = tensor(new Float64Array(5).with(label, 1), { shape: [1, 5] });
      const known = grad((z: Tensor) => softmaxCrossEntropy(z, oneHot).sum())(adjusted);
      await expectClose(grad(loss)(tensor(scores)), known, { tolerance: 1e-13 });
    },
  );

  law(
    "is full softmax cross-entropy with ρ = 1 and all other classes, and does not see their order",
    oneRow(5),
    async ({ scores, label }) => {
      const expected = logitAdjusted(
        scores,
        label,
        scores.map(() => 1),
        1,
      );
      await expectClose(every(tensor(scores), label, matrixTarget(new Float64Array(25).fill(1), 5)), [expected], {
        tolerance: 1e-13,
      });
    },
  );

  law("is sampledLoss with the target as its weighting", oneRow(4), seeds, async ({ scores, label, q }, seed) => {
    const target = equalisedTarget(q);
    const loss = disentangledSampledLoss(
      tensor(Float64Array.of(1), { shape: [1, 1] }),
      { weights: tensor(scores, { shape: [4, 1] }) },
      ids(label),
      uniformSampler({ classes: 4 }),
      randomKey(seed),
      target,
      { negatives: 2, form: "hinge", reduction: "mean" },
    );
    const options = { negatives: 2, form: "hinge", weighting: target } as const;
    const known = schemeLoss(tensor(scores), label, uniformSampler({ classes: 4 }), randomKey(seed), options);
    await expectClose(loss, known, { tolerance: 0 });
  });

  law(
    "means the same whatever it draws from: its expected decoupled loss does not depend on q",
    oneRow(3),
    simplex(3, 0.05),
    simplex(3, 0.05),
    fc.integer({ min: 1, max: 2 }),
    async ({ scores, label, q }, priors, r, negatives) => {
      const options = { negatives, form: "logistic", weighting: logitAdjustTarget(priors) } as const;
      const mean = (weights: Float64Array) =>
        expectation(
          (k) =>
            valueAndGrad((o: Tensor) => schemeLoss(o, label, aliasSampler({ weights }), k, options))(tensor(scores)),
          key,
        );
      const [one, other] = [await mean(q), await mean(r)];
      await expectClose(one.value, other.value, { tolerance: 1e-12 });
      await expectClose(one.grad, other.grad, { tolerance: 1e-12 });
    },
  );
});

describe("sampledLoss, wrong arguments", () => {
  const hidden = tensor(Float64Array.of(1, 2), { shape: [2, 1] });
  const table = { weights: tensor(Float64Array.of(1, 2, 3), { shape: [3, 1] }) };
  const good = uniformSampler({ classes: 3 });
  const call =
    (options: SampledLossOptions, sampler: Parameters<typeof sampledLoss>[3] = good, labels = ids(0, 1)) =>
    () =>
      sampledLoss(hidden, table, labels, sampler, key, options);

  it("names what is wrong", () => {
    expect(call({ negatives: 0 })).toThrow("sampledLoss: negatives is 0 but must be a whole number ≥ 1");
    expect(call({ rounds: 0 })).toThrow("sampledLoss: rounds is 0 but must be a whole number ≥ 1");
    expect(call({ hits: "keep" as "mask" })).toThrow('sampledLoss: hits is "keep" but must be one of mask, resample');
    expect(call({ form: "ramp" as "hinge" })).toThrow(
      'sampledLoss: form is "ramp" but must be one of softmax, logistic, hinge, squaredHinge',
    );
    expect(call({ weighting: "even" as "constant" })).toThrow(
      'sampledLoss: weighting is "even" but must be one of constant, importance, relative',
    );
    expect(call({ reduction: "max" as "mean" })).toThrow(
      'sampledLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call({ normalizeByM: true })).toThrow(
      'sampledLoss: normalizeByM is true but must be false with weighting "importance"; its weights are over m already',
    );
    expect(call({ hits: "resample", shared: true })).toThrow(
      'sampledLoss: shared is true but must be false with hits "resample"; each row draws its own',
    );
    expect(call({}, uniformSampler({ classes: 4 }))).toThrow(
      "sampledLoss: sampler has 4 classes but must have 3, as weights has",
    );
    expect(call({ weighting: logitAdjustTarget([0.5, 0.5]) })).toThrow(
      "sampledLoss: target has 2 classes but must have 3, as weights has",
    );
    expect(call({}, good, ids(0, 3))).toThrow("sampledLoss: labels holds 3 at 1 but must be in [0, 3)");
    const holes = aliasSampler({ weights: [1, 0, 1] });
    for (const weighting of ["importance", "relative", logitAdjustTarget([0.2, 0.3, 0.5])] as const) {
      expect(call({ weighting }, holes)).toThrow(
        "sampledLoss: sampler has probability 0 for class 1 but must have it above 0 for every class, unless weights are constant",
      );
    }
    expect(call({ weighting: "constant" }, holes)).not.toThrow();
    expect(() => disentangledSampledLoss(hidden, table, ids(0, 1), good, key, undefined as never)).toThrow(
      "disentangledSampledLoss: target is undefined but must have a function logTarget; logitAdjustTarget(priors) has",
    );
  });
});

finiteAtExtremes(
  "disentangledSampledLoss",
  eachForm(allForms, (form) => (x, { labels, key }) => {
    const target = logitAdjustTarget(extreme.priorList);
    return disentangledSampledLoss(x, extreme.table(x), labels, extreme.sampler(), key, target, { negatives: 5, form });
  }),
  { isWeighted: true },
);

finiteAtExtremes(
  "sampledLoss",
  eachForm(
    allForms,
    (form) =>
      (x, { labels, key }) =>
        sampledLoss(x, extreme.table(x), labels, extreme.sampler(), key, {
          negatives: 5,
          form,
          weighting: "importance",
        }),
  ),
  { isWeighted: true },
);
