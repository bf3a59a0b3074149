import { concat, type Tensor, tensor } from "cotangent";
import { gpwLoss, multiSimilarityMine, pairSets, tripletWeights } from "cotangent/methods/metric";
import { ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { type Batch, cosinesOf, matrixOf, setsOf, unitBatch } from "./support/pair-batches.js";

const like = tensor(new Float64Array(1));

describe("pairSets", () => {
  law("are the others of the class, and all of other classes", ids(5, 3), async (labels) => {
    const { positive, negative } = pairSets(tensor(labels), like);
    const pairs = Array.from({ length: 25 }, (_, at) => [Math.floor(at / 5), at % 5]);
    await expectClose(
      positive,
      pairs.map(([i, j]) => Number(i !== j && labels[i] === labels[j])),
      { tolerance: 0 },
    );
    await expectClose(
      negative,
      pairs.map(([i, j]) => Number(labels[i] !== labels[j])),
      { tolerance: 0 },
    );
  });

  it("says what is wrong with its input", () => {
    expect(() => pairSets(tensor([1, 2]) as never, like)).toThrow("pairSets: labels is f32 but must be i32");
    expect(() => pairSets(tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as never, like)).toThrow(
      "pairSets: labels has shape [1, 2] but must have 1 axis",
    );
  });
});

/** What weights of pairs are made of. */
function seen({ rows, labels }: Batch) {
  const found: Tensor[] = [];
  gpwLoss(matrixOf(rows), tensor(labels), (similarities, sets) => {
    found.push(similarities, sets.positive, sets.negative);
    return sets;
  });
  return found as [Tensor, Tensor, Tensor];
}

describe("pairs of embeddings", () => {
  law("are those of anchors that have a positive and a negative", unitBatch(), async (drawn) => {
    for (const batch of [drawn, { ...drawn, labels: new Int32Array(6) }]) {
      const [similarities, positive, negative] = seen(batch);
      await expectClose(similarities, cosinesOf(batch).flat(), { tolerance: 1e-14 });
      const marks = (kind: "p" | "n") =>
        batch.rows.flatMap((_, i) => batch.rows.map((__, j) => Number(setsOf(batch, i)[kind].includes(j))));
      await expectClose(positive, marks("p"), { tolerance: 0 });
      await expectClose(negative, marks("n"), { tolerance: 0 });
    }
  });

  law("are each batch's own where there are several", unitBatch(), unitBatch(), async (a, b) => {
    const whole = (batch: Batch) => {
      const s = matrixOf(cosinesOf(batch));
      return { s, ...pairSets(tensor(batch.labels), s) };
    };
    const [one, two] = [whole(a), whole(b)];
    const stack = (x: Tensor, y: Tensor) => concat([x.reshape([1, 6, 6]), y.reshape([1, 6, 6])], 0);
    const both = {
      positive: stack(one.positive, two.positive),
      negative: stack(one.negative, two.negative),
    };
    const found = multiSimilarityMine(stack(one.s, two.s), both, { margin: 4 }); // leaves out incomplete anchors alone
    const [alone, beside] = [one, two].map(({ s, ...sets }) => multiSimilarityMine(s, sets, { margin: 4 }));
    await expectClose(found.positive, stack(alone.positive, beside.positive), { tolerance: 0 });
    await expectClose(found.negative, stack(alone.negative, beside.negative), { tolerance: 0 });
  });

  const call =
    (embeddings: Tensor, labels = tensor(Int32Array.of(0, 1)), normalize = false) =>
    () =>
      gpwLoss(embeddings, labels, tripletWeights, { normalize });

  it("must have length 1, to half a thousandth", () => {
    const of = (first: number, second: number) =>
      call(
        matrixOf([
          [first, 0],
          [0, second],
        ]),
      );
    const message = (row: number, length: number) =>
      `gpwLoss: row ${row} of embeddings has length ${Math.sqrt(length * length)} but must have length 1; set normalize`;
    for (const length of [0.9996, 1.0004]) expect(of(length, -length)).not.toThrow();
    for (const length of [0.9994, 1.0006, 5]) {
      expect(of(length, 1)).toThrow(message(0, length));
      expect(of(1, length)).toThrow(message(1, length));
    }
    expect(
      call(
        matrixOf([
          [3, 0],
          [0, 3],
        ]),
        undefined,
        true,
      ),
    ).not.toThrow();
    expect(
      call(
        matrixOf([
          [1, 0],
          [0, 1],
        ]).mul(3),
      ),
    ).not.toThrow(); // what is computed is not read for it
  });

  it("say what is wrong with them", () => {
    const x = matrixOf([
      [1, 0],
      [0, 1],
    ]);
    expect(call(tensor([1, 0]))).toThrow("gpwLoss: embeddings has shape [2] but must have 2 axes");
    expect(call(tensor(Int32Array.of(1, 0, 0, 1), { shape: [2, 2] }) as unknown as Tensor)).toThrow(
      "gpwLoss: embeddings is i32 but must be f32 or f64; cast it",
    );
    expect(call(x, tensor([0, 1]) as never)).toThrow("gpwLoss: labels is f32 but must be i32");
    expect(call(x, tensor(Int32Array.of(0)))).toThrow("gpwLoss: labels has shape [1] but must be [2]");
    expect(
      call(
        matrixOf([
          [1, 0],
          [0, 0],
        ]),
        undefined,
        true,
      ),
    ).toThrow("gpwLoss: row 1 of embeddings is zero but must have a direction");
    expect(
      call(
        matrixOf([
          [1, 0],
          [0, Number.NaN],
        ]),
      ),
    ).toThrow("gpwLoss: row 1 of embeddings is not finite but must have a direction");
  });
});
