import { grad, not, type Tensor, tensor } from "cotangent";
import { softTopK, softTopKLoss } from "cotangent/methods/ranking";
import { checkGradient } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { mask, matrix, pick, positiveBatch, sum, twoPositives } from "./support/positive-batches.js";

const places = fc.constantFrom(2, "positives" as const);
const countOf = (row: readonly boolean[]) => row.filter(Boolean).length;

describe("softTopKLoss", () => {
  law("is the mean of −log z over positives", positiveBatch(), places, async ({ scores, positives }, k) => {
    const [x, p] = [matrix(scores), mask(positives)];
    const counts = Float64Array.from(positives, (row) => (k === "positives" ? countOf(row) : k));
    const z = await softTopK(x, tensor(counts), { sharpness: 3 }).data();
    const expected = positives.map(
      (row, i) => -sum(pick([...z.slice(6 * i, 6 * i + 6)], row).map(Math.log)) / countOf(row),
    );
    await expectClose(softTopKLoss(x, p, { k, sharpness: 3 }), expected);
  });

  it("has five places and sharpness 2, and no reduction, unless told otherwise", async () => {
    const x = matrix([[1, 0.2, -0.5, 0.7, 0, 0.4]]);
    const p = mask([[true, false, true, false, false, false]]);
    const [found] = await softTopKLoss(x, p).data();
    for (const reduction of ["mean", "sum"] as const) {
      await expectClose(softTopKLoss(x, p, { k: 5, sharpness: 2, reduction }), [found], { tolerance: 1e-15 });
    }
  });

  law("has a gradient that sums to 0 along each row", positiveBatch(), async ({ scores, positives }) => {
    const total = (x: Tensor) => softTopKLoss(x, mask(positives), { k: 3, reduction: "sum" });
    await expectClose(grad(total)(matrix(scores)).sum(1), [0, 0], { tolerance: 1e-12 });
  });

  it("agrees with finite differences", async () => {
    const positives = mask([[true, false, true, false]]);
    const total = (x: Tensor) => softTopKLoss(x, positives, { k: 2.5, reduction: "sum" });
    await checkGradient(total, matrix([[0.3, -1, 0.9, 1.4]]));
  });

  law(
    "takes positives that are not sampled out of the sum that is k",
    positiveBatch({ min: 2, max: 3 }),
    places,
    async ({ scores, positives }, k) => {
      const first = positives.map((row) => row.map((_, l) => l === row.indexOf(true)));
      const [x, p, sampled] = [matrix(scores), mask(positives), mask(first)];
      const total = (t: Tensor) => softTopKLoss(t, p, { k, sampled });
      const found = await total(x).data();
      for (const [i, row] of scores.entries()) {
        const rest = [row[positives[i].indexOf(true)], ...pick(row, positives[i], false)];
        const alone = [true, ...rest.slice(1).map(() => false)];
        const expected = await softTopKLoss(matrix([rest]), mask([alone]), { k: k === "positives" ? 1 : k }).data();
        expect(found[i]).toBeCloseTo(expected[0], 9);
      }
      const slope = await grad((t: Tensor) => total(t).sum())(x).data();
      positives.flat().forEach((is, at) => {
        if (is && !first.flat()[at]) expect(slope[at]).toBe(0);
      });
    },
  );

  it("does not look at positives that are not sampled, however low", async () => {
    const [p, sampled] = [mask([[true, false, false, true]]), mask([[true, false, false, false]])];
    const total = (x: Tensor) => softTopKLoss(x, p, { k: 2, sampled, reduction: "sum" });
    const x = matrix([[0.3, 1, -0.4, -1e308]]);
    await expectClose(total(x), softTopKLoss(matrix([[0.3, 1, -0.4]]), mask([[true, false, false]]), { k: 2 }));
    expect(Math.abs((await grad(total)(x).data())[3])).toBe(0);
  });

  law("takes positives that are computed", positiveBatch(), async ({ scores, positives }) => {
    const [x, p] = [matrix(scores), mask(positives)];
    const computed = not(mask(positives.map((row) => row.map((is) => !is))));
    await expectClose(softTopKLoss(x, computed, { k: "positives" }), softTopKLoss(x, p, { k: "positives" }), {
      tolerance: 0,
    });
  });

  it("is finite at scores of ±1e4", async () => {
    const [x, p] = [matrix([[1e4, -1e4, 1e4, -1e4]]), mask([[false, true, false, false]])];
    const total = (t: Tensor) => softTopKLoss(t, p, { k: 2, reduction: "sum" });
    expect(await total(x).item()).toBeCloseTo(2 * 1e4, 6); // t is 0, in the middle
    expect((await grad(total)(x).data()).every(Number.isFinite)).toBe(true);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [2, 6] },
      ) as Tensor;
      const p = tensor(Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0), { backend, shape: [2, 6] }) as Tensor<"bool">;
      return grad((z: Tensor) => softTopKLoss(z, p, { k: 2, reduction: "mean" }))(x);
    });
  });

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
    expect(() => softTopKLoss(x, p)).toThrow(
      "softTopKLoss: k is 5 but must be in (0, 2), the number of entries of row 0",
    );
    expect(() =>
      softTopKLoss(
        x,
        mask([
          [true, false],
          [true, true],
        ]),
        { k: "positives" },
      ),
    ).toThrow("softTopKLoss: positives is true all along row 1 but must be false once in it");
    expect(() => softTopKLoss(x, p, { k: 1, sharpness: -1 })).toThrow(
      "softTopKLoss: sharpness is -1 but must be a finite number > 0",
    );
    expect(() =>
      softTopKLoss(
        x,
        mask([
          [true, false],
          [false, false],
        ]),
      ),
    ).toThrow("softTopKLoss: positives is false all along row 1 but must be true once in it");
  });
});

finiteAtExtremes("softTopKLoss", (x) => softTopKLoss(x, twoPositives(x), { k: 3, sharpness: 1 }), { cancels: true });
