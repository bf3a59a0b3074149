import { cpu, tensor } from "cotangent";
import { normalizeLogitsMean } from "cotangent/methods/classification";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const logits = floats([2, 3]);
const matrix = (values: Float64Array) => tensor(values, { shape: [2, 3] });

describe("normalizeLogitsMean", () => {
  law("gives rows of mean 1, or of mean size 1", logits, async (z) => {
    const soft = normalizeLogitsMean(matrix(z));
    await expectClose(soft.mean(1), [1, 1], { tolerance: 1e-13 });
    const plus = Array.from(z, (x) => Math.log1p(Math.exp(x)));
    const [first] = [plus[0] + plus[1] + plus[2]];
    await expectClose(
      (await soft.data()).slice(0, 3),
      plus.slice(0, 3).map((x) => (3 * x) / first),
      { tolerance: 1e-12 },
    );
    const sizes = Array.from(await normalizeLogitsMean(matrix(z), "absolute").data(), Math.abs);
    for (const row of [0, 1]) {
      const total = sizes.slice(3 * row, 3 * row + 3).reduce((sum, size) => sum + size, 0);
      if (z.slice(3 * row, 3 * row + 3).some((x) => Math.abs(x) > 1e-3)) expect(total).toBeCloseTo(3, 7);
    }
  });

  law(
    "does not see a positive factor under the absolute form",
    logits,
    numbers({ min: 0.5, max: 20 }),
    async (z, by) => {
      if (z.some((x) => Math.abs(x) < 1e-2)) return; // the 1e-12 shows there
      const scaled = normalizeLogitsMean(matrix(z.map((x) => x * by)), "absolute");
      await expectClose(scaled, normalizeLogitsMean(matrix(z), "absolute"), { tolerance: 1e-8 }); // 1e-12 over the mean size
    },
  );

  law("lets the gradient through the mean", logits, async (z) => {
    const away = z.map((x) => x + Math.sign(x || 1) * 0.1); // from the kinks at 0
    for (const form of ["softplus", "absolute"] as const) {
      const weights = tensor(Float64Array.of(1, -2, 0.5, 0.3, 1.5, -1), { shape: [2, 3] });
      await checkGradient((x) => normalizeLogitsMean(x, form).mul(weights).sum(), matrix(away), { order: 2 });
    }
  });

  law("has a slope where some logits are very low, or all", logits, async (z) => {
    const weights = tensor(Float64Array.of(1, -2, 0.5, 0.3, 1.5, -1), { shape: [2, 3] });
    const low = z.map((x, i) => x - (i < 3 || i === 4 ? 27 : 10));
    await checkGradient((x) => normalizeLogitsMean(x).mul(weights).sum(), matrix(low), { order: 2 });
  });

  it("is the softmax where all logits are very low, without a jump on the way", async () => {
    const at = (shift: number) => normalizeLogitsMean(matrix(Float64Array.of(0, 1, -1, 2, 2, 2).map((z) => z + shift)));
    const [total, powers] = [1 + Math.E + 1 / Math.E, [1, Math.E, 1 / Math.E]];
    await expectClose(at(-1e4), [...powers.map((power) => (3 * power) / total), 1, 1, 1], { tolerance: 1e-12 });
    const step = [-20 - 1e-9, -20 + 1e-9].map((z) =>
      normalizeLogitsMean(matrix(Float64Array.of(z, -19, -21, z, 0, 1))),
    );
    await expectClose(step[0], await step[1].data(), { tolerance: 3e-9 });
  });

  it("has all digits on both sides of where it changes over", async () => {
    for (const row of [
      [-20.5, -21, -20.2],
      [-10.5, -12, -19],
    ]) {
      const plus = row.map((z) => Math.log1p(Math.exp(z)));
      const total = plus[0] + plus[1] + plus[2];
      const found = normalizeLogitsMean(tensor(Float64Array.from(row), { shape: [1, 3] }));
      const expected = plus.map((share) => (3 * share) / total);
      await expectClose(found, expected, { tolerance: 1e-13 });
    }
  });

  it("leaves zeros under the absolute form, and is the same on every backend", async () => {
    await expectClose(normalizeLogitsMean(matrix(new Float64Array(6)), "absolute"), new Float64Array(6), {
      tolerance: 0,
    });
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) =>
      normalizeLogitsMean(tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] }));
    const expected = await on({ backend: cpu() }).data();
    await expectClose(on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
  });

  it("names what is wrong", () => {
    expect(() => normalizeLogitsMean(tensor([1, 2]))).toThrow(
      "normalizeLogitsMean: logits has shape [2] but must have 2 axes",
    );
    expect(() => normalizeLogitsMean(matrix(new Float64Array(6)), "max" as "softplus")).toThrow(
      'normalizeLogitsMean: form is "max" but must be one of softplus, absolute',
    );
  });
});
