import {
  cast,
  categorical,
  type DType,
  gather,
  grad,
  type Key,
  leavesOf,
  log,
  randomKey,
  type Tensor,
  takeAlongAxis,
  tensor,
  valueAndGrad,
} from "cotangent";
import {
  type ClassTable,
  expectedNceObjective,
  nceLoss,
  negativeSamplingLoss,
  rankingNceLoss,
  type SampledNceLossOptions,
  type Sampler,
  sampledNceLoss,
  uniformSampler,
} from "cotangent/methods/sampling";
import { checkGradient, checkUnbiased, floats, ids, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { eachForm, finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";

const [classes, width, rows] = [4, 2, 2];
const parameters = fc.record({
  hidden: floats([rows, width]),
  weights: floats([classes, width]),
  bias: floats([classes]),
});
type Parameters = { hidden: Tensor; weights: Tensor; bias: Tensor };

const tensorsOf = ({
  hidden,
  weights,
  bias,
}: {
  hidden: Float64Array;
  weights: Float64Array;
  bias: Float64Array;
}): Parameters => ({
  hidden: tensor(hidden, { shape: [rows, width] }),
  weights: tensor(weights, { shape: [classes, width] }),
  bias: tensor(bias),
});

/** A sampler of the simplest kind: what users may write. */
function samplerOf(probabilities: Float64Array): Sampler {
  const logQ = log(tensor(probabilities));
  return {
    classes: probabilities.length,
    missing: [...probabilities.keys()].filter((y) => probabilities[y] === 0),
    draw: (key, shape) => categorical(key, logQ, typeof shape === "number" ? [shape] : shape),
    logProbability: (ids, like = { dtype: "f32" }) => cast(gather(logQ, ids), like.dtype),
  };
}

const uniform = samplerOf(new Float64Array(classes).fill(1 / classes));

/** Every tensor of a graph that has an element for each class, by its operation. */
function operationsOfSize(roots: readonly Tensor<DType>[], size: number): string[] {
  const seen = new Set(roots);
  for (const node of seen) for (const input of node.origin.inputs) seen.add(input);
  return [...seen].filter((node) => node.size >= size).map((node) => node.origin.op);
}

describe("sampledNceLoss", () => {
  const objectives = fc.constantFrom("nce" as const, "negativeSampling" as const, "averageNegativeSampling" as const);

  law(
    "estimates the expected objective and its gradient without bias, whether rows share their samples or not",
    parameters,
    simplex(classes),
    ids(rows, classes),
    objectives,
    fc.boolean(),
    async (values, q, labels, objective, shared) => {
      const negatives = shared ? 2 : 1;
      const estimate = valueAndGrad(({ hidden, ...table }: Parameters, key: Key) =>
        sampledNceLoss(hidden, table, tensor(labels), samplerOf(q), key, {
          negatives,
          objective,
          shared,
          reduction: "sum",
        }),
      );
      const certain = tensor(
        Float64Array.from({ length: rows * classes }, (_, i) =>
          labels[Math.floor(i / classes)] === i % classes ? 1 : 0,
        ),
        { shape: [rows, classes] },
      );
      const target = valueAndGrad(({ hidden, weights, bias }: Parameters) =>
        expectedNceObjective(hidden.matmul(weights.transpose()).add(bias), certain, tensor(q), {
          negatives,
          objective,
        }).sum(),
      );
      const x = tensorsOf(values);
      await checkUnbiased((key) => estimate(x, key), target(x), randomKey(0));
    },
  );

  law(
    "is the loss of the scores that were drawn",
    parameters,
    simplex(classes),
    ids(rows, classes),
    fc.integer({ min: 0, max: 1000 }),
    async (values, q, labels, seed) => {
      const { hidden, ...table } = tensorsOf(values);
      const sampler = samplerOf(q);
      const [key, y] = [randomKey(seed), tensor(labels)];
      const drawn = tensor(await sampler.draw(key, [3]).data());
      const all = hidden.matmul(table.weights.transpose()).add(table.bias).transpose(); // [classes, rows]
      const scores = {
        positive: hidden.mul(gather(table.weights, y)).sum(1).add(gather(table.bias, y)),
        noise: gather(all, drawn).transpose(),
      };
      const logProbability = {
        positive: sampler.logProbability(y, hidden),
        noise: sampler.logProbability(drawn, hidden),
      };
      const loss = (options: SampledNceLossOptions) =>
        sampledNceLoss(hidden, table, y, sampler, key, { negatives: 3, ...options });
      const c = tensor(Float64Array.of(0.3, -0.2));
      await expectClose(loss({}), await nceLoss(scores, logProbability).data());
      await expectClose(loss({ logNormalizer: c }), await nceLoss(scores, logProbability, { logNormalizer: c }).data());
      await expectClose(loss({ objective: "ranking" }), await rankingNceLoss(scores, logProbability).data());
      await expectClose(loss({ objective: "negativeSampling" }), await negativeSamplingLoss(scores).data());
      await expectClose(
        loss({ objective: "averageNegativeSampling" }),
        await negativeSamplingLoss(scores, { average: true }).data(),
      );
      await expectClose(loss({ reduction: "mean" }), [await loss({}).mean().item()]);
      const own = tensor(await sampler.draw(key, [rows, 3]).data(), { shape: [rows, 3] });
      const ofRows = { ...scores, noise: takeAlongAxis(all.transpose(), own) };
      await expectClose(
        loss({ objective: "negativeSampling", shared: false }),
        await negativeSamplingLoss(ofRows).data(),
      );
    },
  );

  it.each([true, false])("agrees with central differences to second order, samples shared: %s", async (shared) => {
    const loss = ({ hidden, ...table }: Parameters) =>
      sampledNceLoss(hidden, table, tensor(Int32Array.of(3, 1)), uniform, randomKey(1), {
        negatives: 3,
        shared,
        reduction: "sum",
      });
    const values = (length: number) => Float64Array.from({ length }, (_, i) => Math.sin(3 * i + length));
    const x = tensorsOf({
      hidden: values(rows * width),
      weights: values(classes * width),
      bias: values(classes),
    });
    await checkGradient(loss, x, { order: 2 });
  });

  law("gives no gradient to a class that is neither label nor drawn", parameters, async (values) => {
    const { hidden, ...table } = tensorsOf(values);
    const never = samplerOf(Float64Array.of(0.5, 0.5, 0, 0));
    const loss = (t: ClassTable) =>
      sampledNceLoss(hidden, t, tensor(Int32Array.of(0, 1)), never, randomKey(2), { reduction: "sum" });
    const slopes = grad(loss as (t: Omit<Parameters, "hidden">) => Tensor)(table);
    const [weights, bias] = [await slopes.weights.data(), await slopes.bias.data()];
    expect([...weights.slice(4), ...bias.slice(2)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(bias.slice(0, 2).every((slope) => slope !== 0)).toBe(true);
  });

  it("computes nothing of the size of the number of classes, forwards or backwards", () => {
    const many = 100_000;
    const table = {
      weights: tensor(new Float32Array(many * 2), { shape: [many, 2] }),
      bias: tensor(new Float32Array(many)),
    };
    const sampler = uniformSampler({ classes: many });
    const step = valueAndGrad((t: { weights: Tensor; bias: Tensor }) =>
      sampledNceLoss(tensor([[1, 2]]), t, tensor(Int32Array.of(7)), sampler, randomKey(0), { reduction: "sum" }),
    )(table);
    const touched = new Set(operationsOfSize(leavesOf<Tensor<DType>>({ ...step }), many));
    expect([...touched].sort()).toEqual(["broadcast", "identity", "leaf", "scatterAdd"]);
  });

  it("has 25 noise samples for all rows and NCE's objective by default", async () => {
    const table = { weights: tensor(Float64Array.of(1, 2, -1, 0.5), { shape: [4, 1] }) };
    const hidden = tensor(Float64Array.of(0.3, -0.7), { shape: [2, 1] });
    const losses = (options?: SampledNceLossOptions) =>
      sampledNceLoss(hidden, table, tensor(Int32Array.of(0, 3)), uniform, randomKey(4), options).data();
    const byDefault = await losses();
    const given = { negatives: 25, shared: true, objective: "nce", reduction: "none" } as const;
    expect(byDefault).toEqual(await losses(given));
    for (const other of [{ negatives: 26 }, { shared: false }, { objective: "ranking" }] as const) {
      expect(byDefault).not.toEqual(await losses({ ...given, ...other }));
    }
  });

  it("works for two classes, one sample, and a label that is the only noise", async () => {
    const table = { weights: tensor([[1], [2]]) };
    const only = samplerOf(Float64Array.of(0, 1));
    const loss = sampledNceLoss(tensor([[0]]), table, tensor(Int32Array.of(1)), only, randomKey(0), { negatives: 1 });
    await expectClose(loss, [2 * Math.log(2)], { tolerance: 1e-6 });
  });

  it("names the argument that is wrong", () => {
    const { hidden, ...table } = tensorsOf({
      hidden: new Float64Array(4),
      weights: new Float64Array(8),
      bias: new Float64Array(4),
    });
    const y = tensor(Int32Array.of(0, 3));
    const never = samplerOf(Float64Array.of(0.5, 0.25, 0.25, 0));
    const key = randomKey(0);
    const wrong = (call: () => Tensor, message: string) => expect(call).toThrow(`sampledNceLoss: ${message}`);
    wrong(
      () => sampledNceLoss(hidden, table, y, uniform, key, { negatives: 0 }),
      "negatives is 0 but must be a whole number ≥ 1",
    );
    wrong(
      () => sampledNceLoss(hidden, table, y, never, key),
      "sampler has probability 0 for class 3 but must have it above 0 for every label",
    );
    expect(sampledNceLoss(hidden, table, y, never, key, { objective: "negativeSampling" }).shape).toEqual([2]);
    expect(sampledNceLoss(hidden, table, tensor(Int32Array.of(0, 1)), never, key).shape).toEqual([2]);
    wrong(
      () => sampledNceLoss(hidden, table, y, samplerOf(Float64Array.of(0.5, 0.5)), key),
      "sampler has 2 classes but must have 4, as weights has",
    );
    wrong(
      () => sampledNceLoss(hidden, table, y, uniform, key, { objective: "other" as "nce" }),
      'objective is "other" but must be one of nce, negativeSampling, averageNegativeSampling, ranking',
    );
    wrong(
      () => sampledNceLoss(hidden, table, y, uniform, key, { objective: "ranking", logNormalizer: tensor(0) }),
      'objective is "ranking" but must be "nce" with a logNormalizer',
    );
    wrong(
      () => sampledNceLoss(hidden, table, y, uniform, key, { logNormalizer: tensor(new Float64Array(3)) }),
      "logNormalizer has shape [3] but must be [2], or [] for one of all rows",
    );
    wrong(
      () => sampledNceLoss(hidden, table, y, uniform, key, { reduction: "all" as "sum" }),
      'reduction is "all" but must be one of none, mean, sum',
    );
    wrong(
      () => sampledNceLoss(hidden, table, tensor(Int32Array.of(0, 4)), uniform, key),
      "labels holds 4 at 1 but must be in [0, 4)",
    );
  });
});

finiteAtExtremes(
  "sampledNceLoss",
  eachForm(
    ["nce", "negativeSampling", "averageNegativeSampling", "ranking"],
    (objective) =>
      (x, { labels, key }) =>
        sampledNceLoss(x, extreme.table(x), labels, extreme.sampler(), key, { negatives: 5, objective }),
  ),
  { isWeighted: true },
);
