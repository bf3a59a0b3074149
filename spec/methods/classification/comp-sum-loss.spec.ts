import { grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { compSumLoss, compSumPhi, sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameOnBackends } from "./support/agreement.js";
import { rowsOf, softmaxOf } from "./support/closed-forms.js";

const [rows, classes] = [3, 4];
const scores = floats([rows, classes]);
const labels = ids(rows, classes);
const taus = fc.constantFrom(0, 0.5, 1, 1.3, 2, 2.5);
const logits = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
const one = (values: readonly number[], label: number, tau: number) =>
  compSumLoss(logits(values, values.length), tensor(Int32Array.of(label)), { tau });

/** Each row with its label. */
const examples = (z: Float64Array, y: Int32Array) => rowsOf(z, classes).map((row, i) => ({ row, label: y[i] }));
const shareOf = ({ row, label }: { readonly row: number[]; readonly label: number }) => softmaxOf(row)[label];

describe("compSumLoss", () => {
  law(
    "is each of the losses that it is named for",
    scores,
    labels,
    numbers({ min: 0.1, max: 0.9 }),
    async (z, y, q) => {
      const all = examples(z, y);
      const at = (tau: number) => compSumLoss(logits(z), tensor(y), { tau });
      const others = all.map(({ row, label }) =>
        row.reduce((sum, score, k) => (k === label ? sum : sum + Math.exp(score - row[label])), 0),
      );
      const shares = all.map(shareOf);
      await expectClose(at(0), others, { tolerance: 1e-12 });
      await expectClose(at(1), sparseSoftmaxCrossEntropy(logits(z), tensor(y)), { tolerance: 1e-12 });
      const generalized = shares.map((p) => (1 - p ** q) / q);
      await expectClose(at(1 + q), generalized, { tolerance: 1e-12 });
      const absolute = shares.map((p) => 1 - p);
      await expectClose(at(2), absolute, { tolerance: 1e-12 });
      await expectClose(
        at(2 + q),
        shares.map((p) => (1 - p ** (1 + q)) / (1 + q)),
        { tolerance: 1e-12 },
      );
      await expectClose(
        at(1 - q),
        others.map((u) => compSumPhi(u, { tau: 1 - q })),
        { tolerance: 1e-12 },
      );
    },
  );

  law("has gradient p_y^(τ−1) (p − e_y), rows that sum to 0", scores, labels, taus, async (z, y, tau) => {
    const slope = grad((x: Tensor) => compSumLoss(x, tensor(y), { tau }).sum())(logits(z));
    const expected = examples(z, y).flatMap(({ row, label }) => {
      const p = softmaxOf(row);
      return p.map((share, k) => p[label] ** (tau - 1) * (share - Number(k === label)));
    });
    await expectClose(slope, expected, { tolerance: 1e-12 });
    await expectClose(slope.sum(1), [0, 0, 0], { tolerance: 1e-12 });
  });

  law("agrees with finite differences to second order", scores, labels, taus, async (z, y, tau) => {
    const weights = tensor(Float64Array.of(1, -2, 0.5));
    await checkGradient((x: Tensor) => compSumLoss(x, tensor(y), { tau }).mul(weights).sum(), logits(z), { order: 2 });
  });

  law("falls with τ, is never negative, and above 1 at most 1 / (τ − 1)", scores, labels, async (z, y) => {
    const grid = [0, 0.3, 0.9, 1, 1.1, 1.9, 2, 2.5, 4];
    const losses = await Promise.all(grid.map((tau) => compSumLoss(logits(z), tensor(y), { tau }).data()));
    losses.forEach((found, t) => {
      found.forEach((loss, i) => {
        expect(loss).toBeGreaterThanOrEqual(0);
        if (grid[t] > 1) expect(loss).toBeLessThanOrEqual(1 / (grid[t] - 1));
        if (t > 0) expect(loss).toBeLessThanOrEqual(losses[t - 1][i] + 1e-15);
      });
    });
  });

  law("does not jump at τ = 1 or 2", scores, labels, async (z, y) => {
    for (const tau of [1, 2]) {
      const at = await compSumLoss(logits(z), tensor(y), { tau }).data();
      for (const beside of [tau - 1e-9, tau + 1e-9]) {
        // The derivative by τ is L² / 2 at most, here below 30.
        await expectClose(compSumLoss(logits(z), tensor(y), { tau: beside }), at, { tolerance: 3e-8 });
      }
    }
  });

  law(
    "changes nothing when scores are shifted",
    scores,
    labels,
    taus,
    numbers({ min: -50, max: 50 }),
    async (z, y, tau, by) => {
      const expected = compSumLoss(logits(z), tensor(y), { tau });
      await expectClose(compSumLoss(logits(z.map((score) => score + by)), tensor(y), { tau }), expected, {
        tolerance: 1e-12,
      });
    },
  );

  law("sums to n − 1 over the labels at τ = 2", floats([classes], { min: -20, max: 20 }), async (z) => {
    const repeated = Float64Array.from({ length: classes * classes }, (_, i) => z[i % classes]);
    const all = compSumLoss(logits(repeated), tensor(Int32Array.of(0, 1, 2, 3)), { tau: 2, reduction: "sum" });
    await expectClose(all, [classes - 1], { tolerance: 1e-12 });
  });

  law("is convex up to τ = 1", floats([classes]), floats([classes]), numbers({ min: 0, max: 1 }), async (a, b, tau) => {
    const at = async (z: Float64Array) => one([...z], 1, tau).item();
    const middle = await at(a.map((score, k) => (score + b[k]) / 2));
    expect(middle).toBeLessThanOrEqual(((await at(a)) + (await at(b))) / 2 + 1e-9);
  });

  it("is not convex at τ = 2", async () => {
    const at = (score: number) => one([score, 0], 0, 2).item();
    expect(await at(-3)).toBeGreaterThan(((await at(-6)) + (await at(0))) / 2 + 0.1);
  });

  it("overflows to ∞, value and gradient, but never to NaN", async () => {
    const { value, grad: slope } = valueAndGrad((x: Tensor) =>
      compSumLoss(x, tensor(Int32Array.of(0)), { tau: 0 }).sum(),
    )(logits([0, 800, -1], 3));
    expect(await value.item()).toBe(Number.POSITIVE_INFINITY);
    await expectClose(slope, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Math.exp(-1)], { tolerance: 1e-12 });
    const sure = grad((x: Tensor) => compSumLoss(x, tensor(Int32Array.of(0)), { tau: 2 }).sum())(
      logits([-1e4, 1e4, Number.NEGATIVE_INFINITY], 3),
    );
    await expectClose(sure, [0, 0, 0], { tolerance: 0 });
  });

  it("is 0 for a single class, and reduces", async () => {
    await expectClose(one([5], 0, 1.5), [0], { tolerance: 0 });
    const reduced = (reduction: "mean" | "sum") =>
      compSumLoss(logits([0, 0, 0, Math.log(3)], 2), tensor(Int32Array.of(0, 1)), { tau: 2, reduction });
    await expectClose(reduced("sum"), [0.75], { tolerance: 1e-15 });
    await expectClose(reduced("mean"), [0.375], { tolerance: 1e-15 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    await expectSameOnBackends(
      (y) => (x) =>
        compSumLoss(x, y, { tau: 0.5 })
          .add(compSumLoss(x, y, { tau: 1.7 }))
          .sum(),
    );
  });

  it("names what is wrong", () => {
    const [z, y] = [logits([0, 0], 2), tensor(Int32Array.of(1))];
    expect(() => compSumLoss(z, y, { tau: -0.1 })).toThrow("compSumLoss: tau is -0.1 but must be a finite number ≥ 0");
    expect(() => compSumLoss(z, tensor(Int32Array.of(2)))).toThrow(
      "compSumLoss: labels is 2 at [0] but must be in [0, 2)",
    );
    expect(() => compSumLoss(z, tensor(Int32Array.of(0, 1)))).toThrow(
      "compSumLoss: labels has shape [2] but must be [1]",
    );
    expect(() => compSumLoss(logits([0, Number.NaN], 2), y)).toThrow(
      "compSumLoss: logits is NaN at [0, 1] but must be finite or -Infinity",
    );
    expect(() => compSumLoss(logits([0, Number.NEGATIVE_INFINITY], 2), y)).toThrow(
      "compSumLoss: logits is -Infinity at [0, 1] but must be finite where the target has mass",
    );
    expect(() => compSumLoss(z.reshape([2]), y)).toThrow("compSumLoss: logits has shape [2] but must have 2 axes");
    expect(() => compSumLoss(z, y, { reduction: "max" as "mean" })).toThrow(
      'compSumLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

describe("compSumPhi", () => {
  law("has slope (1 + u)^(−τ)", numbers({ min: 0.1, max: 20 }), taus, (u, tau) => {
    const slope = (compSumPhi(u + 1e-5, { tau }) - compSumPhi(u - 1e-5, { tau })) / 2e-5;
    expect(Math.abs(slope - (1 + u) ** -tau)).toBeLessThan(1e-8);
    expect(compSumPhi(0, { tau })).toBeCloseTo(0, 15);
  });

  it("names what is wrong", () => {
    expect(() => compSumPhi(-1)).toThrow("compSumPhi: sum is -1 but must be a number ≥ 0");
    expect(() => compSumPhi(1, { tau: Number.NaN })).toThrow("compSumPhi: tau is NaN but must be a finite number ≥ 0");
    expect(compSumPhi(Number.POSITIVE_INFINITY, { tau: 2 })).toBe(1);
  });
});

finiteAtExtremes("compSumLoss", {
  entropy: (x, { labels }) => compSumLoss(x, labels),
  generalized: (x, { labels }) => compSumLoss(x, labels, { tau: 1.7 }),
  absolute: (x, { labels }) => compSumLoss(x, labels, { tau: 2 }),
});
