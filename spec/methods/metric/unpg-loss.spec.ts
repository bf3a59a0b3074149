import { grad, oneHot, type Tensor, tensor, where } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { arcFaceLogits, cosFaceLogits, cosineSimilarities, unpgLoss } from "cotangent/methods/metric";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { identity } from "./support/at-extremes.js";
import { type Batch, cosinesOf, dot, matrixOf, sum, unitBatch } from "./support/pair-batches.js";

const centres = floats([9]).filter((v) =>
  [0, 1, 2].every((c) => sum([...v.slice(3 * c, 3 * c + 3)].map((x) => x * x)) > 0.01),
);
const matrix = (values: Float64Array) => tensor(values, { shape: [3, 3] }) as Tensor;
const s = 3;
const all = { scale: s, filter: false };

/** Similarities of pairs with different labels. */
function negativesOf(batch: Batch): number[] {
  const cosines = cosinesOf(batch);
  return cosines.flatMap((row, i) => row.filter((_, j) => i < j && batch.labels[i] !== batch.labels[j]));
}

describe("unpgLoss", () => {
  law(
    "is cross-entropy over classes and the batch's negatives, filtered or not",
    unitBatch(),
    centres,
    async (batch, w) => {
      const [x, weights, labels] = [matrixOf(batch.rows), matrix(w), tensor(batch.labels)];
      const logits = await cosFaceLogits(cosineSimilarities(x, weights), labels).data();
      const found = negativesOf(batch);
      const sorted = [...found].sort((a, b) => a - b);
      const [low, high] = [sorted[Math.floor(found.length / 4)], sorted[Math.floor((3 * found.length) / 4)]];
      const inside = found.filter(
        (a) => found.length < 4 || (a >= low - 0.3 * (high - low) && a <= high + 0.3 * (high - low)),
      );
      const expected = (negatives: readonly number[]) =>
        batch.rows.map((_, i) => {
          const row = [...logits.slice(3 * i, 3 * i + 3)];
          return Math.log(sum([...row, ...negatives].map((u) => Math.exp(s * u)))) - s * row[batch.labels[i]];
        });
      await expectClose(unpgLoss(x.mul(2), weights, labels, all), expected(found));
      const filtered = unpgLoss(x, weights, labels, { scale: s, whisker: 0.3 });
      await expectClose(filtered, expected(inside));
      await expectClose(unpgLoss(x, weights, labels, { scale: s, whisker: 0.3, reduction: "mean" }), [
        sum(expected(inside)) / 6,
      ]);
      const least = expected([]);
      for (const [i, value] of expected(inside).entries()) expect(value).toBeGreaterThanOrEqual(least[i]);
    },
  );

  law(
    "is the plain loss of the head for a batch of one class",
    unitBatch(),
    centres,
    numbers({ min: 0.1, max: 1 }),
    async ({ rows }, w, margin) => {
      const labels = tensor(new Int32Array(6).fill(1));
      for (const head of [cosFaceLogits, arcFaceLogits]) {
        const withMargin = (c: Tensor, y: Tensor<"i32">) => head(c, y, { margin });
        const logits = head(cosineSimilarities(matrixOf(rows), matrix(w)), labels, { margin });
        await expectClose(
          unpgLoss(matrixOf(rows), matrix(w), labels, { scale: s, head: withMargin }),
          sparseSoftmaxCrossEntropy(logits.mul(s), labels),
        );
      }
    },
  );

  law(
    "is a pair loss with the class as positive where the head leaves only the label",
    unitBatch(),
    centres,
    async (batch, w) => {
      const [x, labels] = [matrixOf(batch.rows), tensor(batch.labels)];
      const own = (c: Tensor, y: Tensor<"i32">) =>
        where(oneHot(y, 3, "bool"), cosFaceLogits(c, y, { margin: 0.2 }), Number.NEGATIVE_INFINITY);
      const cosines = await cosineSimilarities(x, matrix(w)).data();
      const expected = batch.rows.map((_, i) => {
        const u = cosines[3 * i + batch.labels[i]] - 0.2;
        return Math.log(Math.exp(s * u) + sum(negativesOf(batch).map((a) => Math.exp(s * a)))) - s * u;
      });
      await expectClose(unpgLoss(x, matrix(w), labels, { ...all, head: own }), expected);
    },
  );

  law("has a gradient orthogonal to features and to weights", unitBatch(), centres, async (batch, w) => {
    const labels = tensor(batch.labels);
    const total = (parts: { x: Tensor; weights: Tensor }) =>
      unpgLoss(parts.x, parts.weights, labels, { ...all, reduction: "mean" });
    const at = { x: matrixOf(batch.rows.map((row, i) => row.map((v) => v * (1 + i)))), weights: matrix(w) };
    const slope = grad(total)(at);
    const [byX, byWeights] = [await slope.x.data(), await slope.weights.data()];
    for (const [i, row] of batch.rows.entries())
      expect(Math.abs(dot(row, [...byX.slice(3 * i, 3 * i + 3)]))).toBeLessThan(1e-11);
    for (let c = 0; c < 3; c++)
      expect(Math.abs(dot([...w.slice(3 * c, 3 * c + 3)], [...byWeights.slice(3 * c, 3 * c + 3)]))).toBeLessThan(1e-11);
  });

  it("agrees with finite differences to second order", async () => {
    const parts = {
      x: matrixOf([
        [1, 0.2],
        [0.4, 1],
        [-1, 0.6],
      ]),
      weights: matrixOf([
        [0.3, 1],
        [-0.8, 0.4],
      ]),
    };
    const total = (of: typeof parts) =>
      unpgLoss(of.x, of.weights, tensor(Int32Array.of(0, 1, 1)), { ...all, reduction: "mean" });
    await checkGradient(total, parts, { order: 2 });
  });

  law(
    "does not change under a rotation of features and weights",
    unitBatch(),
    centres,
    numbers(),
    async (batch, w, angle) => {
      const [c, q] = [Math.cos(angle), Math.sin(angle)];
      const turn = tensor(Float64Array.of(c, q, 0, -q, c, 0, 0, 0, 1), { shape: [3, 3] }) as Tensor;
      const [x, labels] = [matrixOf(batch.rows), tensor(batch.labels)];
      await expectClose(
        unpgLoss(x.matmul(turn), matrix(w).matmul(turn), labels, all),
        unpgLoss(x, matrix(w), labels, all),
      );
    },
  );

  law(
    "rises with the similarity of a negative pair, by s/N times its softmax mass",
    numbers({ min: 0.1, max: 1.4 }),
    async (angle) => {
      // two samples turn about the axis of the weights, so that their similarity cos² changes and no other cosine does
      const [c, q] = [Math.cos(angle), Math.sin(angle)];
      const x = matrixOf([
        [c, q, 1],
        [c, -q, 1],
      ]);
      const weights = matrixOf([
        [0, 0, 1],
        [0, 0, -1],
      ]);
      const loss = (z: Tensor) => unpgLoss(z, weights, tensor(Int32Array.of(0, 1)), { ...all, reduction: "mean" });
      const slope = [...(await grad(loss)(x).data())];
      const own = Math.exp(s * c * c);
      const masses = [1, -1].map((sign) => {
        const cosine = sign / Math.SQRT2;
        return own / (own + Math.exp(s * (cosine - 0.5)) + Math.exp(-s * cosine));
      });
      const bySimilarity = (s / 2) * sum(masses);
      expect(dot(slope, [-q, c, 0, -q, -c, 0])).toBeCloseTo(bySimilarity * -2 * c * q, 9);
    },
  );

  it("is finite in single precision with scale 64, and agrees on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [6, 4] },
      ) as Tensor;
      const w = tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.cos(3 * i)),
        { backend, shape: [3, 4] },
      ) as Tensor;
      const labels = tensor(Int32Array.of(0, 1, 0, 2, 1, 0), { backend });
      return grad((z: Tensor) => unpgLoss(z, w, labels, { scale: 4, reduction: "mean" }))(x);
    });
    const same = tensor(new Float32Array(12).fill(1), { shape: [4, 3] }) as Tensor;
    const total = (z: Tensor) => unpgLoss(z, same, tensor(Int32Array.of(0, 1, 2, 3)), { reduction: "mean" });
    expect(Number.isFinite(await total(same).item())).toBe(true);
    expect((await grad(total)(same).data()).every(Number.isFinite)).toBe(true);
  });

  it("says what is wrong with its input", () => {
    const [x, w, labels] = [
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      tensor(Int32Array.of(0, 1)),
    ];
    expect(() => unpgLoss(x, w, labels, { scale: 0 })).toThrow("unpgLoss: scale is 0 but must be a finite number > 0");
    expect(() => unpgLoss(x, w, labels, { whisker: -1 })).toThrow(
      "unpgLoss: whisker is -1 but must be a finite number ≥ 0",
    );
    expect(() => unpgLoss(x, w, labels, { reduction: "max" as "mean" })).toThrow(
      'unpgLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() =>
      unpgLoss(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        w,
        labels,
      ),
    ).toThrow("unpgLoss: row 1 of features is zero but must have a direction");
    expect(() =>
      unpgLoss(
        x,
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        labels,
      ),
    ).toThrow("unpgLoss: row 1 of weights is zero but must have a direction");
    expect(() => unpgLoss(x, w, tensor(Int32Array.of(0, 2)))).toThrow(
      "unpgLoss: labels holds 2 at 1 but must be in [0, 2)",
    );
    expect(() => unpgLoss(x, w, tensor(Int32Array.of(0)))).toThrow("unpgLoss: labels has shape [1] but must be [2]");
    expect(() => unpgLoss(x, matrixOf([[1]]), labels)).toThrow(
      "unpgLoss: weights has shape [1, 1] but must be [any, 2]",
    );
    expect(() =>
      unpgLoss(tensor(new Float64Array(0), { shape: [0, 2] }) as Tensor, w, tensor(new Int32Array(0))),
    ).toThrow("unpgLoss: features has shape [0, 2] but must have a row");
    expect(() => unpgLoss(x, w, labels, { head: (c) => c.sum(1) })).toThrow(
      "unpgLoss: logits has shape [2] but must match cosines, [2, 2]",
    );
  });
});

const unfiltered = { scale: 2, filter: false }; // of equal similarities rounding alone makes outliers
finiteAtExtremes(
  "unpgLoss",
  {
    cosFace: (x, at) => unpgLoss(x, identity(x, at), at.labels, unfiltered),
    arcFace: (x, at) => unpgLoss(x, identity(x, at), at.labels, { ...unfiltered, head: arcFaceLogits }),
  },
  { cancels: true },
);
