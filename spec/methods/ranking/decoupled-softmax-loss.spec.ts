import { concat, grad, logSumExp, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { decoupledSoftmaxLoss, multiLabelSoftmaxLoss } from "cotangent/methods/ranking";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { logSum, mask, matrix, pick, positiveBatch, sum, twoPositives } from "./support/positive-batches.js";

describe("decoupledSoftmaxLoss", () => {
  law(
    "is the mean over positives of each against the negatives",
    positiveBatch(),
    floats([6], { min: 0.1, max: 2 }),
    async ({ scores, positives }, w) => {
      const each = scores.map((row, i) => {
        const negatives = pick(row, positives[i], false);
        return row.map((s, l) => (positives[i][l] ? logSum([s, ...negatives]) - s : 0));
      });
      const counts = positives.map((row) => row.filter(Boolean).length);
      const [x, p] = [matrix(scores), mask(positives)];
      const expected = each.map((row, i) => sum(row) / counts[i]);
      await expectClose(decoupledSoftmaxLoss(x, p), expected);
      await expectClose(decoupledSoftmaxLoss(x, p, { reduction: "mean" }), [sum(expected) / 2]);
      await expectClose(decoupledSoftmaxLoss(x, p, { reduction: "sum" }), [sum(expected)]);
      const weighted = each.map((row, i) => sum(row.map((v, l) => v * w[l])) / sum(pick([...w], positives[i])));
      await expectClose(decoupledSoftmaxLoss(x, p, { weights: matrix([[...w], [...w]]) }), weighted);
    },
  );

  law(
    "never pushes a positive down, and by no other positive's score",
    positiveBatch(),
    async ({ scores, positives }) => {
      const slope = await grad((x: Tensor) => decoupledSoftmaxLoss(x, mask(positives), { reduction: "mean" }))(
        matrix(scores),
      ).data();
      scores.forEach((row, i) => {
        const negatives = pick(row, positives[i], false);
        const count = positives[i].filter(Boolean).length;
        row.forEach((s, j) => {
          if (!positives[i][j]) return;
          const share = Math.exp(s - logSum([s, ...negatives]));
          expect(slope[6 * i + j]).toBeCloseTo(-(1 - share) / (2 * count), 12);
          expect(slope[6 * i + j]).toBeLessThanOrEqual(0);
        });
      });
    },
  );

  law(
    "is cross-entropy with one positive a row, as the coupled loss is",
    positiveBatch({ max: 1 }),
    async ({ scores, positives }) => {
      const labels = tensor(Int32Array.from(positives, (row) => row.indexOf(true)));
      const [x, p] = [matrix(scores), mask(positives)];
      const expected = sparseSoftmaxCrossEntropy(x, labels);
      await expectClose(decoupledSoftmaxLoss(x, p), expected);
      await expectClose(multiLabelSoftmaxLoss(x, p), expected);
    },
  );

  law("is what one positive, drawn uniformly, gives on average", positiveBatch(), async ({ scores, positives }) => {
    const [x, p] = [matrix([scores[0]]), mask([positives[0]])];
    const places = positives[0].flatMap((is, l) => (is ? [l] : []));
    const slope = (sampled: Tensor<"bool">) => grad((z: Tensor) => decoupledSoftmaxLoss(z, p, { sampled }).sum());
    let [value, gradient] = [0, new Float64Array(6)];
    for (const place of places) {
      const sampled = mask([positives[0].map((_, l) => l === place)]);
      value += (await decoupledSoftmaxLoss(x, p, { sampled }).data())[0] / places.length;
      const one = await slope(sampled)(x).data();
      gradient = gradient.map((sofar, l) => sofar + one[l] / places.length);
      for (const other of places) if (other !== place) expect(one[other]).toBe(0);
    }
    await expectClose(decoupledSoftmaxLoss(x, p), [value], { tolerance: 1e-12 });
    await expectClose(slope(p)(x), gradient, { tolerance: 1e-12 });
  });

  law(
    "needs of each shard of labels only one logsumexp",
    positiveBatch(),
    fc.integer({ min: 1, max: 5 }),
    async ({ scores: [row], positives: [marks] }, cut) => {
      const negatives = row.map((s, l) => (marks[l] ? Number.NEGATIVE_INFINITY : s));
      const shards = [negatives.slice(0, cut), negatives.slice(cut)].map((of) =>
        logSumExp(matrix([of]), 1, { keepDims: true }),
      );
      const whole = logSumExp(concat(shards, 1), 1);
      const terms = await Promise.all(
        pick(row, marks).map(async (s) => Math.log1p(Math.exp((await whole.item()) - s))),
      );
      await expectClose(decoupledSoftmaxLoss(matrix([row]), mask([marks])), [sum(terms) / terms.length]);
    },
  );

  it("does not look at a negative that is as low as can be", async () => {
    const total = (x: Tensor) => decoupledSoftmaxLoss(x, mask([[true, false, false]]), { reduction: "sum" });
    const x = matrix([[1e308, 1e308, -1e308]]);
    await expectClose(total(x), [Math.LN2], { tolerance: 1e-15 });
    await expectClose(grad(total)(x), [-0.5, 0.5, 0], { tolerance: 1e-15 });
  });

  law("agrees with finite differences to second order", positiveBatch(), async ({ scores, positives }) => {
    await checkGradient((x: Tensor) => decoupledSoftmaxLoss(x, mask(positives), { reduction: "sum" }), matrix(scores), {
      order: 2,
    });
  });

  it("is 0 without a gradient where all labels are right, and finite at scores of ±1e4", async () => {
    const all = mask([[true, true, true]]);
    const total = (p: Tensor<"bool">) => (x: Tensor) => decoupledSoftmaxLoss(x, p, { reduction: "sum" });
    await expectClose(total(all)(matrix([[1, 2, -3]])), [0], { tolerance: 0 });
    await expectClose(grad(total(all))(matrix([[1, 2, -3]])), [0, 0, 0], { tolerance: 0 });
    const [x, some] = [matrix([[1e4, -1e4, 1e4, -1e4]]), mask([[true, true, false, false]])];
    await expectClose(total(some)(x), [(Math.LN2 + 2e4) / 2]);
    await expectClose(grad(total(some))(x), [-0.25, -0.5, 0.75, 0]);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [2, 6] },
      ) as Tensor;
      const p = tensor(Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0), { backend, shape: [2, 6] }) as Tensor<"bool">;
      return grad((z: Tensor) => decoupledSoftmaxLoss(z, p, { reduction: "mean" }))(x);
    });
  });
});

