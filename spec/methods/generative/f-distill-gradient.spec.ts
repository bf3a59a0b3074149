import { exp, grad, normal, randomKey, square, type Tensor, tensor } from "cotangent";
import { type FDivergenceName, fDistillGradient, fDivergence } from "cotangent/methods/generative";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { studentSamples, teacherLog, teacherScore } from "./support/two-mode-teacher.js";

const scalar = (x: number) => tensor(Float64Array.of(x)).sum() as Tensor;
/** A grid over which a normal law is summed to rounding. */
const points = 4001;
const step = 16 / (points - 1);
const grid = tensor(Float64Array.from({ length: points }, (_, i) => -8 + step * i)) as Tensor;
const mass = exp(square(grid).mul(-0.5)).mul(step / Math.sqrt(2 * Math.PI));

const at = (mean: number, deviation: number, z: Tensor) => studentSamples(scalar(mean), scalar(Math.log(deviation)), z);
const divergenceAt = (of: FDivergenceName, mean: number, deviation: number) =>
  fDivergence(at(mean, deviation, grid).ratio, of)
    .mul(mass)
    .sum()
    .item();
/** Contributions of samples to the gradient by μ and s. */
function slopesAt(of: FDivergenceName, mean: number, deviation: number, z: Tensor): readonly [Tensor, Tensor] {
  const { x, ratio, score } = at(mean, deviation, z);
  const columns = [teacherScore(x), score].map((s) => s.reshape([z.size, 1]));
  const g = fDistillGradient(ratio, columns[0], columns[1], of, { exact: true }).reshape([z.size]);
  return [g, g.mul(z)];
}

const cases: [FDivergenceName, number, number][] = (
  ["reverseKl", "forwardKl", "jensenShannon", "softenedReverseKl", "squaredHellinger", "jeffreys"] as const
).flatMap((of) => [
  [of, 1, 1],
  [of, 0.3, 1.7],
]);
cases.push(["neyman", 1.9, 0.35], ["neyman", 2.1, 0.4]); // narrower than a mode: else it is infinite

describe("fDistillGradient", () => {
  it("starts from a score that is the density's slope", async () => {
    const x = tensor(Float64Array.of(-3, -0.1, 0.4, 2.5)) as Tensor;
    await expectClose(teacherScore(x), grad((t: Tensor) => teacherLog(t).sum())(x), { tolerance: 1e-12 });
  });

  it.each(cases)("is the gradient of %s at mean %d, deviation %d", async (of, mean, deviation) => {
    const [byMean, byDeviation] = slopesAt(of, mean, deviation, grid);
    const h = 1e-4;
    const differences = [
      ((await divergenceAt(of, mean + h, deviation)) - (await divergenceAt(of, mean - h, deviation))) / (2 * h),
      ((await divergenceAt(of, mean, deviation + h)) - (await divergenceAt(of, mean, deviation - h))) / (2 * h),
    ];
    const got = [await byMean.mul(mass).sum().item(), await byDeviation.mul(mass).sum().item()];
    await expectClose(got, differences, { tolerance: 1e-5 });
  });

  it.each(cases.filter(([, mean]) => mean !== 1))(
    "of %s is unbiased over samples, at mean %d, deviation %d",
    async (of, mean, deviation) => {
      const count = 200_000;
      const z = normal(randomKey(5), [count], { dtype: "f64" });
      const both = slopesAt(of, mean, deviation, z);
      const exact = slopesAt(of, mean, deviation, grid);
      for (const [i, each] of both.entries()) {
        const values = (await each.data()) as Float64Array;
        const average = values.reduce((a, b) => a + b, 0) / count;
        const variance = values.reduce((a, b) => a + (b - average) ** 2, 0) / count;
        const target = await exact[i].mul(mass).sum().item();
        expect(Math.abs(average - target) / Math.sqrt(variance / count)).toBeLessThan(4.5); // chance of a false alarm 7e-6
      }
    },
  );

  it("is 0 where both scores agree, a constant, and without factors unless exact", async () => {
    const [r, s] = [
      tensor(Float64Array.of(0.5, 4)) as Tensor,
      tensor(Float64Array.of(1, 2), { shape: [2, 1] }) as Tensor,
    ];
    for (const of of ["reverseKl", "forwardKl", "jeffreys", "neyman"] as const) {
      await expectClose(fDistillGradient(r, s, s, of), [0, 0], { tolerance: 0 });
    }
    await expectClose(fDistillGradient(r, s, s.mul(3), "squaredHellinger"), [2 * Math.SQRT1_2, 8], {
      tolerance: 1e-15,
    });
    await expectClose(fDistillGradient(r, s, s.mul(3), "squaredHellinger", { exact: true }), [Math.SQRT1_2 / 2, 2], {
      tolerance: 1e-15,
    });
    const loss = (x: Tensor) => fDistillGradient(x.reshape([2]).add(1), x, x.mul(2), "forwardKl").sum();
    await expectClose(grad(loss)(s), [0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const [r, s] = [tensor([1]), tensor([[1]])];
    const call = (...args: Parameters<typeof fDistillGradient>) => expect(() => fDistillGradient(...args));
    const name = "fDistillGradient";
    call(r, s, s, "kl" as "neyman").toThrow(/^fDistillGradient: divergence is "kl" but must be one of /);
    call(tensor([0]), s, s, "neyman").toThrow(`${name}: ratio holds 0 at 0 but must hold finite numbers > 0`);
    call(tensor([1, 2]), s, s, "neyman").toThrow(`${name}: ratio has shape [2] but must be [1]`);
    call(r, r, s, "neyman").toThrow(`${name}: teacherScore has shape [1] but must have 2 axes`);
    call(r, s, tensor([[1, 2]]), "neyman").toThrow(
      `${name}: studentScore has shape [1, 2] but must match teacherScore, [1, 1]`,
    );
    const wide = tensor(Float64Array.of(1), { shape: [1, 1] }) as Tensor;
    call(r, s, wide, "neyman").toThrow(`${name}: studentScore is f64 but must match ratio, f32; cast one of them`);
    call(r, s, tensor([[NaN]]), "neyman").toThrow(`${name}: studentScore holds NaN at 0 but must hold finite numbers`);
  });
});
