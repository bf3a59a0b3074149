import {
  type Backend,
  broadcastTo,
  concat,
  exp,
  full,
  gather,
  grad,
  type Key,
  permutation,
  randomKey,
  slice,
  square,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import {
  aliasSampler,
  type CandidateSampler,
  gumbelTopKSampler,
  inBatchLoss,
  logUniformSampler,
  poissonSampler,
  type SampledSoftmaxLossOptions,
  type Sampler,
  sampledNceLoss,
  sampledSoftmaxLoss,
  selfNormalizedSoftmax,
  targetPartitionLoss,
  uniformSampler,
  uniqueSampler,
} from "cotangent/methods/sampling";
import { checkBiasRate, checkSampler, expectation, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameDraws } from "./support/agree.js";
import { besides, ids, lossOf, oneRow, partition, partitionOf, sumOf } from "./support/one-row.js";

const key = randomKey(17);
const oneOrTwo = fc.integer({ min: 1, max: 2 });

/** m of all classes, all sets equally likely: π = m / C for each. */
function simpleRandomSampler(classes: number): CandidateSampler {
  return {
    classes,
    candidates: (from, shape, { dtype }) => {
      const m = shape[shape.length - 1];
      const logInclusion = full([m], Math.log(m / classes), { backend: from.backend, dtype });
      return { ids: slice(permutation(from, classes), [0], [m]), logExpectedCount: logInclusion };
    },
  };
}

describe("designs of sampledSoftmaxLoss", () => {
  law(
    "have Var Z' = (Σ exp(2o) / q − Z_t²) / m with independent draws, hits masked or of probability 0",
    oneRow(4),
    oneOrTwo,
    async ({ scores, label, q }, m) => {
      const rest = partition(scores) - Math.exp(scores[label]);
      for (const proposal of [q, besides(q, label)]) {
        const sampler = aliasSampler({ probabilities: proposal });
        const second = await expectation((k) => square(partitionOf(scores, label, sampler, k, { negatives: m })), key);
        const ratios = scores.map((o, j) => (j === label ? 0 : Math.exp(2 * o) / proposal[j]));
        const variance = (sumOf(ratios) - rest ** 2) / m;
        const expected = variance + partition(scores) ** 2;
        expect(Math.abs(second[0] / expected - 1)).toBeLessThan(1e-12);
      }
    },
  );

  law("have E[L'] < L strictly with q on the negatives", oneRow(4), oneOrTwo, async ({ scores, label, q }, m) => {
    const others = besides(q, label);
    const ratios = scores.map((o, j) => Math.exp(o) / others[j]).filter((_, j) => j !== label);
    fc.pre(Math.max(...ratios) / Math.min(...ratios) > 1.01);
    const loss = (k: Key) =>
      lossOf(tensor(scores), label, aliasSampler({ probabilities: others }), k, { negatives: m });
    const mean = await expectation(loss, key);
    expect(mean[0]).toBeLessThan(Math.log(partition(scores)) - scores[label] - 1e-9);
  });

  law(
    "may be any of fixed size, without replacement: E[Z'] = Z, E[L'] ≤ L",
    oneRow(5),
    fc.integer({ min: 1, max: 4 }),
    async ({ scores, label }, m) => {
      const sampler = simpleRandomSampler(5);
      const options = { negatives: m };
      const mean = await expectation((k) => partitionOf(scores, label, sampler, k, options), key);
      expect(Math.abs(mean[0] / partition(scores) - 1)).toBeLessThan(1e-12);
      const loss = await expectation((k) => lossOf(tensor(scores), label, sampler, k, options), key);
      expect(loss[0]).toBeLessThanOrEqual(Math.log(partition(scores)) - scores[label] + 1e-12);
    },
  );

  law(
    "have E[Z'] = Z in every row where rows share their negatives",
    oneRow(4),
    oneOrTwo,
    fc.nat(3),
    async ({ scores, label, q }, m, other) => {
      const labels = [label, other];
      const hidden = Float64Array.of(1, -0.5);
      const weights = tensor(scores, { shape: [4, 1] });
      const sampler = aliasSampler({ probabilities: q });
      const target = tensor(Float64Array.from(labels, (y, i) => scores[y] * hidden[i]));
      const mean = await expectation(
        (k) =>
          exp(
            sampledSoftmaxLoss(tensor(hidden, { shape: [2, 1] }), { weights }, ids(...labels), sampler, k, {
              negatives: m,
            }).add(target),
          ),
        key,
      );
      hidden.forEach((h, i) => {
        expect(Math.abs(mean[i] / partition(scores.map((o) => o * h)) - 1)).toBeLessThan(1e-12);
      });
    },
  );

  law(
    "with correctPositive and hits kept are ranking noise-contrastive estimation, draw by draw",
    oneRow(4),
    seeds,
    async ({ scores, label, q }, seed) => {
      const sampler = aliasSampler({ probabilities: q });
      const options = { negatives: 3, hits: "keep", correctPositive: true } as const;
      const ranking = (o: Tensor) =>
        sampledNceLoss(full([1, 1], 1, o), { weights: o.reshape([4, 1]) }, ids(label), sampler, randomKey(seed), {
          negatives: 3,
          objective: "ranking",
        }).sum();
      const ours = valueAndGrad((o: Tensor) => lossOf(o, label, sampler, randomKey(seed), options))(tensor(scores));
      const theirs = valueAndGrad(ranking)(tensor(scores));
      await expectClose(ours.value, theirs.value, { tolerance: 1e-13 });
      await expectClose(ours.grad, theirs.grad, { tolerance: 1e-13 });
    },
  );

  law(
    "see a constant factor of q, unless the positive is corrected too",
    oneRow(4),
    seeds,
    async ({ scores, label, q }, seed) => {
      const base = aliasSampler({ probabilities: q });
      const twice: Sampler = { ...base, logProbability: (of, like) => base.logProbability(of, like).add(Math.LN2) };
      fc.pre([...(await base.draw(randomKey(seed), 3).data())].some((id) => id !== label));
      for (const [hits, correctPositive] of [
        ["mask", false],
        ["keep", true],
      ] as const) {
        const options = { negatives: 3, hits, correctPositive };
        const [plain, scaled] = [base, twice].map((from) =>
          lossOf(tensor(scores), label, from, randomKey(seed), options).item(),
        );
        if (correctPositive) await expectClose([await scaled], [await plain], { tolerance: 1e-12 });
        else expect(await scaled).toBeLessThan((await plain) - 1e-4);
      }
    },
  );

  law(
    "have gradients that sum to 0 and Hessians, without replacement too",
    oneRow(6),
    seeds,
    async ({ scores, label, q }, seed) => {
      for (const sampler of [gumbelTopKSampler({ weights: q }), uniqueSampler(aliasSampler({ probabilities: q }))]) {
        const loss = (o: Tensor) => lossOf(o, label, sampler, randomKey(seed), { negatives: 2 });
        const slope = grad(loss)(tensor(scores));
        expect(Math.abs(sumOf(await slope.data()))).toBeLessThan(1e-14);
        const along = (o: Tensor) => square(grad(loss)(o)).sum();
        // 2 H g, H being that of the corrected scores: its rows sum to 0 as well
        const second = await grad(along)(tensor(scores)).data();
        expect(second.every(Number.isFinite)).toBe(true);
        expect(Math.abs(sumOf(second))).toBeLessThan(1e-13);
      }
    },
  );
});

describe("uniqueSampler as a design", () => {
  it("is approximate and says so: E[Z'] is not Z", async () => {
    const base = aliasSampler({ weights: [1, 4, 16] });
    const sampler = uniqueSampler(base, { patience: 2 });
    expect(sampler.approximate).toBe(true);
    expect(poissonSampler({ weights: [1, 1] }).approximate).toBeUndefined();
    expect(gumbelTopKSampler({ weights: [1, 1] }).approximate).toBeUndefined();
    const scores = Float64Array.of(1, 0, -1);
    const mean = await expectation((k) => partitionOf(scores, 1, sampler, k, { negatives: 2 }), key);
    expect(Math.abs(mean[0] / partition(scores) - 1)).toBeGreaterThan(0.01);
  });
});

describe("draws of the designs", () => {
  const weights = Float64Array.of(0.4, 0.3, 0.15, 0.1, 0.05);

  it("of Gumbel top-k come one after the other in proportion to what weight is left", async () => {
    const rows = 100_000; // with 25 cells, q^0.9 is found out
    const { ids: drawn } = gumbelTopKSampler({ weights }).candidates(randomKey(23), [rows, 2], { dtype: "f64" });
    const pairs = await drawn.data();
    checkSampler({
      draws: Int32Array.from({ length: rows }, (_, row) => 5 * pairs[2 * row] + pairs[2 * row + 1]),
      probabilities: Float64Array.from({ length: 25 }, (_, pair) => {
        const [first, second] = [Math.floor(pair / 5), pair % 5];
        return first === second ? 0 : (weights[first] * weights[second]) / (1 - weights[first]);
      }),
    });
  });

  it("of Poisson sampling are independent from class to class and from row to row", async () => {
    const rows = 20_000;
    const sampler = poissonSampler({ weights });
    const {
      ids: all,
      logExpectedCount,
      logExpectedCountOf,
    } = sampler.candidates(randomKey(24), [rows, 2], { dtype: "f64" });
    expect(all.shape).toEqual([rows, 5]);
    const counts = await logExpectedCount.data();
    const found = await exp(logExpectedCountOf!(ids(0, 1, 2, 3, 4))).data();
    const chances = Array.from(found, (chance) => Math.min(1, chance));
    checkSampler({
      draws: Int32Array.from({ length: rows }, (_, row) =>
        sumOf([0, 1, 2, 3, 4].map((j) => (counts[5 * row + j] < Infinity ? 2 ** j : 0))),
      ),
      probabilities: Float64Array.from({ length: 32 }, (_, set) =>
        chances.reduce((product, chance, j) => product * (set & (1 << j) ? chance : 1 - chance), 1),
      ),
    });
  });

  it("with the label left out follow the law of the others", async () => {
    const [rows, label] = [20_000, 1];
    const like = { dtype: "f64" } as const;
    for (const sampler of [uniformSampler({ classes: 5 }), logUniformSampler({ classes: 5 })]) {
      const source = sampler.without!(broadcastTo(ids(label), [rows]) as Tensor<"i32">);
      const drawn = source.draw(randomKey(25), [rows, 1]);
      const one = sampler.without!(ids(label));
      const every = tensor(Int32Array.of(0, 1, 2, 3, 4), { shape: [1, 5] });
      const law5 = (await one.logProbability(every, like).data()).map(Math.exp);
      const total = sumOf(law5);
      expect(Math.abs(total - 1)).toBeLessThan(1e-14);
      checkSampler({ draws: await drawn.data(), probabilities: law5.map((p) => p / total), rows });
    }
  });
});

describe("selfNormalizedSoftmax with samples of a sampler", () => {
  law(
    "counts every sample in full where q is the softmax: ESS = m; else from 1 to m",
    oneRow(5),
    seeds,
    async ({ scores, label, q }, seed) => {
      const m = 6;
      for (const proposal of [scores.map(Math.exp), q]) {
        const sampler = aliasSampler({ weights: proposal });
        const drawn = sampler.draw(randomKey(seed), m);
        const values = Float64Array.from(await drawn.data(), (j) => scores[j]);
        const { effectiveSampleSize } = selfNormalizedSoftmax(
          tensor(scores.slice(label, label + 1)),
          tensor(values, { shape: [1, m] }),
          sampler.logProbability(drawn, { dtype: "f64" }),
        );
        const size = await effectiveSampleSize.item();
        if (proposal !== q) expect(size).toBeCloseTo(m, 10);
        expect(size).toBeGreaterThanOrEqual(1 - 1e-12);
        expect(size).toBeLessThanOrEqual(m + 1e-12);
      }
    },
  );

  it("has a bias that falls like 1/m", async () => {
    const scores = Float64Array.of(0.5, 0, -0.2);
    const sampler = uniformSampler({ classes: 3 });
    const share = Math.exp(0.5) / partition(scores);
    await checkBiasRate(
      async (m) => {
        const mean = await expectation((k) => {
          const drawn = sampler.draw(k, m);
          const surrogate = (o: Tensor) => {
            const of = tensor(scores.slice(1, 2));
            return selfNormalizedSoftmax(
              of,
              gather(o, drawn).reshape([1, m]),
              sampler.logProbability(drawn, o),
            ).surrogate.sum();
          };
          return grad(surrogate)(tensor(scores));
        }, randomKey(0));
        return mean[0] - share;
      },
      { sign: "negative", samples: 2, rule: "doubling" },
    );
  });
});

describe("the sampled softmax in f32", () => {
  it("is the same on every backend from the same key: value and gradient", async () => {
    const count = 8;
    const weights = Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(5 * i + 2));
    const frequencies = Float64Array.from({ length: count }, (_, j) => 1 / (j + 1));
    const cases: readonly (readonly [Sampler | CandidateSampler, SampledSoftmaxLossOptions])[] = [
      [uniformSampler({ classes: count }), { negatives: 5 }],
      [aliasSampler({ weights: frequencies }), { negatives: 5 }],
      [aliasSampler({ weights: frequencies }), { negatives: 4, hits: "resample", rounds: 3 }],
      [uniformSampler({ classes: count }), { negatives: 4, hits: "resample" }],
      [logUniformSampler({ classes: count }), { negatives: 5, hits: "keep", correctPositive: true }],
      [poissonSampler({ weights: frequencies }), { negatives: 3 }],
      [gumbelTopKSampler({ weights: frequencies }), { negatives: 3, hits: "resample" }],
      [uniqueSampler(aliasSampler({ weights: frequencies })), { negatives: 3 }],
    ];
    const on = (backend: Backend, values: Float32Array, ...shape: number[]) => tensor(values, { shape, backend });
    const inputsOn = (backend: Backend) => ({
      h: on(backend, weights.slice(0, 12), 4, 3),
      w: on(backend, weights, count, 3),
      b: on(backend, weights.slice(2, 2 + count), count),
    });
    type Inputs = ReturnType<typeof inputsOn>;
    const labelsOn = (backend: Backend) => tensor(Int32Array.of(0, 3, 3, 7), { backend });
    const computed = (loss: (x: Inputs, from: Key) => Tensor) => (backend: Backend, from: Key) => {
      const { value, grad: slope } = valueAndGrad((x: Inputs) => loss(x, from))(inputsOn(backend));
      return concat([value, ...Object.values(slope)].map((part) => part.reshape([part.size])));
    };
    const sampled = cases.map(([sampler, options]) =>
      computed(({ h, w, b }, from) =>
        sampledSoftmaxLoss(h, { weights: w, bias: b }, labelsOn(h.backend), sampler, from, {
          ...options,
          reduction: "sum",
        }),
      ),
    );
    await expectSameDraws([
      ...sampled,
      computed(({ h, w, b }) => {
        const vocabulary = tensor(Int32Array.of(7, 0, 3), { backend: h.backend });
        return targetPartitionLoss(h, { weights: w, bias: b }, labelsOn(h.backend), vocabulary, { reduction: "sum" });
      }),
      computed(({ h }) => {
        const options = { correctPositive: true, reduction: "sum" } as const;
        return inBatchLoss(h.matmul(h.transpose()), labelsOn(h.backend), h.sum(1), options);
      }),
      computed(({ h }) => selfNormalizedSoftmax(h.sum(1), h, h.sum(0)).surrogate.sum()),
    ]);
  });
});
