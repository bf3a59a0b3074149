import { grad, type Tensor, tensor } from "cotangent";
import { multiSimilarityLoss } from "cotangent/methods/metric";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { couples, gentle } from "./support/at-extremes.js";
import { type Batch, cosinesOf, dot, matrixOf, setsOf, sum, unitBatch } from "./support/pair-batches.js";

const [b, g, m, margin] = [2, 5, 0.3, 0.15];
const options = { positiveScale: b, negativeScale: g, margin: m, miningMargin: margin };

function expected(batch: Batch, mine = true): number[] {
  const cosines = cosinesOf(batch);
  return batch.rows.map((_, i) => {
    const { p, n } = setsOf(batch, i);
    const of = (set: readonly number[]) => set.map((j) => cosines[i][j]);
    const [least, most] = [Math.min(...of(p)), Math.max(...of(n))];
    const positives = of(p).filter((s) => !mine || s < most + margin);
    const negatives = of(n).filter((s) => !mine || s > least - margin);
    return (
      Math.log1p(sum(positives.map((s) => Math.exp(-b * (s - m))))) / b +
      Math.log1p(sum(negatives.map((s) => Math.exp(g * (s - m))))) / g
    );
  });
}

describe("multiSimilarityLoss", () => {
  law("is its definition, with and without mining", unitBatch(), async (batch) => {
    const [x, labels] = [matrixOf(batch.rows), tensor(batch.labels)];
    await expectClose(multiSimilarityLoss(x, labels, options), expected(batch));
    await expectClose(multiSimilarityLoss(x, labels, { ...options, mine: false }), expected(batch, false));
    const each = expected(batch);
    await expectClose(multiSimilarityLoss(x, labels, { ...options, reduction: "mean" }), [sum(each) / 6]);
    await expectClose(multiSimilarityLoss(x, labels, { ...options, reduction: "sum" }), [sum(each)]);
  });

  law("has a gradient orthogonal to each embedding", unitBatch(), async (batch) => {
    const labels = tensor(batch.labels);
    const total = (x: Tensor) => multiSimilarityLoss(x, labels, { ...options, normalize: true, reduction: "mean" });
    const slope = await grad(total)(matrixOf(batch.rows.map((row, i) => row.map((v) => v * (1 + i))))).data();
    batch.rows.forEach((row, i) => {
      expect(Math.abs(dot(row, [...slope.slice(3 * i, 3 * i + 3)]))).toBeLessThan(1e-12);
    });
  });

  it("agrees with finite differences to second order, mined or not", async () => {
    const labels = tensor(Int32Array.of(0, 0, 1, 1));
    const x = matrixOf([
      [1, 0.2],
      [0.4, 1],
      [-1, 0.6],
      [0.7, -0.9],
    ]);
    for (const mine of [false, true]) {
      const total = (z: Tensor) =>
        multiSimilarityLoss(z, labels, { ...options, mine, normalize: true, reduction: "mean" });
      await checkGradient(total, x, { order: 2 });
    }
  });

  law(
    "does not change with the order of rows, a rotation, or the classes' names",
    unitBatch(),
    fc.nat(100),
    numbers(),
    async (batch, shift, angle) => {
      const of = ({ rows, labels }: Batch) => multiSimilarityLoss(matrixOf(rows), tensor(labels), options);
      const each = await of(batch).data();
      const order = [3, 0, 5, 1, 4, 2];
      const permuted = {
        rows: order.map((i) => batch.rows[i]),
        labels: batch.labels.map((_, at) => batch.labels[order[at]]),
      };
      await expectClose(
        of(permuted),
        order.map((i) => each[i]),
      );
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      await expectClose(of({ ...batch, rows: batch.rows.map(([x, y, z]) => [c * x - s * y, z, s * x + c * y]) }), each);
      await expectClose(of({ ...batch, labels: batch.labels.map((label) => shift - 7 * label) }), each, {
        tolerance: 0,
      });
    },
  );

  law("tends to hinges on the hardest pairs as scales grow", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const steep = { positiveScale: 1e6, negativeScale: 1e6, margin: 0.3, mine: false };
    const hinges = batch.rows.map((_, i) => {
      const { p, n } = setsOf(batch, i);
      return Math.max(0, ...p.map((j) => 0.3 - cosines[i][j])) + Math.max(0, ...n.map((j) => cosines[i][j] - 0.3));
    });
    // log(1 + Σ) is at most log 7 over the largest exponent
    await expectClose(multiSimilarityLoss(matrixOf(batch.rows), tensor(batch.labels), steep), hinges, {
      tolerance: 4e-6,
    });
  });

  law(
    "is 0 without a gradient for one class, classes of one, and classes far apart",
    unitBatch(4),
    async ({ rows }) => {
      const apart = [
        [1, 0, 0],
        [0, 1, 0],
        [1, 0, 0],
        [0, 1, 0],
      ];
      for (const [x, labels] of [
        [rows, Int32Array.of(2, 2, 2, 2)],
        [rows, Int32Array.of(0, 1, 2, 3)],
        [apart, Int32Array.of(0, 1, 0, 1)],
      ] as const) {
        const total = (z: Tensor) => multiSimilarityLoss(z, tensor(labels), { normalize: true, reduction: "mean" });
        await expectClose(total(matrixOf(x)), [0], { tolerance: 0 });
        await expectClose(grad(total)(matrixOf(x)), new Float64Array(12), { tolerance: 0 });
      }
    },
  );

  it("leaves copies out of the positives on request only", async () => {
    const x = matrixOf([
      [1, 0, 0],
      [1, 0, 0],
      [0.6, 0.8, 0],
      [0.8, 0.6, 0],
    ]);
    const labels = tensor(Int32Array.of(4, 4, 4, 0));
    const of = (dropNearDuplicates: boolean) =>
      multiSimilarityLoss(x, labels, { ...options, mine: false, dropNearDuplicates }).data();
    const part = (s: readonly number[]) => Math.log1p(sum(s.map((v) => Math.exp(-b * (v - m))))) / b;
    const negative = Math.log1p(Math.exp(g * (0.8 - m))) / g;
    expect((await of(false))[0]).toBeCloseTo(part([1, 0.6]) + negative, 12);
    expect((await of(true))[0]).toBeCloseTo(part([0.6]) + negative, 12);
    expect((await of(true))[2]).toBeCloseTo((await of(false))[2], 12);
    await expectClose(multiSimilarityLoss(x, labels, { ...options, mine: false }), await of(false), { tolerance: 0 });
  });

  it.each([
    [1 - 1e-5, true],
    [1 - 1.01e-5, false],
  ])("drops a positive at a similarity of %d: %s", async (s, isDropped) => {
    const x = matrixOf([
      [1, 0],
      [s, Math.sqrt(1 - s * s)],
      [0, 1],
    ]);
    const labels = tensor(Int32Array.of(0, 0, 1));
    const given = { ...options, mine: false, dropNearDuplicates: true };
    const [found] = await multiSimilarityLoss(x, labels, given).data();
    const kept = Math.log1p(Math.exp(-b * (s - m))) / b + Math.log1p(Math.exp(-g * m)) / g;
    expect(found).toBeCloseTo(isDropped ? 0 : kept, 12);
  });

  it("is finite in single precision for copies of one embedding and a scale of 50", async () => {
    const x = tensor(
      Float32Array.from({ length: 12 }, () => Math.sqrt(1 / 3)),
      { shape: [4, 3] },
    ) as Tensor;
    const total = (z: Tensor) =>
      multiSimilarityLoss(z, tensor(Int32Array.of(0, 0, 1, 1)), {
        negativeScale: 50,
        normalize: true,
        reduction: "mean",
      });
    expect(Number.isFinite(await total(x).item())).toBe(true);
    expect((await grad(total)(x).data()).every(Number.isFinite)).toBe(true);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [6, 4] },
      ) as Tensor;
      const labels = tensor(Int32Array.of(0, 1, 0, 2, 1, 0), { backend });
      return grad((z: Tensor) => multiSimilarityLoss(z, labels, { ...options, normalize: true, reduction: "mean" }))(x);
    });
  });

  it("says what is wrong with its input", () => {
    const [x, labels] = [
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      tensor(Int32Array.of(0, 1)),
    ];
    const name = "multiSimilarityLoss";
    expect(() => multiSimilarityLoss(x, labels, { positiveScale: 0 })).toThrow(
      `${name}: positiveScale is 0 but must be a finite number > 0`,
    );
    expect(() => multiSimilarityLoss(x, labels, { negativeScale: -2 })).toThrow(
      `${name}: negativeScale is -2 but must be a finite number > 0`,
    );
    expect(() => multiSimilarityLoss(x, labels, { miningMargin: -1 })).toThrow(
      `${name}: miningMargin is -1 but must be a finite number ≥ 0`,
    );
    expect(() => multiSimilarityLoss(x, labels, { margin: Number.NaN })).toThrow(`${name}: margin is NaN but must be`);
    expect(() => multiSimilarityLoss(x, labels, { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    expect(() => multiSimilarityLoss(x, tensor(Int32Array.of(0)))).toThrow(
      `${name}: labels has shape [1] but must be [2]`,
    );
    expect(() => multiSimilarityLoss(x, tensor([0, 1]) as never)).toThrow(`${name}: labels is f32 but must be i32`);
    expect(() => multiSimilarityLoss(tensor([1, 0]), labels)).toThrow(
      `${name}: embeddings has shape [2] but must have 2 axes`,
    );
    expect(() =>
      multiSimilarityLoss(
        matrixOf([
          [1, 0],
          [3, 4],
        ]),
        labels,
      ),
    ).toThrow(`${name}: row 1 of embeddings has length 5 but must have length 1; set normalize`);
    expect(() =>
      multiSimilarityLoss(
        matrixOf([
          [0, 0],
          [3, 4],
        ]),
        labels,
        { normalize: true },
      ),
    ).toThrow(`${name}: row 0 of embeddings is zero but must have a direction`);
    expect(() =>
      multiSimilarityLoss(
        matrixOf([
          [1, 0],
          [Number.NaN, 0],
        ]),
        labels,
      ),
    ).toThrow(`${name}: row 1 of embeddings is not finite but must have a direction`);
  });
});

finiteAtExtremes(
  "multiSimilarityLoss",
  {
    all: (x, at) => multiSimilarityLoss(x, couples(at), { ...gentle, mine: false }),
    mined: (x, at) => multiSimilarityLoss(x, couples(at), { ...gentle, miningMargin: 0.123 }),
  },
  { cancels: true },
);
