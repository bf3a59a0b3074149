import { grad, type Tensor, tensor } from "cotangent";
import { binomialDevianceLoss, contrastivePairLoss, liftedStructureLoss } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { couples, gentle } from "./support/at-extremes.js";
import { cosinesOf, matrixOf, setsOf, sum, unitBatch } from "./support/pair-batches.js";

const mean = (values: readonly number[]) => sum(values) / Math.max(1, values.length);
const losses = [
  {
    name: "contrastivePairLoss",
    loss: (x: Tensor, labels: Tensor<"i32">, options: object = {}) =>
      contrastivePairLoss(x, labels, { margin: 0.3, ...options }),
    of: (p: number[], n: number[]) => -sum(p) + sum(n.map((s) => Math.max(0, s - 0.3))),
  },
  {
    name: "liftedStructureLoss",
    loss: (x: Tensor, labels: Tensor<"i32">, options: object = {}) =>
      liftedStructureLoss(x, labels, { margin: 0.4, ...options }),
    of: (p: number[], n: number[]) =>
      p.length === 0 ? 0 : Math.max(0, Math.log(sum(p.map((s) => Math.exp(0.4 - s)))) + Math.log(sum(n.map(Math.exp)))),
  },
  {
    name: "binomialDevianceLoss",
    loss: (x: Tensor, labels: Tensor<"i32">, options: object = {}) =>
      binomialDevianceLoss(x, labels, { positiveScale: 3, negativeScale: 7, margin: 0.2, ...options }),
    of: (p: number[], n: number[]) =>
      mean(p.map((s) => Math.log1p(Math.exp(3 * (0.2 - s))))) + mean(n.map((s) => Math.log1p(Math.exp(7 * (s - 0.2))))),
  },
] as const;

describe.each(losses)("$name", ({ name, loss, of }) => {
  law("is its definition, 0 for anchors that lack a set", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const expected = batch.rows.map((_, i) => {
      const { p, n } = setsOf(batch, i);
      return of(
        p.map((j) => cosines[i][j]),
        n.map((j) => cosines[i][j]),
      );
    });
    const [x, labels] = [matrixOf(batch.rows), tensor(batch.labels)];
    await expectClose(loss(x, labels), expected);
    await expectClose(loss(x.mul(3), labels, { normalize: true, reduction: "mean" }), [sum(expected) / 6]);
    await expectClose(loss(x, labels, { reduction: "sum" }), [sum(expected)]);
  });

  law("is 0 without a gradient for one class and for classes of one", unitBatch(4), async ({ rows }) => {
    for (const labels of [Int32Array.of(2, 2, 2, 2), Int32Array.of(0, 1, 2, 3)]) {
      const total = (x: Tensor) => loss(x, tensor(labels), { normalize: true, reduction: "mean" });
      await expectClose(total(matrixOf(rows)), [0], { tolerance: 0 });
      await expectClose(grad(total)(matrixOf(rows)), new Float64Array(12), { tolerance: 0 });
    }
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [6, 4] },
      ) as Tensor;
      const labels = tensor(Int32Array.of(0, 1, 0, 2, 1, 0), { backend });
      return grad((z: Tensor) => loss(z, labels, { normalize: true, reduction: "mean" }))(x);
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
    expect(() => loss(x, labels, { margin: Number.POSITIVE_INFINITY })).toThrow(
      `${name}: margin is Infinity but must be`,
    );
    expect(() => loss(x, labels, { reduction: "max" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    expect(() => loss(x, tensor(Int32Array.of(0)))).toThrow(`${name}: labels has shape [1] but must be [2]`);
    expect(() =>
      loss(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        labels,
      ),
    ).toThrow(`${name}: row 1 of embeddings is zero but must have a direction`);
    expect(() =>
      loss(
        matrixOf([
          [1, 0],
          [3, 4],
        ]),
        labels,
      ),
    ).toThrow(`${name}: row 1 of embeddings has length 5 but must have length 1; set normalize`);
    if (name !== "binomialDevianceLoss") return;
    expect(() => loss(x, labels, { positiveScale: 0 })).toThrow(
      `${name}: positiveScale is 0 but must be a finite number > 0`,
    );
  });
});

const traits = { cancels: true };
finiteAtExtremes(
  "contrastivePairLoss",
  (x, at) => contrastivePairLoss(x, couples(at), { normalize: true, margin: -0.37 }),
  traits,
);
finiteAtExtremes("liftedStructureLoss", (x, at) => liftedStructureLoss(x, couples(at), { normalize: true }), traits);
finiteAtExtremes("binomialDevianceLoss", (x, at) => binomialDevianceLoss(x, couples(at), gentle), traits);
