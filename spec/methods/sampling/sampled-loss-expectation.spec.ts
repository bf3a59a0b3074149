import { randomKey, type Tensor, tensor, valueAndGrad } from "cotangent";
import { aliasSampler, logitAdjustTarget, uniformSampler } from "cotangent/methods/sampling";
import { expectation, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { decoupled, implicitOf, implicitSoftmax, type Source, targetOf } from "./support/negative-schemes.js";
import { besides, type OneRow, oneRow, sumOf } from "./support/one-row.js";
import { schemeLoss, withinBatchLoss } from "./support/scheme-rows.js";

const key = randomKey(5);
const forms = ["logistic", "hinge", "squaredHinge"] as const;
/** Classes and negatives, few enough to go through every draw often. */
const sizes = fc.constantFrom<[number, number]>([2, 3], [3, 1], [3, 2], [4, 1], [5, 1]);
const rho = (y: number, other: number) => 0.3 + ((3 * y + 5 * other) % 7) / 4;
const schemes = ["constant", "importance", "relative", rho] as const;

/** Where negatives come from, and the loss with the weighting and form given. */
function sources({ scores, label, q: priors }: OneRow): {
  source: Source;
  loss: (o: Tensor, k: typeof key, options: Parameters<typeof schemeLoss>[4] & { negatives: number }) => Tensor;
}[] {
  const even = scores.map(() => 1 / scores.length);
  const total = sumOf(scores.map(Math.exp));
  const model = scores.map((f) => Math.exp(f) / total);
  const uniform = uniformSampler({ classes: scores.length });
  return [
    {
      source: { q: model, base: model },
      loss: (o, k, options) => schemeLoss(o, label, aliasSampler({ probabilities: model }), k, options),
    },
    { source: { q: even, base: even }, loss: (o, k, options) => schemeLoss(o, label, uniform, k, options) },
    {
      source: { q: besides(even, label), base: even },
      loss: (o, k, options) => schemeLoss(o, label, uniform, k, { ...options, hits: "resample" }),
    },
    { source: { q: priors, base: priors }, loss: (o, k, options) => withinBatchLoss(o, label, priors, k, options) },
  ];
}

const weightingOf = (scheme: (typeof schemes)[number], classes: number) =>
  typeof scheme === "function" ? targetOf(classes, scheme) : scheme;

async function expectDecoupled(row: OneRow, m: number, form: (typeof forms)[number]): Promise<void> {
  const { scores, label } = row;
  for (const { source, loss } of sources(row)) {
    const mean = await expectation(
      (k) =>
        schemes.map((scheme) =>
          valueAndGrad((o: Tensor) =>
            loss(o, k, { negatives: m, weighting: weightingOf(scheme, scores.length), form }),
          )(tensor(scores)),
        ),
      key,
    );
    for (const [i, scheme] of schemes.entries()) {
      const { value, slope } = decoupled(scores, label, implicitOf(scheme, source, label, m), form);
      await expectClose(mean[i].value, [value], { tolerance: 1e-12 });
      await expectClose(mean[i].grad, slope, { tolerance: 1e-12 });
    }
  }
}

describe("sampledLoss on average", () => {
  law(
    "is the implicit loss exactly in the decoupled forms, value and gradient, for every sampler and weighting",
    sizes.chain(([classes, m]) => fc.tuple(oneRow(classes), fc.constant(m))),
    fc.constantFrom(...forms),
    async ([row, m], form) => expectDecoupled(row, m, form),
  );

  it("is so with five classes and three negatives", async () => {
    const scores = Float64Array.of(0.4, -1.2, 0.7, 1.6, -0.3);
    const q = Float64Array.of(0.35, 0.25, 0.2, 0.15, 0.05);
    const weighting = logitAdjustTarget(q);
    for (const { loss } of sources({ scores, label: 3, q }).slice(1)) {
      const of = (o: Tensor, k: typeof key) => loss(o, k, { negatives: 3, weighting, form: "logistic" });
      const mean = await expectation((k) => valueAndGrad((o: Tensor) => of(o, k))(tensor(scores)), key);
      const { value, slope } = decoupled(
        scores,
        3,
        q.map((prior, j) => (j === 3 ? 0 : prior / q[3])),
        "logistic",
      );
      await expectClose(mean.value, [value], { tolerance: 1e-12 });
      await expectClose(mean.grad, slope, { tolerance: 1e-12 });
    }
  }, 60_000);

  law(
    "is at most the implicit loss in the softmax form, for every sampler and weighting",
    sizes.chain(([classes, m]) => fc.tuple(oneRow(classes), fc.constant(m))),
    async ([row, m]) => {
      const { scores, label } = row;
      for (const { source, loss } of sources(row)) {
        const means = await expectation(
          (k) =>
            schemes.map((scheme) =>
              loss(tensor(scores), k, { negatives: m, weighting: weightingOf(scheme, scores.length) }),
            ),
          key,
        );
        for (const [i, scheme] of schemes.entries()) {
          const bound = implicitSoftmax(scores, label, implicitOf(scheme, source, label, m));
          expect(means[i][0]).toBeLessThanOrEqual(bound + 1e-14);
        }
      }
    },
  );

  law(
    "falls short of the softmax bound by Var / 2(1 + Σρe)² to leading order, ever closer with more negatives",
    floats([5], { min: -0.3, max: 0.3 }),
    fc.integer({ min: 0, max: 4 }),
    simplex(5, 0.15),
    async (scores, label, priors) => {
      const q = besides(new Float64Array(5).fill(1), label);
      const cases = [
        { options: { weighting: logitAdjustTarget(priors) }, weigh: (j: number) => priors[j] / priors[label] / q[j] },
        { options: { weighting: "importance" }, weigh: (j: number) => 1 / q[j] },
        { options: { weighting: "constant", normalizeByM: true }, weigh: () => 1 },
      ] as const;
      for (const { options, weigh } of cases) {
        const terms = scores.map((f, j) => (j === label ? 0 : weigh(j) * Math.exp(f - scores[label])));
        const first = sumOf(terms.map((term, j) => q[j] * term));
        const variance = sumOf(terms.map((term, j) => q[j] * term ** 2)) - first ** 2;
        const off: number[] = [];
        for (const negatives of [2, 3, 4]) {
          const of = (k: typeof key) =>
            schemeLoss(tensor(scores), label, uniformSampler({ classes: 5 }), k, {
              negatives,
              hits: "resample",
              ...options,
            });
          const [mean] = await expectation(of, key);
          off.push(Math.abs((Math.log1p(first) - mean) / (variance / negatives / (2 * (1 + first) ** 2)) - 1));
        }
        expect(Math.max(...off)).toBeLessThan(0.15);
        expect(off[2]).toBeLessThan(Math.max(off[0], 0.01)); // it may cross 0 on the way
      }
    },
  );
});
