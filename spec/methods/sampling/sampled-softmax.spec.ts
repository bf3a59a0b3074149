import { grad, randomKey, type Tensor, tensor, zeros } from "cotangent";
import {
  aliasSampler,
  gumbelTopKSampler,
  poissonSampler,
  type Sampler,
  sampledSoftmaxLoss,
  uniformSampler,
  uniqueSampler,
} from "cotangent/methods/sampling";
import { checkGradient, expectation, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { besides, ids, lossOf, oneRow, partition, partitionOf, sumOf } from "./support/one-row.js";

const key = randomKey(7);
const negatives = (most: number) => fc.integer({ min: 1, max: most });

describe("sampledSoftmaxLoss", () => {
  law("has E[Z'] = Z, q on the negatives", oneRow(4), negatives(2), async ({ scores, label, q }, m) => {
    const sampler = aliasSampler({ probabilities: besides(q, label) });
    const mean = await expectation((k) => partitionOf(scores, label, sampler, k, { negatives: m }), key);
    await expectClose(mean, partition(scores), { tolerance: 1e-12 });
  });

  law("has E[Z'] = Z, hits masked", oneRow(4), negatives(2), async ({ scores, label, q }, m) => {
    const sampler = aliasSampler({ probabilities: q });
    const mean = await expectation((k) => partitionOf(scores, label, sampler, k, { negatives: m }), key);
    await expectClose(mean, partition(scores), { tolerance: 1e-12 });
  });

  law(
    "has E[Z'] = Z with six classes and with four negatives",
    oneRow(6),
    negatives(3),
    async ({ scores, label }, m) => {
      const sampler = uniformSampler({ classes: 6 });
      for (const hits of ["mask", "resample"] as const) {
        const mean = await expectation((k) => partitionOf(scores, label, sampler, k, { negatives: m, hits }), key);
        await expectClose(mean, partition(scores), { tolerance: 1e-12 });
      }
      const [four, t] = [scores.slice(0, 4), label % 4];
      const mean = await expectation(
        (k) => partitionOf(four, t, uniformSampler({ classes: 4 }), k, { negatives: 4 }),
        key,
      );
      await expectClose(mean, partition(four), { tolerance: 1e-12 });
    },
  );

  law(
    "has E[Z'] = Z, hits drawn again",
    oneRow(4),
    fc.integer({ min: 1, max: 3 }),
    async ({ scores, label, q }, rounds) => {
      const sampler = aliasSampler({ probabilities: q });
      const options = { negatives: 1, hits: "resample", rounds } as const;
      const mean = await expectation((k) => partitionOf(scores, label, sampler, k, options), key);
      await expectClose(mean, partition(scores), { tolerance: 1e-12 });
    },
  );

  law("has E[Z'] = Z + exp(o_y), hits kept", oneRow(4), negatives(2), async ({ scores, label, q }, m) => {
    const sampler = aliasSampler({ probabilities: q });
    const mean = await expectation((k) => partitionOf(scores, label, sampler, k, { negatives: m, hits: "keep" }), key);
    await expectClose(mean, partition(scores) + Math.exp(scores[label]), { tolerance: 1e-12 });
  });

  law("has E[Z'] = Z, without replacement", oneRow(6), negatives(5), async ({ scores, label, q }, m) => {
    const sampler = poissonSampler({ weights: q });
    const mean = await expectation((k) => partitionOf(scores, label, sampler, k, { negatives: m }), key);
    await expectClose(mean, partition(scores), { tolerance: 1e-12 });
  });

  law("is below the full loss on average, strictly", oneRow(4), async ({ scores, label, q }) => {
    const full = Math.log(partition(scores)) - scores[label];
    const sampler = aliasSampler({ probabilities: q });
    const cases = [
      [sampler, { negatives: 2 }],
      [sampler, { negatives: 1, hits: "resample", rounds: 2 }],
      [poissonSampler({ weights: q }), { negatives: 2 }],
    ] as const;
    for (const [from, options] of cases) {
      const [mean] = await expectation((k) => lossOf(tensor(scores), label, from, k, options), key);
      expect(mean).toBeLessThan(full - 1e-12);
    }
  });

  law(
    "is exact for every draw where q is the softmax of the others",
    oneRow(5),
    seeds,
    negatives(4),
    async ({ scores, label }, seed, m) => {
      const sampler = aliasSampler({ weights: besides(scores.map(Math.exp), label) });
      const full = Math.log(partition(scores)) - scores[label];
      await expectClose(lossOf(tensor(scores), label, sampler, randomKey(seed), { negatives: m }), [full], {
        tolerance: 2e-14,
      });
    },
  );

  law(
    "has an unbiased gradient where q is the softmax of the others",
    oneRow(4),
    negatives(2),
    async ({ scores, label }, m) => {
      const sampler = aliasSampler({ weights: besides(scores.map(Math.exp), label) });
      const mean = await expectation(
        (k) => grad((o: Tensor) => lossOf(o, label, sampler, k, { negatives: m }))(tensor(scores)),
        key,
      );
      const z = partition(scores);
      await expectClose(
        mean,
        scores.map((o, j) => Math.exp(o) / z - (j === label ? 1 : 0)),
        { tolerance: 2e-14 },
      );
    },
  );

  law(
    "is the full softmax, value and gradient, where all negatives are drawn",
    oneRow(5),
    seeds,
    async ({ scores, label, q }, seed) => {
      const z = partition(scores);
      const [value, slope] = [
        Math.log(z) - scores[label],
        scores.map((o, j) => Math.exp(o) / z - (j === label ? 1 : 0)),
      ];
      const cases = [
        [gumbelTopKSampler({ weights: q }), { negatives: 4, hits: "resample" }],
        [poissonSampler({ weights: besides(q, label) }), { negatives: 4 }],
      ] as const;
      for (const [sampler, options] of cases) {
        const loss = (o: Tensor) => lossOf(o, label, sampler, randomKey(seed), options);
        await expectClose(loss(tensor(scores)), [value], { tolerance: 1e-13 });
        await expectClose(grad(loss)(tensor(scores)), slope, { tolerance: 1e-13 });
      }
    },
  );

  law("with correctPositive weights negatives by q_y / q_j", oneRow(4), seeds, async ({ scores, label, q }, seed) => {
    const sampler = aliasSampler({ probabilities: q });
    const drawn = await sampler.draw(randomKey(seed), 3).data();
    const options = { negatives: 3, hits: "keep", correctPositive: true } as const;
    const others = Array.from(drawn, (j) => (Math.exp(scores[j]) * q[label]) / q[j]);
    const expected = Math.log(Math.exp(scores[label]) + sumOf(others)) - scores[label];
    await expectClose(lossOf(tensor(scores), label, sampler, randomKey(seed), options), [expected], {
      tolerance: 1e-12,
    });
  });

  it("agrees with finite differences to second order", async () => {
    const x = {
      hidden: tensor(new Float64Array([0.4, -1.2, 0.7, 0.3]), { shape: [2, 2] }),
      weights: tensor(new Float64Array([1.1, 0.2, -0.6, 0.9, 0.3, -1.4, 0.8, 0.5]), { shape: [4, 2] }),
      bias: tensor(new Float64Array([0.1, -0.4, 0.6, 0.2])),
    };
    const cases = [
      [uniformSampler({ classes: 4 }), { negatives: 4 }],
      [uniformSampler({ classes: 4 }), { negatives: 2, hits: "resample" }],
      [uniformSampler({ classes: 4 }), { negatives: 2, correctPositive: true }],
      [poissonSampler({ weights: [1, 2, 3, 4] }), { negatives: 3 }],
    ] as const;
    for (const [sampler, options] of cases) {
      const loss = ({ hidden, ...table }: typeof x) =>
        sampledSoftmaxLoss(hidden, table, ids(0, 3), sampler, randomKey(5), { ...options, reduction: "sum" });
      await checkGradient(loss, x, { order: 2 });
    }
  });

  law(
    "has gradient rows that sum to 0 and touch exactly the label and what was drawn",
    oneRow(9),
    seeds,
    negatives(4),
    async ({ scores, label, q }, seed, m) => {
      const sampler = aliasSampler({ probabilities: q });
      const drawn = await sampler.draw(randomKey(seed), m).data();
      const slope = await grad((o: Tensor) => lossOf(o, label, sampler, randomKey(seed), { negatives: m }))(
        tensor(scores),
      ).data();
      expect(Math.abs(sumOf(slope))).toBeLessThan(1e-14);
      if (drawn.every((id) => id === label)) return;
      const touched = [...slope.keys()].filter((j) => slope[j] !== 0);
      expect(touched).toEqual([...new Set([label, ...drawn])].sort());
    },
  );

  law("changes nothing when scores are shifted", oneRow(5), seeds, async ({ scores, label, q }, seed) => {
    const sampler = aliasSampler({ probabilities: q });
    const [plain, shifted] = [0, 2.5].map((by) =>
      lossOf(tensor(scores).add(by), label, sampler, randomKey(seed), { negatives: 3 }),
    );
    await expectClose(shifted, plain, { tolerance: 1e-13 });
  });

  it("has 256 masked negatives for all rows by default, and draws a hit again up to 16 times", async () => {
    const hidden = tensor(Float64Array.of(0.3, -0.7), { shape: [2, 1] });
    const weights = tensor(Float64Array.of(1, 2, -1), { shape: [3, 1] });
    const { without: _, ...mostly } = aliasSampler({ probabilities: [0.98, 0.01, 0.01] });
    const lossesWith = (sampler: Sampler) => (options: Parameters<typeof sampledSoftmaxLoss>[5]) =>
      sampledSoftmaxLoss(hidden, { weights }, ids(0, 0), sampler, key, options).data();

    const losses = lossesWith(uniformSampler({ classes: 3 }));
    const byDefault = await losses({});
    const given = { negatives: 256, hits: "mask", correctPositive: false, shared: true, reduction: "none" } as const;
    expect(byDefault).toEqual(await losses(given));
    for (const other of [{ negatives: 257 }, { hits: "keep" }, { correctPositive: true }, { shared: false }] as const) {
      expect(byDefault).not.toEqual(await losses({ ...given, ...other }));
    }

    const again = lossesWith(mostly);
    const few = { negatives: 4, hits: "resample" } as const;
    expect(await again(few)).toEqual(await again({ ...few, shared: false, rounds: 16 }));
    expect(await again(few)).not.toEqual(await again({ ...few, rounds: 17 }));
  });

  it("has the mean and the sum of its rows' losses", async () => {
    const [hidden, weights] = [
      tensor(new Float64Array([1, 2])).reshape([2, 1]),
      tensor(new Float64Array([1, 2, 3])).reshape([3, 1]),
    ];
    const reduced = (reduction: "none" | "mean" | "sum") =>
      sampledSoftmaxLoss(hidden, { weights }, ids(0, 2), uniformSampler({ classes: 3 }), key, { reduction });
    const [first, second] = await reduced("none").data();
    await expectClose(reduced("sum"), [first + second]);
    await expectClose(reduced("mean"), [(first + second) / 2]);
  });

  it("draws each row's negatives alone unless they are shared", async () => {
    const [hidden, weights] = [
      zeros([64, 1], { dtype: "f64" }).add(1),
      tensor(new Float64Array([0, 1, 2, 3])).reshape([4, 1]),
    ];
    const spread = async (shared: boolean) => {
      const options = { negatives: 1, shared };
      const losses = sampledSoftmaxLoss(
        hidden,
        { weights },
        ids(...Array(64).fill(0)),
        uniformSampler({ classes: 4 }),
        key,
        options,
      );
      return new Set(await losses.data()).size;
    };
    expect(await spread(true)).toBe(1);
    expect(await spread(false)).toBe(4);
  });

  it("takes no gradient to the sampler", async () => {
    const base = uniformSampler({ classes: 3 });
    const loss = (logits: Tensor) => {
      const learned: Sampler = { ...base, logProbability: (of) => base.logProbability(of, logits).add(logits.sum()) };
      return lossOf(tensor(new Float64Array([1, 2, 3])), 0, learned, key, { negatives: 4, correctPositive: true });
    };
    await expectClose(grad(loss)(tensor(new Float64Array([0.1, 0.2]))), [0, 0], { tolerance: 0 });
  });

  it("is 0 with gradient 0 where every draw is masked, and finite at scores of ±500", async () => {
    const sampler = aliasSampler({ probabilities: [1, 0] });
    const masked = (o: Tensor) =>
      sampledSoftmaxLoss(
        zeros([1, 1], o).add(1),
        { weights: o.reshape([2, 1]), bias: tensor(new Float64Array([0, -Infinity])) },
        ids(0),
        sampler,
        key,
        { negatives: 3 },
      ).sum();
    await expectClose(masked(tensor(new Float64Array([3, 4]))), [0], { tolerance: 0 });
    await expectClose(grad(masked)(tensor(new Float64Array([3, 4]))), [0, 0], { tolerance: 0 });
    const wide = tensor(new Float64Array([500, -500, 500, -500]));
    for (const label of [0, 1]) {
      const loss = (o: Tensor) => lossOf(o, label, uniformSampler({ classes: 4 }), key, { negatives: 8 });
      expect(Number.isFinite(await loss(wide).item())).toBe(true);
      expect((await grad(loss)(wide).data()).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("sampledSoftmaxLoss, wrong arguments", () => {
  const hidden = tensor(new Float64Array([1, 2]), { shape: [2, 1] });
  const table = { weights: tensor(new Float64Array([1, 2, 3]), { shape: [3, 1] }) };
  const good = uniformSampler({ classes: 3 });
  const call =
    (
      options: Parameters<typeof sampledSoftmaxLoss>[5],
      sampler: Parameters<typeof sampledSoftmaxLoss>[3] = good,
      labels = ids(0, 1),
      of = table,
    ) =>
    () =>
      sampledSoftmaxLoss(hidden, of, labels, sampler, key, options);

  it("names what is wrong", () => {
    expect(call({ negatives: 0 })).toThrow("sampledSoftmaxLoss: negatives is 0 but must be a whole number ≥ 1");
    expect(call({ rounds: 0 })).toThrow("sampledSoftmaxLoss: rounds is 0 but must be a whole number ≥ 1");
    expect(call({ hits: "drop" as "mask" })).toThrow(
      'sampledSoftmaxLoss: hits is "drop" but must be one of mask, resample, keep',
    );
    expect(call({ reduction: "max" as "mean" })).toThrow(
      'sampledSoftmaxLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call({ hits: "resample", shared: true })).toThrow(
      'sampledSoftmaxLoss: shared is true but must be false with hits "resample"; each row draws its own',
    );
    expect(call({ hits: "resample", correctPositive: true })).toThrow(
      'sampledSoftmaxLoss: correctPositive is true but must be false with hits "resample"; the label has no count there',
    );
    expect(call({ negatives: 1, correctPositive: true }, gumbelTopKSampler({ weights: [1, 1, 1] }))).toThrow(
      "sampledSoftmaxLoss: correctPositive is true but must be false with this sampler; it has no count for a class that it did not draw",
    );
    expect(call({}, uniformSampler({ classes: 4 }))).toThrow(
      "sampledSoftmaxLoss: sampler has 4 classes but must have 3, as weights has",
    );
    expect(call({}, good, ids(0, 3))).toThrow("sampledSoftmaxLoss: labels holds 3 at 1 but must be in [0, 3)");
    expect(call({}, good, ids(0))).toThrow("sampledSoftmaxLoss: labels has shape [1] but must be [2]");
    expect(call({}, good, ids(0, 0), { weights: tensor(new Float64Array([1, 2]), { shape: [1, 2] }) })).toThrow(
      "sampledSoftmaxLoss: weights has shape [1, 2] but must be [any, 1]",
    );
    expect(call({}, good, ids(0, 0), { weights: tensor(new Float64Array([1]), { shape: [1, 1] }) })).toThrow(
      "sampledSoftmaxLoss: weights has shape [1, 1] but must have at least 2 classes",
    );
    expect(call({ negatives: 3 }, gumbelTopKSampler({ weights: [1, 1, 1] }))).toThrow(
      "gumbelTopKSampler: count is 3 but must be in [1, 2], the classes without the label",
    );
    expect(call({ negatives: 3 }, uniqueSampler(good))).toThrow(
      "uniqueSampler: count is 3 but must be in [1, 2], the classes without the label",
    );
  });

  it("rejects a class that is never drawn, except where it cannot be a negative", () => {
    const holes = aliasSampler({ weights: [1, 0, 1] });
    const message =
      "sampledSoftmaxLoss: sampler has probability 0 for class 1 but must have it above 0 for every class that can be a negative";
    expect(call({}, holes)).toThrow(message);
    expect(call({}, holes, ids(1, 1))).not.toThrow();
    const bias = tensor(new Float64Array([0, -Infinity, 0]));
    expect(call({}, holes, ids(0, 2), { ...table, bias } as typeof table)).not.toThrow();
    expect(call({ correctPositive: true }, holes, ids(1, 1))).toThrow(
      "sampledSoftmaxLoss: sampler has probability 0 for class 1 but must have it above 0 for every label with correctPositive",
    );
    expect(call({ negatives: 1 }, poissonSampler({ weights: [1, 0, 1] }))).toThrow(message);
    // Of labels that a device computed it may be the only one, where two cannot both be.
    expect(call({}, holes, ids(0, 0).add(1))).not.toThrow();
    expect(call({}, aliasSampler({ weights: [1, 0, 0] }), ids(0, 0).add(1))).toThrow(message);
  });
});

finiteAtExtremes(
  "sampledSoftmaxLoss",
  {
    masked: {
      run: (x, { labels, key }) =>
        sampledSoftmaxLoss(x, extreme.table(x), labels, extreme.sampler(), key, { negatives: 5 }),
      isOnGpu: true,
    },
    corrected: (x, { labels, key }) =>
      sampledSoftmaxLoss(x, extreme.table(x), labels, extreme.sampler(), key, { negatives: 5, correctPositive: true }),
  },
  { isWeighted: true },
);
