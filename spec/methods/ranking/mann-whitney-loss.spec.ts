import { grad, type Tensor, tensor } from "cotangent";
import { areaOverCurve, infoNceLoss, mannWhitneyLoss } from "cotangent/methods/ranking";
import { inBatchInfoNce } from "cotangent/methods/sampling";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { logSum, mask, matrix, sum } from "./support/positive-batches.js";

const [B, H] = [3, 2];
const square = floats([B * B]);
const hard = floats([B * H]);
const taus = numbers({ min: 0.2, max: 2 });
const rows = (values: ArrayLike<number>, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => Array.from(values).slice(i * width, (i + 1) * width));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Positives, and the negatives of each query. */
function parts(s: ArrayLike<number>, h: ArrayLike<number>, leftOut: readonly number[] = []) {
  const [own, further] = [rows(s, B), rows(h, h.length / B)];
  const all = own.map((row, i) => [...row, ...(further[i] ?? [])]);
  const negatives = all.map((row, i) => row.filter((_, j) => j !== i && !leftOut.includes(i * row.length + j)));
  return { positives: own.map((row, i) => row[i]), negatives };
}

describe("mannWhitneyLoss", () => {
  law(
    "is the sum over the negatives of all queries, hard ones among them, less false ones",
    square,
    hard,
    taus,
    async (s, h, temperature) => {
      const leftOut = [1, 3, 13];
      const falseNegatives = mask(
        rows(
          Array.from({ length: B * (B + H) }, (_, at) => Number(leftOut.includes(at))),
          B + H,
        ).map((row) => row.map(Boolean)),
      );
      const [x, hardNegatives] = [matrix(rows(s, B)), matrix(rows(h, H))];
      for (const [options, { positives, negatives }] of [
        [{ temperature, hardNegatives }, parts(s, h)],
        [{ temperature }, parts(s, [])],
        [{ temperature, hardNegatives, falseNegatives }, parts(s, h, leftOut)],
      ] as const) {
        const pool = negatives.flat();
        const each = positives.map((p) => sum(pool.map((n) => softplus((n - p) / temperature))));
        await expectClose(mannWhitneyLoss(x, options), each);
        await expectClose(mannWhitneyLoss(x, { ...options, reduction: "sum" }), [sum(each) / B]);
        await expectClose(mannWhitneyLoss(x, { ...options, reduction: "mean" }), [sum(each) / (B * pool.length)]);
        const own = positives.map((p, i) =>
          negatives[i].length === 0 ? 0 : softplus(logSum(negatives[i].map((n) => n / temperature)) - p / temperature),
        );
        await expectClose(infoNceLoss(x, options), own);
      }
    },
  );

  law("has the gradients −Σ σ/(Bτ) and +Σ σ/(Bτ), which sum to 0", square, hard, taus, async (s, h, temperature) => {
    const { positives, negatives } = parts(s, h);
    const sigma = (p: number, n: number) => 1 / (1 + Math.exp((p - n) / temperature)) / (B * temperature);
    const loss = ({ x, hardNegatives }: { x: Tensor; hardNegatives: Tensor }) =>
      mannWhitneyLoss(x, { temperature, hardNegatives, reduction: "sum" });
    const slope = grad(loss)({ x: matrix(rows(s, B)), hardNegatives: matrix(rows(h, H)) });
    const byNegative = (n: number) => sum(positives.map((p) => sigma(p, n)));
    const byPositive = (p: number) => -sum(negatives.flat().map((n) => sigma(p, n)));
    await expectClose(
      slope.x,
      rows(s, B).flatMap((row, i) => row.map((v, j) => (i === j ? byPositive(v) : byNegative(v)))),
    );
    await expectClose(slope.hardNegatives, h.map(byNegative));
    await expectClose(slope.x.sum().add(slope.hardNegatives.sum()), [0], { tolerance: 1e-12 });
  });

  law("bounds the area over the curve times log 2, for all scores", square, hard, async (s, h) => {
    const coarse = (values: Float64Array) => values.map(Math.round); // so that ties come up
    for (const [x, y] of [
      [s, h],
      [coarse(s), coarse(h)],
    ]) {
      const { positives, negatives } = parts(x, y);
      const loss = await mannWhitneyLoss(matrix(rows(x, B)), {
        hardNegatives: matrix(rows(y, H)),
        reduction: "mean",
      }).item();
      expect(areaOverCurve(positives, negatives.flat())).toBeLessThanOrEqual(loss / Math.LN2 + 1e-12);
    }
  });

  law("changes when one query's scores shift, which InfoNCE does not", square, hard, async (s, h) => {
    const gap = [0, 20, 40]; // beyond the range of scores
    const [x, y] = [s.map((v, at) => v + gap[Math.floor(at / B)]), h.map((v, at) => v + gap[Math.floor(at / H)])];
    const nce = (a: Float64Array, b: Float64Array) =>
      infoNceLoss(matrix(rows(a, B)), { hardNegatives: matrix(rows(b, H)) });
    await expectClose(nce(x, y), nce(s, h));
    const { positives, negatives } = parts(x, y);
    const ownArea = positives.map((p, i) => areaOverCurve([p], negatives[i]));
    expect(areaOverCurve(positives, negatives.flat())).toBeCloseTo((B - 1) / (2 * B) + sum(ownArea) / B / B, 12);
  });

  law(
    "is InfoNCE for one query with one negative, which is the in-batch one without options",
    square,
    taus,
    async (s, temperature) => {
      const [one, other] = [matrix([[s[0]]]), matrix([[s[1]]])];
      const options = { hardNegatives: other, temperature };
      await expectClose(mannWhitneyLoss(one, options), infoNceLoss(one, options));
      await expectClose(infoNceLoss(matrix(rows(s, B))), inBatchInfoNce(matrix(rows(s, B))));
    },
  );

  law("is convex, and differences agree to second order", square, square, hard, async (a, b, h) => {
    const hardNegatives = matrix(rows(h, H));
    const total = (x: Tensor) => mannWhitneyLoss(x, { hardNegatives, reduction: "sum" });
    const [x, y] = [matrix(rows(a, B)), matrix(rows(b, B))];
    const middle = await total(x.add(y).mul(0.5)).item();
    expect(middle).toBeLessThanOrEqual(((await total(x).item()) + (await total(y).item())) / 2 + 1e-12);
    await checkGradient(total, x, { order: 2 });
    await checkGradient((z: Tensor) => infoNceLoss(z, { hardNegatives, reduction: "sum" }), x, { order: 2 });
  });

  law("tends to hinges as the temperature falls", square, hard, async (s, h) => {
    const { positives, negatives } = parts(s, h);
    const hinges = positives.map((p) => sum(negatives.flat().map((n) => Math.max(0, n - p))));
    const cold = mannWhitneyLoss(matrix(rows(s, B)), { hardNegatives: matrix(rows(h, H)), temperature: 1e-7 });
    await expectClose(cold.mul(1e-7), hinges, { tolerance: 1e-5 }); // log 2 · τ for each of 12 ties at most
  });

  law("takes positives by their column where scores are not square", square, hard, async (s, h) => {
    const x = rows(s, B).map((row, i) => [...rows(h, H)[i], ...row]);
    const positives = tensor(Int32Array.of(2, 3, 4));
    const expected = mannWhitneyLoss(matrix(rows(s, B)), { hardNegatives: matrix(rows(h, H)) });
    await expectClose(mannWhitneyLoss(matrix(x), { positives }), expected);
    await expectClose(
      infoNceLoss(matrix(x), { positives }),
      infoNceLoss(matrix(rows(s, B)), { hardNegatives: matrix(rows(h, H)) }),
    );
  });

  it("agrees in single precision on every backend", async () => {
    for (const loss of [mannWhitneyLoss, infoNceLoss]) {
      await expectAgreement((backend) => {
        const x = tensor(
          Float32Array.from({ length: 16 }, (_, i) => Math.sin(5 * i)),
          { backend, shape: [4, 4] },
        ) as Tensor;
        return grad((z: Tensor) => loss(z, { hardNegatives: z, temperature: 0.5, reduction: "mean" }))(x);
      });
    }
  });
});

finiteAtExtremes("mannWhitneyLoss", (x) => mannWhitneyLoss(x, { reduction: "mean" }), { cancels: true });
