import { tensor } from "cotangent";
import { batchNegativeSimilarities } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { cosinesOf, matrixOf, unitBatch } from "./support/pair-batches.js";

describe("batchNegativeSimilarities", () => {
  law("are the cosines of each pair once, marked where labels differ", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const pairs = [0, 1, 2, 3, 4, 5].flatMap((i) =>
      [0, 1, 2, 3, 4, 5].filter((j) => j > i).map((j) => [i, j] as const),
    );
    const found = batchNegativeSimilarities(matrixOf(batch.rows).mul(3), tensor(batch.labels));
    await expectClose(
      found.similarities,
      pairs.map(([i, j]) => cosines[i][j]),
    );
    expect([...(await found.isNegative.data())]).toEqual(
      pairs.map(([i, j]) => Number(batch.labels[i] !== batch.labels[j])),
    );
  });

  it("are none for one sample", async () => {
    const { similarities, isNegative } = batchNegativeSimilarities(matrixOf([[1, 2]]), tensor(Int32Array.of(0)));
    expect([similarities.shape, isNegative.shape]).toEqual([[0], [0]]);
  });

  it("says what is wrong with its input", () => {
    expect(() => batchNegativeSimilarities(matrixOf([[0, 0]]), tensor(Int32Array.of(0)))).toThrow(
      "batchNegativeSimilarities: row 0 of features is zero but must have a direction",
    );
  });
});