describe.each([
  ["decoupledSoftmaxLoss", decoupledSoftmaxLoss],
  ["multiLabelSoftmaxLoss", multiLabelSoftmaxLoss],
] as const)("%s", (name, loss) => {
  it("says what is wrong with its input", () => {
    const [x, p] = [
      matrix([
        [1, 2],
        [3, 4],
      ]),
      mask([
        [true, false],
        [false, true],
      ]),
    ];
    expect(() =>
      loss(
        x,
        mask([
          [true, false],
          [false, false],
        ]),
      ),
    ).toThrow(`${name}: positives is false all along row 1 but must be true once in it`);
    expect(() =>
      loss(x, p, {
        sampled: mask([
          [true, false],
          [false, false],
        ]),
      }),
    ).toThrow(`${name}: sampled is false all along row 1 but must be true once in it`);
    expect(() =>
      loss(x, p, {
        sampled: mask([
          [true, true],
          [false, true],
        ]),
      }),
    ).toThrow(`${name}: sampled is true at 1 but must be false where positives is`);
    expect(() =>
      loss(x, p, {
        weights: matrix([
          [1, 0],
          [0, -1],
        ]),
      }),
    ).toThrow(`${name}: weights[3] is -1 but must be a finite number ≥ 0`);
    expect(() =>
      loss(x, p, {
        weights: matrix([
          [1, 0],
          [1, 0],
        ]),
      }),
    ).toThrow(`${name}: weights is 0 for all positives of row 1 but must be above 0 for one`);
    expect(() =>
      loss(
        matrix([
          [1, Number.NaN],
          [3, 4],
        ]),
        p,
      ),
    ).toThrow(`${name}: scores holds NaN at 1 but must hold finite numbers`);
    expect(() => loss(matrix([[1, 2]]), p)).toThrow(
      `${name}: positives has shape [2, 2] but must match scores, [1, 2]`,
    );
    expect(() => loss(x, x as never)).toThrow(`${name}: positives is f64 but must be bool`);
    expect(() => loss(tensor([1]), p)).toThrow(`${name}: scores has shape [1] but must have 2 axes`);
    expect(() => loss(x, p, { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});

finiteAtExtremes("decoupledSoftmaxLoss", (x) => decoupledSoftmaxLoss(x, twoPositives(x)), { cancels: true });
