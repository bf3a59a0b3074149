import { cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  consistentMargins,
  ldamMargins,
  type PairwiseMargins,
  pairwiseMarginSoftmaxLoss,
} from "cotangent/methods/longtail";
import { checkGradient, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { type Batch, batches, gradientOf, lossesOf, scoresOf } from "./support/batches.js";
import { balancedErrorOf, leastBalancedError, marginalsOf, populationMinimizer, ruleOf } from "./support/population.js";

/** A batch, margins with a diagonal of 0, and weights. */
const problems = batches().chain((batch) => {
  const { classes } = batch;
  return fc.record({
    batch: fc.constant(batch),
    margins: floats([classes, classes]).map((values) =>
      values.map((value, i) => (i % (classes + 1) === 0 ? 0 : value)),
    ),
    weights: floats([classes], { min: 0.1, max: 3 }),
  });
});

const formOf = ({ classes }: Batch, margins: Float64Array, weights: Float64Array) => ({
  margins: tensor(margins, { shape: [classes, classes] }),
  weights: tensor(weights),
});

const totalOf = (batch: Batch, form: PairwiseMargins) => (f: Tensor) =>
  pairwiseMarginSoftmaxLoss(f, tensor(batch.labels), form).sum();

describe("pairwiseMarginSoftmaxLoss", () => {
  law("is α_y log(1 + Σ exp(Δ_yc + f_c − f_y))", problems, async ({ batch, margins, weights }) => {
    const { classes, labels } = batch;
    const expected = lossesOf(batch, (y, c) => margins[y * classes + c]).map((loss, i) => weights[labels[i]] * loss);
    const form = formOf(batch, margins, weights);
    await expectClose(pairwiseMarginSoftmaxLoss(scoresOf(batch), tensor(labels), form), expected, { tolerance: 1e-13 });
    const total = expected.reduce((sum, value) => sum + value, 0);
    for (const [reduction, value] of [
      ["sum", total],
      ["mean", total / batch.rows],
    ] as const) {
      const reduced = pairwiseMarginSoftmaxLoss(scoresOf(batch), tensor(labels), form, { reduction });
      await expectClose(reduced, [value], { tolerance: 1e-13 });
    }
  });

  law("has gradient α_y (softmax(f + Δ_y) − onehot(y))", problems, async ({ batch, margins, weights }) => {
    const expected = gradientOf(
      batch,
      (y, c) => margins[y * batch.classes + c],
      (y) => weights[y],
    );
    const slope = grad(totalOf(batch, formOf(batch, margins, weights)))(scoresOf(batch));
    await expectClose(slope, expected, { tolerance: 1e-13 });
  });

  law("agrees with central differences to second order", problems, async ({ batch, margins, weights }) => {
    await checkGradient(totalOf(batch, formOf(batch, margins, weights)), scoresOf(batch), { order: 2 });
  });

  law("is cross-entropy without margins and weights", batches(), async (batch) => {
    const plain = await sparseSoftmaxCrossEntropy(scoresOf(batch), tensor(batch.labels)).data();
    await expectClose(pairwiseMarginSoftmaxLoss(scoresOf(batch), tensor(batch.labels), {}), plain, { tolerance: 0 });
  });

  it("takes margins and weights for constants", async () => {
    const f = tensor(Float64Array.of(1, 2), { shape: [1, 2] });
    const form = {
      margins: tensor(Float64Array.of(0, 1, 2, 0), { shape: [2, 2] }),
      weights: tensor(Float64Array.of(2, 3)),
    };
    const slopes = grad((x: typeof form) => pairwiseMarginSoftmaxLoss(f, tensor(Int32Array.of(0)), x).sum())(form);
    await expectClose(slopes.margins, [0, 0, 0, 0], { tolerance: 0 });
    await expectClose(slopes.weights, [0, 0], { tolerance: 0 });
  });

  it("leaves out what has margin −∞: no loss, no gradient", async () => {
    const f = tensor(Float64Array.of(0.5, 70, 1.5), { shape: [1, 3] });
    const margins = tensor(Float64Array.of(0, -Infinity, 0, 0, 0, 0, 0, 0, 0), { shape: [3, 3] });
    const loss = (z: Tensor) => pairwiseMarginSoftmaxLoss(z, tensor(Int32Array.of(0)), { margins }).sum();
    const share = 1 / (1 + Math.exp(-1));
    await expectClose(loss(f), [Math.log1p(Math.E)], { tolerance: 1e-13 });
    await expectClose(grad(loss)(f), [-share, 0, share], { tolerance: 1e-13 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const f = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const y = tensor(Int32Array.of(2, 0), place);
      const priors = tensor([0.9, 0.0999, 0.0001], place);
      const form = consistentMargins(priors, tensor([0.2, 1.5, 0.7], place));
      const { value, grad: slope } = valueAndGrad((z: Tensor) => pairwiseMarginSoftmaxLoss(z, y, form).sum())(f);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });
});

describe("pairwiseMarginSoftmaxLoss, over all the data there could be", () => {
  const joints = simplex(20, 0.002).map((flat) =>
    Array.from({ length: 5 }, (_, x) => [...flat.slice(4 * x, 4 * x + 4)]),
  );

  law(
    "has the Bayes rule of the balanced error as its minimizer, for every δ",
    joints,
    floats([4], { min: 0.1, max: 3 }),
    async (joint, random) => {
      const priors = marginalsOf(joint);
      const least = leastBalancedError(joint);
      for (const delta of [random, priors, new Float64Array(4).fill(1)]) {
        const found = await populationMinimizer(joint, consistentMargins(tensor(priors), tensor(delta)));
        joint.forEach((row, x) => {
          const conditional = row.map((mass, y) => Math.log(mass / priors[y]));
          const difference = found[x].map((logit, y) => logit - conditional[y]);
          for (const each of difference) expect(Math.abs(each - difference[0])).toBeLessThan(1e-8);
        });
        expect(balancedErrorOf(joint, ruleOf(found))).toBeCloseTo(least, 12);
      }
    },
  );

  it("has another minimizer with LDAM's margins, whose rule is worse", async () => {
    const joint = [
      [0.2, 0.35],
      [0.05, 0.4],
    ];
    const priors = tensor(marginalsOf(joint));
    const found = await populationMinimizer(joint, ldamMargins(priors, { scale: 1 }));
    expect(balancedErrorOf(joint, ruleOf(found))).toBeCloseTo(1 / 2, 14);
    expect(leastBalancedError(joint)).toBeCloseTo(1 / 3, 14);
    const consistent = await populationMinimizer(joint, consistentMargins(priors, priors));
    expect(balancedErrorOf(joint, ruleOf(consistent))).toBeCloseTo(1 / 3, 14);
  });
});

describe("pairwiseMarginSoftmaxLoss, wrong arguments", () => {
  const f = tensor(Float64Array.of(0, 1), { shape: [1, 2] });
  const y = tensor(Int32Array.of(1));
  const margins = (...values: number[]) => ({ margins: tensor(Float64Array.from(values), { shape: [2, 2] }) });
  const weights = (...values: number[]) => ({ weights: tensor(Float64Array.from(values)) });

  it("names what is wrong", () => {
    const call = pairwiseMarginSoftmaxLoss;
    const name = "pairwiseMarginSoftmaxLoss";
    expect(() => call(f, y, margins(0, 1, 1, 0.5))).toThrow(
      `${name}: margins is 0.5 at [1, 1] but must be 0 on the diagonal`,
    );
    expect(() => call(f, y, margins(0, Number.NaN, 1, 0))).toThrow(
      `${name}: margins is NaN at [0, 1] but must be finite or -Infinity`,
    );
    expect(() => call(f, y, margins(0, 1, Infinity, 0))).toThrow(
      `${name}: margins is Infinity at [1, 0] but must be finite or -Infinity`,
    );
    expect(() => call(f, y, { margins: tensor(Float64Array.of(0, 0)) })).toThrow(
      `${name}: margins has shape [2] but must be [2, 2]`,
    );
    expect(() =>
      call(f, y, {
        margins: tensor([
          [0, 0],
          [0, 0],
        ]),
      }),
    ).toThrow(`${name}: margins is f32 but must match logits, f64; cast one of them`);
    expect(() => call(f, y, weights(1, 0))).toThrow(`${name}: weights is 0 at [1] but must be a finite number > 0`);
    expect(() => call(f, y, weights(Number.NaN, 1))).toThrow(
      `${name}: weights is NaN at [0] but must be a finite number > 0`,
    );
    expect(() => call(f, y, weights(1, 1, 1))).toThrow(`${name}: weights has shape [3] but must be [2]`);
    expect(() => call(f, y, { weights: tensor([1, 1]) })).toThrow(
      `${name}: weights is f32 but must match logits, f64; cast one of them`,
    );
    expect(() => call(f, tensor(Int32Array.of(2)), {})).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    expect(() => call(f, y, {}, { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});

finiteAtExtremes(
  "pairwiseMarginSoftmaxLoss",
  (x, { labels }) => pairwiseMarginSoftmaxLoss(x, labels, ldamMargins(extreme.beside(x, extreme.priorList))),
  { isWeighted: true },
);
