import { arange, grad, type Tensor, tensor, zeros } from "cotangent";
import { candidateSoftmaxLoss, partitionTargets, targetPartitionLoss } from "cotangent/methods/sampling";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { ids, partition, sumOf } from "./support/one-row.js";

const f64 = { dtype: "f64" } as const;
const one = zeros([1, 1], f64).add(1);
const lossOf = (o: Tensor, label: number, ...vocabulary: number[]) =>
  targetPartitionLoss(one, { weights: o.reshape([o.size, 1]) }, ids(label), ids(...vocabulary));

describe("targetPartitionLoss", () => {
  law("is cross-entropy among the vocabulary, and its gradient that of its rows", floats([6]), async (scores) => {
    const part = [4, 1, 2];
    const z = sumOf(part.map((j) => Math.exp(scores[j])));
    await expectClose(lossOf(tensor(scores), 2, ...part), [Math.log(z) - scores[2]], { tolerance: 1e-13 });
    const slope = scores.map((o, j) => (part.includes(j) ? Math.exp(o) / z : 0) - (j === 2 ? 1 : 0));
    await expectClose(grad((o: Tensor) => lossOf(o, 2, ...part).sum())(tensor(scores)), slope, { tolerance: 1e-13 });
  });

  law("is sampled softmax with each other class drawn once", floats([6]), async (scores) => {
    const others = tensor(Float64Array.of(scores[4], scores[1]), { shape: [1, 2] });
    await expectClose(lossOf(tensor(scores), 2, 1, 2, 4), candidateSoftmaxLoss(tensor(scores.slice(2, 3)), others), {
      tolerance: 1e-13,
    });
  });

  law("is the full loss with all classes, and below it with fewer", floats([5]), async (scores) => {
    const full = Math.log(partition(scores)) - scores[3];
    await expectClose(lossOf(tensor(scores), 3, 0, 1, 2, 3, 4), [full], { tolerance: 1e-13 });
    expect(await lossOf(tensor(scores), 3, 3, 0).item()).toBeLessThan(full);
  });

  it("agrees with finite differences to second order, with a bias and reductions", async () => {
    const x = {
      hidden: tensor(new Float64Array([0.5, -1])),
      weights: tensor(new Float64Array([1, 0.3, -0.2])),
      bias: tensor(new Float64Array([0.2, -0.3, 0.9])),
    };
    const loss =
      (reduction: "none" | "mean" | "sum") =>
      ({ hidden, weights, bias }: typeof x) =>
        targetPartitionLoss(hidden.reshape([2, 1]), { weights: weights.reshape([3, 1]), bias }, ids(2, 1), ids(1, 2), {
          reduction,
        });
    await checkGradient(loss("sum"), x, { order: 2 });
    const [a, b] = await loss("none")(x).data();
    await expectClose(loss("sum")(x), [a + b]);
    await expectClose(loss("mean")(x), [(a + b) / 2]);
  });

  it("takes labels and a vocabulary that a device computed", async () => {
    const table = { weights: tensor(Float64Array.of(1, 2, 4), { shape: [3, 1] }) };
    const known = await targetPartitionLoss(one, table, ids(2), ids(1, 2)).data();
    expect(await targetPartitionLoss(one, table, ids(2), ids(0, 1).add(1)).data()).toEqual(known);
    expect(await targetPartitionLoss(one, table, ids(1).add(1), ids(1, 2)).data()).toEqual(known);
  });

  it("names what is wrong", () => {
    const scores = zeros([3], f64);
    expect(() => lossOf(scores, 0, 1, 2)).toThrow(
      "targetPartitionLoss: labels holds 0 at 0 but must hold classes of vocabulary only",
    );
    expect(() => lossOf(scores, 0, 0, 2, 2)).toThrow(
      "targetPartitionLoss: vocabulary holds 2 twice but must hold each class once",
    );
    expect(() => lossOf(scores, 0, 0, 3)).toThrow("targetPartitionLoss: vocabulary holds 3 at 1 but must be in [0, 3)");
    expect(() => lossOf(scores, 3, 0)).toThrow("targetPartitionLoss: labels holds 3 at 0 but must be in [0, 3)");
    expect(() => targetPartitionLoss(one, { weights: zeros([3, 2], f64) }, ids(0), ids(0))).toThrow(
      "targetPartitionLoss: weights has shape [3, 2] but must be [any, 1]",
    );
    expect(() => targetPartitionLoss(one, { weights: zeros([3, 1]) }, ids(0), ids(0))).toThrow(
      "targetPartitionLoss: weights is f32 but must match hidden, f64; cast one of them",
    );
    expect(() => targetPartitionLoss(one, { weights: zeros([3, 1], f64) }, ids(0), ids(0).reshape([1, 1]))).toThrow(
      "targetPartitionLoss: vocabulary has shape [1, 1] but must have 1 axis",
    );
    const reduction = "max" as "mean";
    expect(() => targetPartitionLoss(one, { weights: zeros([3, 1], f64) }, ids(0), ids(0), { reduction })).toThrow(
      'targetPartitionLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

describe("partitionTargets", () => {
  law(
    "covers the corpus with full parts that hold their labels",
    fc.array(fc.nat(9)),
    fc.integer({ min: 1, max: 4 }),
    (labels, limit) => {
      const parts = partitionTargets(labels, limit);
      expect(parts.map(({ start }) => start)).toEqual([0, ...parts.map(({ end }) => end)].slice(0, parts.length));
      expect(parts.at(-1)?.end ?? 0).toBe(labels.length);
      parts.forEach(({ start, end, vocabulary }, i) => {
        expect([...vocabulary]).toEqual([...new Set(labels.slice(start, end))].sort());
        if (i < parts.length - 1) expect(vocabulary.length).toBe(limit);
        else expect(vocabulary.length).toBeLessThanOrEqual(limit);
        if (i > 0) expect([...parts[i - 1].vocabulary]).not.toContain(labels[start]); // no part ends early
      });
    },
  );

  it("has no parts of an empty corpus", () => {
    expect(partitionTargets([], 3)).toEqual([]);
  });

  it("names what is wrong", () => {
    expect(() => partitionTargets([1], 0)).toThrow("partitionTargets: limit is 0 but must be a whole number ≥ 1");
  });
});

finiteAtExtremes("targetPartitionLoss", (x, { labels }) =>
  targetPartitionLoss(x, extreme.table(x), labels, arange(SIZE, { backend: x.backend, dtype: "i32" })),
);
