import { cast, gather, grad, less, randomKey, type Tensor, tensor } from "cotangent";
import {
  genericMetricLoss,
  type MixedExamples,
  metricLossPresets,
  metrixLoss,
  mixPairs,
  pairSets,
} from "cotangent/methods/metric";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { couples } from "./support/at-extremes.js";
import { cosinesOf, dot, knownForms, matrixOf, sum, unitBatch } from "./support/pair-batches.js";

const M = 2;
const vectors = floats([6 * M * 3]).filter((v) =>
  Array.from({ length: 6 * M }, (_, at) => sum([...v.slice(3 * at, 3 * at + 3)].map((x) => x * x))).every(
    (s) => s > 0.01,
  ),
);
const shares = floats([6 * M], { min: 0, max: 1 });
const marks = fc.array(fc.boolean(), { minLength: 6 * M, maxLength: 6 * M });
const mixedOf = (v: Float64Array, y: Float64Array, counts: readonly boolean[]): MixedExamples => ({
  vectors: tensor(v, { shape: [6, M, 3] }) as Tensor,
  positives: tensor(y, { shape: [6, M] }) as Tensor,
  counts: tensor(Uint8Array.from(counts, Number), { shape: [6, M] }) as Tensor<"bool">,
});
const twoClasses = unitBatch().filter(({ labels }) => new Set(labels).size > 1);
const rowOf = (v: Float64Array, at: number) => [...v.slice(3 * at, 3 * at + 3)];
const cosine = (a: readonly number[], b: readonly number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

describe.each(knownForms)("metrixLoss, $name", ({ form, loss }) => {
  law(
    "is the clean loss plus w times that of mixed examples by their shares",
    twoClasses,
    vectors,
    shares,
    marks,
    async (batch, v, y, counts) => {
      const [x, labels] = [matrixOf(batch.rows), tensor(batch.labels)];
      const mixed = mixedOf(v, y, counts);
      const s = matrixOf(cosinesOf(batch));
      const clean = await genericMetricLoss(s, pairSets(labels, s), form).data();
      const between = batch.rows.map((a, i) => {
        const sims = [0, 1].map((j) => cosine(a, rowOf(v, M * i + j)));
        const weight = (of: (share: number) => number) =>
          matrixOf([[0, 1].map((j) => (counts[M * i + j] ? of(y[M * i + j]) : 0))]);
        return genericMetricLoss(
          matrixOf([sims]),
          { positive: weight((share) => share), negative: weight((share) => 1 - share) },
          form,
        );
      });
      const parts = await Promise.all(between.map(async (t) => (await t.data())[0]));
      await expectClose(
        metrixLoss(x.mul(2), labels, mixed, form, { weight: 0.3 }),
        parts.map((part, i) => clean[i] + 0.3 * part),
      );
      const takesPart = batch.rows.filter((_, i) => counts[M * i] || counts[M * i + 1]).length;
      const mean = sum([...clean]) / 6 + (0.3 * sum(parts)) / Math.max(1, takesPart);
      await expectClose(metrixLoss(x, labels, mixed, form, { weight: 0.3, reduction: "mean" }), [mean]);
      await expectClose(metrixLoss(x, labels, mixed, form, { reduction: "sum" }), [sum([...clean]) + 0.4 * sum(parts)]);
    },
  );

  law(
    "of examples that are all of one kind is the loss on the sets that they make",
    twoClasses,
    vectors,
    marks,
    async (batch, v, kinds) => {
      const y = Float64Array.from(kinds, Number);
      const whole = await metrixLoss(
        matrixOf(batch.rows),
        tensor(batch.labels),
        mixedOf(
          v,
          y,
          kinds.map(() => true),
        ),
        form,
        { weight: 1 },
      ).data();
      const none = await metrixLoss(
        matrixOf(batch.rows),
        tensor(batch.labels),
        mixedOf(
          v,
          y,
          kinds.map(() => true),
        ),
        form,
        { weight: 0 },
      ).data();
      batch.rows.forEach((a, i) => {
        const of = (kind: boolean) =>
          [0, 1].filter((j) => kinds[M * i + j] === kind).map((j) => cosine(a, rowOf(v, M * i + j)));
        expect(whole[i] - none[i]).toBeCloseTo(loss(of(true), of(false)), 9);
      });
    },
  );

  law(
    "does not change when the two that are mixed change places, and λ with 1 − λ",
    twoClasses,
    vectors,
    vectors,
    shares,
    async (batch, a, b, lambda) => {
      const of = (first: Float64Array, second: Float64Array, share: (l: number) => number) => {
        const v = first.map(
          (value, at) =>
            share(lambda[Math.floor(at / 3)]) * value + (1 - share(lambda[Math.floor(at / 3)])) * second[at],
        );
        return v;
      };
      const [one, other] = [of(a, b, (l) => l), of(b, a, (l) => 1 - l)];
      const counts = Array(12).fill(true);
      const value = (v: Float64Array) =>
        metrixLoss(matrixOf(batch.rows), tensor(batch.labels), mixedOf(v, lambda, counts), form, {
          normalizeMixed: false,
        });
      await expectClose(value(other), value(one));
    },
  );
});

describe("metrixLoss", () => {
  it.each([
    ["none", 1],
    ["mean", 2],
    ["sum", 1],
  ] as const)("has a right gradient, also through what is mixed, reduction %s", async (reduction, order) => {
    const labels = tensor(Int32Array.of(0, 0, 1, 1));
    const at = matrixOf([
      [1, 0.2],
      [0.4, 1],
      [-1, 0.6],
      [-0.3, -0.9],
    ]);
    const total = (x: Tensor) => {
      const mixed = mixPairs(x, labels, randomKey(4), { pairs: "positiveNegative" });
      return metrixLoss(x, labels, mixed, knownForms[3].form, { reduction }).sum();
    };
    await checkGradient(total, at, { order });
  });

  it("skips anchors without negatives and counts nothing for those without mixed examples", async () => {
    const labels = tensor(Int32Array.of(0, 0, 1));
    const x = matrixOf([
      [1, 0],
      [0.6, 0.8],
      [0, 1],
    ]);
    const mixed = mixPairs(x, labels, randomKey(1), { pairs: "positiveNegative" });
    const each = await metrixLoss(x, labels, mixed, metricLossPresets.contrastive()).data();
    expect(each[2]).toBeCloseTo(Math.max(0, 0.8 - 0.5), 12); // the example alone in its class has negatives only
    const whole = await metrixLoss(x, labels, mixed, metricLossPresets.contrastive(), { reduction: "mean" }).item();
    const clean = await metrixLoss(x, labels, mixed, metricLossPresets.contrastive(), { weight: 0 }).data();
    const between = each.map((value, i) => value - clean[i]);
    expect(whole).toBeCloseTo(sum([...clean]) / 3 + (between[0] + between[1]) / 2, 12);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [6, 4] },
      ) as Tensor;
      const labels = tensor(Int32Array.of(0, 1, 0, 2, 1, 0), { backend });
      const vectors = tensor(
        Float32Array.from({ length: 48 }, (_, i) => Math.cos(3 * i)),
        { backend, shape: [6, 2, 4] },
      ) as Tensor;
      const positives = tensor(
        Float32Array.from({ length: 12 }, (_, i) => i / 12),
        { backend, shape: [6, 2] },
      ) as Tensor;
      const counts = tensor(Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1), {
        backend,
        shape: [6, 2],
      }) as Tensor<"bool">;
      const mixed = { vectors, positives, counts };
      return grad((z: Tensor) =>
        metrixLoss(z, labels, mixed, metricLossPresets.multiSimilarity({ negativeScale: 5 }), { reduction: "mean" }),
      )(x);
    });
  });

  it("says what is wrong with its input", () => {
    const [x, y] = [
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      tensor(Int32Array.of(0, 1)),
    ];
    const form = metricLossPresets.contrastive();
    const mixed = mixPairs(x, y, randomKey(1));
    expect(() => metrixLoss(x, y, mixed, form, { weight: -1 })).toThrow(
      "metrixLoss: weight is -1 but must be a finite number ≥ 0",
    );
    expect(() => metrixLoss(x, tensor(Int32Array.of(3, 3)), mixed, form)).toThrow(
      "metrixLoss: labels is 3 everywhere but must name two classes or more",
    );
    expect(() =>
      metrixLoss(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        y,
        mixed,
        form,
      ),
    ).toThrow("metrixLoss: row 1 of embeddings is zero but must have a direction");
    expect(() => metrixLoss(x.mul(2), tensor(Int32Array.of(0)), mixed, form)).toThrow(
      "metrixLoss: labels has shape [1] but must be [2]",
    );
    expect(() => metrixLoss(x, y, { ...mixed, vectors: x }, form)).toThrow(
      "metrixLoss: mixed.vectors has shape [2, 2] but must be [2, any, 2]",
    );
    expect(() => metrixLoss(x, y, { ...mixed, positives: matrixOf([[1]]) }, form)).toThrow(
      "metrixLoss: mixed.positives has shape [1, 1] but must be [2, 2]",
    );
    expect(() => metrixLoss(x, y, mixed, form, { reduction: "max" as "mean" })).toThrow(
      'metrixLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes(
  "metrixLoss",
  (x, at) => {
    const { backend } = x;
    const places = Int32Array.from({ length: 2 * SIZE }, (_, i) => (3 * i + 1) % SIZE);
    const ids = tensor(places, { backend, shape: [SIZE, 2] }) as Tensor<"i32">;
    const positives = cast(ids, x.dtype).div(SIZE);
    const form = metricLossPresets.multiSimilarity({ negativeScale: 2 });
    return metrixLoss(x, couples(at), { vectors: gather(x, ids), positives, counts: less(ids, SIZE) }, form);
  },
  { cancels: true },
);
