import { tensor } from "cotangent";
import { recallAtK } from "cotangent/methods/metric";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { cosinesOf, matrixOf, unitBatch } from "./support/pair-batches.js";

describe("recallAtK", () => {
  law(
    "counts who has one of their class among the k nearest",
    unitBatch(7),
    fc.integer({ min: 1, max: 6 }),
    async (batch, k) => {
      const hits = cosinesOf(batch).map((row, i) => {
        const others = [...row.keys()].filter((j) => j !== i).sort((a, b) => row[b] - row[a] || a - b);
        return Number(others.slice(0, k).some((j) => batch.labels[j] === batch.labels[i]));
      });
      const found = recallAtK(matrixOf(batch.rows).mul(5), tensor(batch.labels), { k });
      await expectClose(found, [hits.reduce((a, b) => a + b) / 7]);
    },
  );

  it("is 1 for a direction a class with two examples each, and 0 where all are alone", async () => {
    const x = matrixOf([0, 1, 2, 0, 1, 2].map((c) => [0, 1, 2].map((k) => Number(k === c))));
    expect(await recallAtK(x, tensor(Int32Array.of(0, 1, 2, 0, 1, 2))).item()).toBe(1);
    expect(await recallAtK(x, tensor(Int32Array.of(0, 1, 2, 3, 4, 5)), { k: 5 }).item()).toBe(0);
  });

  it("says what is wrong with its input", () => {
    const [x, labels] = [
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      tensor(Int32Array.of(0, 1)),
    ];
    expect(() => recallAtK(x, labels, { k: 0 })).toThrow("recallAtK: k is 0 but must be a whole number ≥ 1");
    expect(() => recallAtK(x, labels, { k: 2 })).toThrow(
      "recallAtK: k is 2 but must be less than 2, the number of embeddings",
    );
    expect(() => recallAtK(x, tensor(Int32Array.of(0)))).toThrow("recallAtK: labels has shape [1] but must be [2]");
    expect(() =>
      recallAtK(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        labels,
      ),
    ).toThrow("recallAtK: row 1 of embeddings is zero but must have a direction");
    expect(() => recallAtK(tensor([1, 2]), labels)).toThrow("recallAtK: embeddings has shape [2] but must have 2 axes");
  });
});
