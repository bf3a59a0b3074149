import { exp, grad, type Tensor, tensor, zeros } from "cotangent";
import { candidateSoftmaxLoss, logQCorrection } from "cotangent/methods/sampling";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { partition, sumOf } from "./support/one-row.js";

const f64 = { dtype: "f64" } as const;
const row = (values: Float64Array) => tensor(values, { shape: [1, values.length] });

describe("candidateSoftmaxLoss", () => {
  law(
    "is cross-entropy, and its gradient the shares less the target",
    numbers(),
    floats([4]),
    async (target, others) => {
      const z = Math.exp(target) + partition(others);
      const loss = ([t, o]: Tensor[]) => candidateSoftmaxLoss(t, o).sum();
      const at = [tensor(Float64Array.of(target)), row(others)];
      await expectClose(loss(at), [Math.log(z) - target], { tolerance: 1e-13 });
      const [ofTarget, ofOthers] = grad(loss)(at);
      await expectClose(ofTarget, [Math.exp(target) / z - 1], { tolerance: 1e-13 });
      await expectClose(
        ofOthers,
        others.map((o) => Math.exp(o) / z),
        { tolerance: 1e-13 },
      );
    },
  );

  law(
    "depends neither on the order of candidates nor on a shift",
    numbers(),
    floats([4]),
    numbers(),
    async (target, others, shift) => {
      const plain = candidateSoftmaxLoss(tensor(Float64Array.of(target)), row(others));
      const moved = candidateSoftmaxLoss(
        tensor(Float64Array.of(target + shift)),
        row(
          others
            .slice()
            .reverse()
            .map((o) => o + shift),
        ),
      );
      await expectClose(moved, plain, { tolerance: 1e-13 });
    },
  );

  law(
    "corrected on both sides does not see a constant in q; on one side it does",
    numbers(),
    floats([3]),
    floats([4]),
    async (target, others, logQ) => {
      const loss = (shift: number, both: boolean) => {
        const positive = tensor(Float64Array.of(target));
        const corrected = both ? logQCorrection(positive, tensor(Float64Array.of(logQ[3] + shift))) : positive;
        return candidateSoftmaxLoss(
          corrected,
          logQCorrection(row(others), tensor(logQ.slice(0, 3).map((q) => q + shift))),
        );
      };
      await expectClose(loss(0.7, true), loss(0, true), { tolerance: 1e-13 });
      expect((await loss(0.7, false).item()) - (await loss(0, false).item())).toBeLessThan(-1e-4);
    },
  );

  it("agrees with finite differences to second order", async () => {
    const loss = ([a, b]: Tensor[]) => exp(candidateSoftmaxLoss(a, b).mul(0.3)).sum();
    const candidates = tensor(new Float64Array([0.2, -1.1, 0.9, 0.4]), { shape: [2, 2] });
    await checkGradient(loss, [tensor(new Float64Array([0.5, -0.7])), candidates], { order: 2 });
  });

  it("is 0 with gradient 0 where no candidate is left, and finite at ±500", async () => {
    const loss = ([t, o]: Tensor[]) => candidateSoftmaxLoss(t, o).sum();
    const alone = [tensor(Float64Array.of(3)), row(Float64Array.of(-Infinity, -Infinity))];
    await expectClose(loss(alone), [0], { tolerance: 0 });
    for (const slope of grad(loss)(alone)) expect(sumOf((await slope.data()).map(Math.abs))).toBe(0);
    const wide = [tensor(Float64Array.of(-500)), row(Float64Array.of(500, -500))];
    await expectClose(loss(wide), [1000]);
    for (const slope of grad(loss)(wide)) expect((await slope.data()).every(Number.isFinite)).toBe(true);
  });

  it("names what is wrong", () => {
    expect(() => candidateSoftmaxLoss(zeros([2], f64), zeros([3, 2], f64))).toThrow(
      "candidateSoftmaxLoss: candidateScores has shape [3, 2] but must be [2, m]",
    );
    expect(() => candidateSoftmaxLoss(zeros([2, 1], f64), zeros([2, 2], f64))).toThrow(
      "candidateSoftmaxLoss: targetScores has shape [2, 1] but must have 1 axis",
    );
    expect(() => candidateSoftmaxLoss(zeros([2]), zeros([2, 2], f64))).toThrow(
      "candidateSoftmaxLoss: candidateScores is f64 but must match targetScores, f32; cast one of them",
    );
  });
});

finiteAtExtremes("candidateSoftmaxLoss", (x, at) => {
  const { positive, noise: candidates } = extreme.contrast(x, at);
  return candidateSoftmaxLoss(positive, candidates);
});
