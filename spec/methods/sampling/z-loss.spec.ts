import { cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { zLoss } from "cotangent/methods/sampling";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { dot, rowsOf } from "../classification/support/closed-forms.js";

const [rows, classes] = [3, 5];
const scores = floats([rows, classes]);
const targets = ids(rows, classes);
const sharpnesses = numbers({ min: 0.1, max: 3 });
const offsets = numbers({ min: -2, max: 5 });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });

/** Mean, deviation and z-scores of a row in plain numbers. */
function zOf(row: readonly number[]) {
  const mean = row.reduce((sum, score) => sum + score, 0) / row.length;
  const variance = row.reduce((sum, score) => sum + (score - mean) ** 2, 0) / row.length;
  const deviation = Math.sqrt(variance + 1e-8);
  return { variance, deviation, z: row.map((score) => (score - mean) / deviation) };
}

describe("zLoss", () => {
  law(
    "is a softplus of the target's z-score",
    scores,
    targets,
    sharpnesses,
    offsets,
    async (o, c, sharpness, offset) => {
      const expected = rowsOf(o, classes).map((row, i) => {
        const { z } = zOf(row);
        expect(Math.abs(z[c[i]])).toBeLessThanOrEqual(Math.sqrt(classes - 1) + 1e-12);
        return Math.log1p(Math.exp(sharpness * (offset - z[c[i]]))) / sharpness;
      });
      const losses = await zLoss(matrix(o), tensor(c), { sharpness, offset }).data();
      await expectClose(losses, expected, { tolerance: 1e-12 });
      for (const loss of losses) expect(loss).toBeGreaterThan(0);
    },
  );

  law(
    "has its gradient in closed form, orthogonal to ones and scores",
    scores,
    targets,
    sharpnesses,
    offsets,
    async (o, c, sharpness, offset) => {
      const loss = (x: Tensor) => zLoss(x, tensor(c), { sharpness, offset }).sum();
      const slope = await grad(loss)(matrix(o)).data();
      const found = rowsOf(slope, classes);
      rowsOf(o, classes).forEach((row, i) => {
        const { variance, deviation, z } = zOf(row);
        if (variance < 1e-2) return; // the floor of the variance shows
        const own = z[c[i]];
        const g = -1 / (1 + Math.exp(-sharpness * (offset - own)));
        row.forEach((_, k) => {
          const expected = (g / deviation) * (Number(k === c[i]) - 1 / classes - (own * z[k]) / classes);
          expect(Math.abs(found[i][k] - expected)).toBeLessThan(1e-11);
        });
        expect(Math.abs(found[i].reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-12);
        expect(Math.abs(dot(found[i], row))).toBeLessThan((10 * 1e-8) / variance); // invariant to scale but for the floor
      });
    },
  );

  law("agrees with finite differences to second order", scores, targets, sharpnesses, async (o, c, sharpness) => {
    const spread = o.map((score, i) => score + 2 * Math.sin(3 * i)); // rows that are not level
    await checkGradient((x: Tensor) => zLoss(x, tensor(c), { sharpness, offset: 1 }).sum(), matrix(spread), {
      order: 2,
    });
  });

  law(
    "sees neither a shift nor a positive factor, and turns z with a negative one",
    scores,
    targets,
    numbers({ min: 0.5, max: 20 }),
    async (o, c, by) => {
      const spread = o.map((score, i) => score + 4 * Math.sin(3 * i));
      if (rowsOf(spread, classes).some((row) => zOf(row).variance < 0.5)) return;
      const at = (values: Float64Array) => zLoss(matrix(values), tensor(c), { offset: 1 });
      const plain = await at(spread).data();
      await expectClose(at(spread.map((score) => score + by)), plain, { tolerance: 1e-12 });
      await expectClose(at(spread.map((score) => by * score - by)), plain, { tolerance: 2e-7 }); // 1e-8 over the variance
      const turned = rowsOf(spread, classes).map((row, i) => Math.log1p(Math.exp(1 + zOf(row).z[c[i]])));
      await expectClose(at(spread.map((score) => -by * score)), turned, { tolerance: 2e-7 });
    },
  );

  law("falls with the target's z-score, to a hinge as a → ∞", scores, targets, offsets, async (o, c, offset) => {
    const raised = o.map((score, i) => (i % classes === c[Math.floor(i / classes)] ? score + 0.5 : score));
    const [plain, better] = [await zLoss(matrix(o), tensor(c)).data(), await zLoss(matrix(raised), tensor(c)).data()];
    rowsOf(o, classes).forEach((row, i) => {
      if (zOf(row).variance > 1e-2) expect(better[i]).toBeLessThan(plain[i]);
    });
    const hinge = rowsOf(o, classes).map((row, i) => Math.max(0, offset - zOf(row).z[c[i]]));
    await expectClose(zLoss(matrix(o), tensor(c), { sharpness: 1e9, offset }), hinge, { tolerance: 1e-8 });
  });

  it("has a value and no gradient where all scores are equal, and reduces", async () => {
    const [o, c] = [matrix([3, 3, 3, 3, 0, 1], 3), tensor(Int32Array.of(0, 2))];
    const { value, grad: slope } = valueAndGrad((x: Tensor) => zLoss(x, c, { offset: 1, reduction: "sum" }))(o);
    const [a, b] = await zLoss(o, c, { offset: 1 }).data();
    expect(a).toBeCloseTo(Math.log1p(Math.E), 14);
    await expectClose(value, [a + b], { tolerance: 1e-15 });
    expect([...(await slope.data())].every(Number.isFinite)).toBe(true);
    await expectClose(zLoss(o, c, { offset: 1, reduction: "mean" }), [(a + b) / 2], { tolerance: 1e-15 });
    const far = zLoss(matrix([1e8, 1e8 + 1, 1e8 - 1], 3), tensor(Int32Array.of(1)));
    await expectClose(far, zLoss(matrix([0, 1, -1], 3), tensor(Int32Array.of(1))), { tolerance: 1e-12 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const o = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const c = tensor(Int32Array.of(2, 0), place);
      const { value, grad: slope } = valueAndGrad((x: Tensor) => zLoss(x, c).sum())(o);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
  });

  it("names what is wrong", () => {
    const [o, c] = [matrix([0, 1], 2), tensor(Int32Array.of(1))];
    expect(() => zLoss(o, c, { sharpness: 0 })).toThrow("zLoss: sharpness is 0 but must be a finite number > 0");
    expect(() => zLoss(o, c, { offset: Number.NaN })).toThrow("zLoss: offset is NaN but must be a finite number");
    expect(() => zLoss(matrix([0], 1), c)).toThrow("zLoss: scores has shape [1, 1] but must have at least 2 classes");
    expect(() => zLoss(o, tensor(Int32Array.of(2)))).toThrow("zLoss: targets holds 2 at 0 but must be in [0, 2)");
    expect(() => zLoss(o, tensor(Int32Array.of(0, 1)))).toThrow("zLoss: targets has shape [2] but must be [1]");
    expect(() => zLoss(matrix([0, Number.NaN], 2), c)).toThrow(
      "zLoss: scores holds NaN at 1 but must hold finite numbers",
    );
    expect(() => zLoss(o, c, { reduction: "max" as "mean" })).toThrow(
      'zLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes("zLoss", (x, { labels }) => zLoss(x, labels, { offset: 2 }), { cancels: true });
