import {
  type Backend,
  cpu,
  full,
  gather,
  grad,
  type Key,
  randomKey,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "cotangent";
import {
  type DoublyStochasticMiningLossOptions,
  doublyStochasticMiningLoss,
  orderedSgdWeights,
  owlLoss,
  stochasticNegativeMiningLoss,
  topKMean,
} from "cotangent/methods/ranking";
import { candidateSoftmaxLoss, gumbelTopKSampler, type Sampler, uniformSampler } from "cotangent/methods/sampling";
import { checkGradient, distinctFloats, expectation, floats, ids as idLists, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { allForms, eachForm, finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { descending, distinctOthers, minibatch, subsetsOf, sumOf } from "./support/subsets.js";

const key = randomKey(8);
const forms = ["hinge", "squaredHinge", "logistic", "softmax"] as const;
const [rows, classes, width] = [4, 5, 2];
const ids = (...list: number[]) => tensor(Int32Array.from(list));

type Model = { readonly hidden: Tensor; readonly weights: Tensor; readonly bias: Tensor };
const modelOf = (values: Float64Array): Model => ({
  hidden: tensor(values.slice(0, rows * width), { shape: [rows, width] }),
  weights: tensor(values.slice(rows * width, (rows + classes) * width), { shape: [classes, width] }),
  bias: tensor(values.slice((rows + classes) * width)),
});
const models = floats([(rows + classes) * width + classes]).map(modelOf);
const labelsOf = idLists(rows, classes);
/** m, k and κ. */
const sizes = fc.integer({ min: 1, max: classes - 1 }).chain((negatives) =>
  fc.record({
    negatives: fc.constant(negatives),
    hardest: fc.integer({ min: 1, max: negatives }),
    examples: fc.integer({ min: 1, max: rows }),
  }),
);

const mined = (
  { hidden, ...table }: Model,
  labels: Tensor<"i32">,
  k: Key,
  options: DoublyStochasticMiningLossOptions,
) => doublyStochasticMiningLoss(hidden, table, labels, distinctOthers(classes), k, { shared: false, ...options });

const allScores = ({ hidden, weights, bias }: Model) => hidden.matmul(weights.transpose()).add(bias);
const at = (scores: Tensor, columns: Tensor<"i32">) => {
  const [count, width_] = scores.shape;
  const starts = tensor(
    Int32Array.from({ length: count }, (_, i) => i * width_),
    { shape: [count, 1] },
  );
  return gather(scores.reshape([scores.size]), columns.add(starts));
};

describe("doublyStochasticMiningLoss", () => {
  law(
    "is topKMean of the mined losses of the rows, value and gradient",
    models,
    labelsOf,
    sizes,
    seeds,
    fc.constantFrom(...forms),
    async (model, labels, { negatives, hardest, examples }, seed, form) => {
      const k = randomKey(seed);
      const like = { dtype: "f64" } as const;
      const drawn = tensor(
        await distinctOthers(classes).candidates(k, [rows, negatives], like, tensor(labels)).ids.data(),
        { shape: [rows, negatives] },
      );
      const composed = (of: Model) => {
        const scores = allScores(of);
        const target = at(scores, tensor(labels).reshape([rows, 1])).reshape([rows]);
        return topKMean(stochasticNegativeMiningLoss(target, at(scores, drawn), { hardest, form }), examples);
      };
      const loss = (of: Model) => mined(of, tensor(labels), k, { negatives, hardest, examples, form });
      await expectClose(loss(model), composed(model), { tolerance: 1e-13 });
      const [found, expected] = [grad(loss)(model), grad(composed)(model)];
      for (const name of ["hidden", "weights", "bias"] as const) {
        await expectClose(found[name], expected[name], { tolerance: 1e-13 });
      }
    },
  );

  law(
    "gives no gradient to rows and classes that are not selected",
    models,
    labelsOf,
    seeds,
    async (model, labels, seed) => {
      const k = randomKey(seed);
      const loss = (of: Model) =>
        mined(of, tensor(labels), k, { negatives: 3, hardest: 1, examples: 2, form: "logistic" });
      const { hidden, bias } = grad(loss)(model);
      const [ofRows, ofClasses] = [await hidden.data(), await bias.data()];
      const touched = Array.from({ length: rows }, (_, i) => ofRows[2 * i] !== 0 || ofRows[2 * i + 1] !== 0);
      expect(touched.filter(Boolean).length).toBe(2);
      expect(ofClasses.filter((slope) => slope !== 0).length).toBeLessThanOrEqual(4);
      expect(Math.abs(sumOf(ofClasses))).toBeLessThan(1e-14);
    },
  );

  /** Three examples, of which two are drawn, and negatives for each: E[loss] against the mean over all sets of both. */
  async function expectNestedMean(
    values: Float64Array,
    labels: Int32Array,
    count: number,
    options: Required<Pick<DoublyStochasticMiningLossOptions, "negatives" | "hardest" | "examples" | "form">>,
  ): Promise<void> {
    const { negatives, hardest, examples, form } = options;
    const oneHot = tensor(Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), { shape: [3, 3] });
    const estimate = (k: Key) => (o: Tensor) => {
      const chosen = minibatch(k.at("batch"), 3, 2);
      const table = { weights: o.reshape([3, count]).transpose() };
      const [hidden, given] = [gather(oneHot, chosen), gather(tensor(labels), chosen)];
      const own = { ...options, shared: false };
      return doublyStochasticMiningLoss(hidden, table, given, distinctOthers(count), k.at("draw"), own);
    };
    const mean = await expectation((k) => valueAndGrad(estimate(k))(tensor(values)), key);

    const others = Array.from(labels, (y) => subsetsOf(count, negatives).filter((set) => !set.includes(y)));
    const exact = (o: Tensor) => {
      const scores = o.reshape([3, count]);
      const outcomes = subsetsOf(3, 2).flatMap(([a, b]) =>
        others[a].flatMap((first) =>
          others[b].map((second) => {
            const of = gather(scores, ids(a, b));
            const target = at(of, ids(labels[a], labels[b]).reshape([2, 1])).reshape([2]);
            const sets = ids(...first, ...second).reshape([2, negatives]);
            return topKMean(stochasticNegativeMiningLoss(target, at(of, sets), { hardest, form }), examples);
          }),
        ),
      );
      return outcomes.reduce((total, outcome) => total.add(outcome)).div(outcomes.length);
    };
    await expectClose(mean.value, exact(tensor(values)), { tolerance: 1e-12 });
    await expectClose(mean.grad, grad(exact)(tensor(values)), { tolerance: 1e-12 });
  }

  law(
    "has the mean over all minibatches and all sets of negatives, value and gradient",
    fc
      .constantFrom<[number, number]>([4, 1], [3, 2])
      .chain(([count, m]) =>
        fc.tuple(distinctFloats([3 * count]), idLists(3, count), fc.constant(m), fc.integer({ min: 1, max: m })),
      ),
    fc.integer({ min: 1, max: 2 }),
    fc.constantFrom("hinge", "logistic"),
    async ([values, labels, negatives, hardest], examples, form) => {
      await expectNestedMean(values, labels, values.length / 3, { negatives, hardest, examples, form });
    },
  );

  it("has that mean where both levels choose", async () => {
    const values = Float64Array.of(0.3, -1.1, 0.8, 1.7, -0.4, 0.6, -2, 1.2, 0.1, 0.9, -0.7, -1.5);
    const options = { negatives: 2, hardest: 1, examples: 1, form: "logistic" } as const;
    await expectNestedMean(values, Int32Array.of(1, 3, 0), 4, options);
  });

  law(
    "weights the examples by γ on average where all negatives are drawn",
    distinctFloats([20]),
    idLists(4, 5),
    fc.integer({ min: 1, max: 3 }).chain((batch) => fc.tuple(fc.constant(batch), fc.integer({ min: 1, max: batch }))),
    async (values, labels, [batch, examples]) => {
      const unit = tensor(
        Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
        { shape: [4, 4] },
      );
      const table = { weights: tensor(values, { shape: [4, 5] }).transpose() };
      const [mean] = await expectation((k) => {
        const chosen = minibatch(k.at("batch"), 4, batch);
        const options = { negatives: 4, hardest: 2, examples, form: "logistic" } as const;
        const given = gather(tensor(labels), chosen);
        return doublyStochasticMiningLoss(gather(unit, chosen), table, given, everyClass(5), k.at("draw"), options);
      }, key);
      const theta = [0.5, 0.5];
      const losses = await owlLoss(tensor(values, { shape: [4, 5] }), tensor(labels), theta, {
        form: "logistic",
      }).data();
      const gamma = orderedSgdWeights({ examples: 4, batch, kept: examples });
      expect(mean).toBeCloseTo(sumOf(descending(losses).map((u, j) => (gamma[j] * u) / examples)), 11);
    },
  );

  law(
    "is the mean pairwise loss, or the full softmax, where nothing is mined",
    models,
    labelsOf,
    async (model, labels) => {
      const options = { negatives: classes - 1, hardest: classes - 1, examples: rows } as const;
      const scores = allScores(model);
      const mean = owlLoss(scores, tensor(labels), new Float64Array(4).fill(1 / 4), { reduction: "mean" });
      await expectClose(mined(model, tensor(labels), key, options), mean, { tolerance: 1e-13 });
      const target = at(scores, tensor(labels).reshape([rows, 1])).reshape([rows]);
      const isLabel = Array.from(labels, (y) => Array.from({ length: classes }, (_, j) => (j === y ? -Infinity : 0)));
      const masked = scores.add(tensor(Float64Array.from(isLabel.flat()), { shape: [rows, classes] }));
      const softmax = candidateSoftmaxLoss(target, masked).mean();
      await expectClose(mined(model, tensor(labels), key, { ...options, form: "softmax" }), softmax, {
        tolerance: 1e-13,
      });
    },
  );

  law("masks the labels that a shared set hits", models, labelsOf, seeds, async (model, labels, seed) => {
    const { hidden, ...table } = model;
    const sampler = gumbelTopKSampler({ weights: new Float64Array(classes).fill(1) });
    const options = { negatives: 3, hardest: 2, examples: 3 } as const;
    const loss = doublyStochasticMiningLoss(hidden, table, tensor(labels), sampler, randomKey(seed), options);
    const drawn = await sampler.candidates(randomKey(seed), [3], { dtype: "f64" }).ids.data();
    const scores = await allScores(model).data();
    const losses = Array.from(labels, (y, i) => {
      const others = [...drawn].filter((j) => j !== y).map((j) => scores[classes * i + j]);
      const hard = descending(others).slice(0, 2);
      return sumOf(hard.map((f) => Math.max(0, 1 - scores[classes * i + y] + f))) / Math.max(1, hard.length);
    });
    await expectClose(loss, [sumOf(descending(losses).slice(0, 3)) / 3], { tolerance: 1e-12 });
  });

  it("leaves out candidates that the sampler leaves out", async () => {
    const drawn = { ids: ids(1, 2), logExpectedCount: tensor(Float64Array.of(0, Number.POSITIVE_INFINITY)) };
    const sampler = { classes: 3, candidates: () => drawn };
    const one = full([1, 1], 1, { backend: key.backend, dtype: "f64" });
    const loss = (weights: Tensor) =>
      doublyStochasticMiningLoss(one, { weights }, ids(0), sampler, key, { negatives: 2, hardest: 2, examples: 1 });
    const weights = tensor(Float64Array.of(0, 0.25, 5), { shape: [3, 1] });
    await expectClose(loss(weights), [1.25], { tolerance: 0 });
    await expectClose(grad(loss)(weights), [-1, 1, 0], { tolerance: 0 });
  });

  law("does not see a shift of all biases", models, labelsOf, sizes, seeds, async (model, labels, options, seed) => {
    const loss = (of: Model) => mined(of, tensor(labels), randomKey(seed), options);
    await expectClose(loss({ ...model, bias: model.bias.add(2.5) }), loss(model), { tolerance: 1e-12 });
  });

  it("agrees with finite differences to second order", async () => {
    const values = Float64Array.from({ length: 23 }, (_, i) => Math.sin(3 * i + 1) * 1.7);
    for (const form of forms) {
      const loss = (of: Model) => mined(of, ids(1, 4, 0, 1), key, { negatives: 3, hardest: 2, examples: 2, form });
      await checkGradient(loss, modelOf(values), { order: 2 });
    }
  });

  it("keeps half of the rows and five negatives of 256 unless told", async () => {
    const x = tensor(Float64Array.of(1, 2, 3), { shape: [3, 1] });
    const weights = tensor(
      Float64Array.from({ length: 300 }, (_, i) => i / 100),
      { shape: [300, 1] },
    );
    const labels = ids(0, 1, 2);
    const sampler = uniformSampler({ classes: 300 });
    const plain = doublyStochasticMiningLoss(x, { weights }, labels, sampler, key);
    const told = { negatives: 256, hardest: 5, examples: 2, form: "hinge", shared: true } as const;
    await expectClose(plain, doublyStochasticMiningLoss(x, { weights }, labels, sampler, key, told), { tolerance: 0 });
  });

  it("works with two classes, one row, ties everywhere, no loss, and no negative left", async () => {
    const one = full([1, 1], 1, { backend: key.backend, dtype: "f64" });
    const few = { negatives: 1, hardest: 1, examples: 1, shared: false } as const;
    const of = (weights: Tensor) => doublyStochasticMiningLoss(one, { weights }, ids(0), distinctOthers(2), key, few);
    await expectClose(of(tensor(Float64Array.of(0.25, 0), { shape: [2, 1] })), [0.75], { tolerance: 1e-15 });
    const tied = zeros([2, 1], { dtype: "f64" });
    await expectClose(grad(of)(tied), [-1, 1], { tolerance: 0 });
    const met = tensor(Float64Array.of(3, 0), { shape: [2, 1] });
    await expectClose(of(met), [0], { tolerance: 0 });
    await expectClose(grad(of)(met), [0, 0], { tolerance: 0 });
    const onlyLabel: Sampler = { ...uniformSampler({ classes: 2 }), draw: () => ids(0) };
    for (const form of forms) {
      const hit = (weights: Tensor) =>
        doublyStochasticMiningLoss(one, { weights }, ids(0), onlyLabel, key, { ...few, shared: true, form });
      await expectClose(hit(tied), [0], { tolerance: 0 });
      await expectClose(grad(hit)(tied), [0, 0], { tolerance: 0 });
    }
  });

  it("draws 16 times at most what hits its own label", () => {
    let draws = 0;
    const onlyLabel: Sampler = {
      classes: 2,
      draw: (_, shape) => {
        draws++;
        return zeros(shape as number[], { dtype: "i32" });
      },
      logProbability: (of, like) => zeros(of.shape, { dtype: like?.dtype ?? "f32" }),
    };
    const [one, weights] = [zeros([1, 1], { dtype: "f64" }), zeros([2, 1], { dtype: "f64" })];
    const few = { negatives: 1, hardest: 1, shared: false } as const;
    doublyStochasticMiningLoss(one, { weights }, ids(0), onlyLabel, key, few);
    expect(draws).toBe(16);
  });

  it("is the same in single precision on every backend", async () => {
    const on = async (backend?: Backend) => {
      const place = backend === undefined ? {} : { backend };
      const hidden = tensor([1, -0.5, 2, 0.3], { ...place, shape: [4, 1] });
      const weights = tensor([0.2, -1.1, 0.6, 0.9, -0.4], { ...place, shape: [5, 1] });
      const labels = tensor(Int32Array.of(0, 3, 1, 4), place);
      return Promise.all(
        forms.map((form) =>
          doublyStochasticMiningLoss(hidden, { weights }, labels, uniformSampler({ classes: 5 }), randomKey(5, place), {
            negatives: 4,
            hardest: 2,
            examples: 2,
            form,
          }).data(),
        ),
      );
    };
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      for (const [i, found] of (await on(backend)).entries()) {
        await expectClose(found, expected[i], { tolerance: 2e-6 }); // single precision
      }
    }
  });
});

/** All classes at once, in order, of which each row masks its label. */
function everyClass(count: number): ReturnType<typeof distinctOthers> {
  return {
    classes: count,
    candidates: (_key, _shape, like) => {
      const drawn = ids(...Array(count).keys());
      return { ids: drawn, logExpectedCount: full([count], 0, { backend: drawn.backend, dtype: like.dtype }) };
    },
  };
}

describe("doublyStochasticMiningLoss, wrong arguments", () => {
  const hidden = tensor(Float64Array.of(1, 2), { shape: [2, 1] });
  const table = { weights: tensor(Float64Array.of(1, 2, 3), { shape: [3, 1] }) };
  const call =
    (options: object, labels = ids(0, 1), sampler = uniformSampler({ classes: 3 }), x = hidden) =>
    () =>
      doublyStochasticMiningLoss(x, table, labels, sampler, key, { negatives: 2, hardest: 1, examples: 1, ...options });

  it("names what is wrong", () => {
    expect(call({})).not.toThrow();
    expect(call({ negatives: 0 })).toThrow("doublyStochasticMiningLoss: negatives is 0 but must be a whole number ≥ 1");
    expect(call({ negatives: 3 })).toThrow(
      "doublyStochasticMiningLoss: negatives is 3 but must be in [1, 2], the classes without the label",
    );
    expect(call({ hardest: 0 })).toThrow("doublyStochasticMiningLoss: hardest is 0 but must be a whole number ≥ 1");
    expect(call({ hardest: 3 })).toThrow("doublyStochasticMiningLoss: hardest is 3 but must be in [1, 2]");
    expect(call({ examples: 0 })).toThrow("doublyStochasticMiningLoss: examples is 0 but must be a whole number ≥ 1");
    expect(call({ examples: 3 })).toThrow("doublyStochasticMiningLoss: examples is 3 but must be in [1, 2]");
    expect(call({ form: "ramp" })).toThrow(
      'doublyStochasticMiningLoss: form is "ramp" but must be one of softmax, logistic, hinge, squaredHinge',
    );
    expect(call({}, ids(0, 3))).toThrow("doublyStochasticMiningLoss: labels holds 3 at 1 but must be in [0, 3)");
    expect(call({}, ids(0))).toThrow("doublyStochasticMiningLoss: labels has shape [1] but must be [2]");
    expect(call({}, ids(0, 1), uniformSampler({ classes: 4 }))).toThrow(
      "doublyStochasticMiningLoss: sampler has 4 classes but must have 3, as weights has",
    );
    expect(call({}, ids(), uniformSampler({ classes: 3 }), zeros([0, 1], { dtype: "f64" }))).toThrow(
      "doublyStochasticMiningLoss: hidden has shape [0, 1] but must have at least 1 row",
    );
    expect(call({}, ids(0, 1), uniformSampler({ classes: 3 }), zeros([2, 1]))).toThrow(
      "doublyStochasticMiningLoss: weights is f64 but must match hidden, f32; cast one of them",
    );
  });
});

finiteAtExtremes(
  "doublyStochasticMiningLoss",
  eachForm(allForms, (form) => (x, { labels, key }) => {
    const options = { negatives: 7, hardest: 3, examples: SIZE, form };
    return doublyStochasticMiningLoss(x, extreme.table(x), labels, extreme.sampler(), key, options);
  }),
);
