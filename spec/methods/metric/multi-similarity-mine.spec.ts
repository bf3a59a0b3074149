import { grad, type Tensor, tensor } from "cotangent";
import { multiSimilarityMine, pairSets } from "cotangent/methods/metric";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { cosinesOf, matrixOf, setsOf, unitBatch } from "./support/pair-batches.js";

describe("multiSimilarityMine", () => {
  law("keeps the hardest negative and positive, and what is within the margin of them", unitBatch(), async (batch) => {
    const cosines = cosinesOf(batch);
    const s = matrixOf(cosines);
    const { positive, negative } = multiSimilarityMine(s, pairSets(tensor(batch.labels), s), { margin: 0.2 });
    const [keptP, keptN] = [await positive.data(), await negative.data()];
    batch.rows.forEach((_, i) => {
      const { p, n } = setsOf(batch, i);
      const [least, most] = [Math.min(...p.map((j) => cosines[i][j])), Math.max(...n.map((j) => cosines[i][j]))];
      const kept = (row: ArrayLike<number>) => batch.rows.flatMap((__, j) => (row[6 * i + j] > 0 ? [j] : []));
      expect(kept(keptN)).toEqual(n.filter((j) => cosines[i][j] > least - 0.2));
      expect(kept(keptP)).toEqual(p.filter((j) => cosines[i][j] < most + 0.2));
      if (p.length === 0) return;
      const isHard = most > least - 0.2;
      expect(kept(keptN).includes(n.find((j) => cosines[i][j] === most)!)).toBe(isHard);
      expect(kept(keptP).length > 0).toBe(isHard);
    });
  });

  law("keeps weights as they are, and takes no gradient", unitBatch(), async (batch) => {
    const s = matrixOf(cosinesOf(batch));
    const { positive, negative } = pairSets(tensor(batch.labels), s);
    const kept = multiSimilarityMine(s, { positive, negative });
    const halved = multiSimilarityMine(s, { positive: positive.mul(0.5), negative: negative.mul(0.25) });
    await expectClose(halved.positive, kept.positive.mul(0.5), { tolerance: 0 });
    await expectClose(halved.negative, kept.negative.mul(0.25), { tolerance: 0 });
    const slope = grad((x: Tensor) => multiSimilarityMine(x, { positive, negative }).negative.sum())(s);
    await expectClose(slope, new Float64Array(36), { tolerance: 0 });
  });

  it("says what is wrong with its input", () => {
    const s = matrixOf([[1, 2]]);
    expect(() => multiSimilarityMine(s, { positive: s, negative: s }, { margin: -1 })).toThrow(
      "multiSimilarityMine: margin is -1 but must be a finite number ≥ 0",
    );
    expect(() => multiSimilarityMine(s, { positive: s, negative: matrixOf([[1]]) })).toThrow(
      "multiSimilarityMine: negative has shape [1, 1] but must match similarities, [1, 2]",
    );
  });
});
