import { grad, softplus, type Tensor, tensor } from "cotangent";
import {
  densityRatioFromLogits,
  type FDivergenceName,
  fDistillLoss,
  fDistillObjective,
  initRatioHistogram,
  normalizeFWeights,
} from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { beside } from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";

const name: fc.Arbitrary<FDivergenceName> = fc.constantFrom("reverseKl", "forwardKl", "jensenShannon");
const rows = (values: Float64Array) => tensor(values, { shape: [3, 2] }) as Tensor;
const times = tensor(Float64Array.of(0.05, 0.5, 0.58)) as Tensor;
const histogram = initRatioHistogram(times);

describe("fDistillObjective", () => {
  law(
    "is the matching loss plus fooling the discriminator",
    floats([6]),
    floats([6]),
    floats([6]),
    floats([6]),
    name,
    async (x, teacher, fake, logits, of) => {
      const batch = {
        samples: rows(x),
        teacherPrediction: rows(teacher),
        fakePrediction: rows(fake),
        fakeLogits: rows(logits),
        times,
      };
      const bounds = { ratioLower: 0.2, ratioUpper: 5 };
      const { weights, histogram: seen } = normalizeFWeights(densityRatioFromLogits(rows(logits), bounds), of, {
        ...bounds,
        histogram,
        times,
      });
      const expected = (samples: Tensor, l: Tensor) =>
        fDistillLoss(samples, rows(teacher), rows(fake), { weights, reduction: "mean" }).add(
          softplus(l.neg()).mean().mul(0.1),
        );
      const got = fDistillObjective(batch, of, histogram, { ...bounds, adversarialWeight: 0.1 });
      await expectClose(got.objective, expected(rows(x), rows(logits)), { tolerance: 1e-12 });
      await expectClose(
        got.distillation,
        fDistillLoss(rows(x), rows(teacher), rows(fake), { weights, reduction: "mean" }),
        { tolerance: 1e-12 },
      );
      await expectClose(got.histogram.means, seen?.means ?? histogram.means, { tolerance: 0 });
      const objective = (at: { samples: Tensor; fakeLogits: Tensor }) =>
        fDistillObjective({ ...batch, ...at }, of, histogram, { ...bounds, adversarialWeight: 0.1 }).objective;
      const slopes = grad(objective)({ samples: rows(x), fakeLogits: rows(logits) });
      const right = grad((at: { s: Tensor; l: Tensor }) => expected(at.s, at.l))({ s: rows(x), l: rows(logits) });
      await expectClose(slopes.samples, right.s, { tolerance: 1e-12 });
      await expectClose(slopes.fakeLogits, right.l, { tolerance: 1e-12 }); // through the second term alone
    },
  );

  it("has the paper's weight and bounds", async () => {
    const x = rows(Float64Array.of(1, 2, -1, 0, 3, 1));
    const batch = { samples: x, teacherPrediction: x.mul(0.5), fakePrediction: x.neg(), fakeLogits: x.mul(3), times };
    const told = { adversarialWeight: 3e-3, ratioLower: 0.1, ratioUpper: 20 };
    await expectClose(
      fDistillObjective(batch, "forwardKl", histogram).objective,
      fDistillObjective(batch, "forwardKl", histogram, told).objective,
      { tolerance: 0 },
    );
  });

  it("names what is wrong", () => {
    const x = rows(new Float64Array(6));
    const batch = { samples: x, teacherPrediction: x, fakePrediction: x, fakeLogits: x, times };
    const call = (changed: Partial<typeof batch>, options = {}, of: FDivergenceName = "neyman") =>
      expect(() => fDistillObjective({ ...batch, ...changed }, of, histogram, options));
    const caller = "fDistillObjective";
    call({}, { adversarialWeight: 0 }).toThrow(`${caller}: adversarialWeight is 0 but must be a finite number > 0`);
    call({}, { ratioLower: 3, ratioUpper: 3 }).toThrow(`${caller}: ratioUpper is 3 but must be above ratioLower, 3`);
    call({}, {}, "kl" as "neyman").toThrow(/^fDistillObjective: divergence is "kl" but must be one of /);
    call({ samples: times }).toThrow(
      `${caller}: samples has shape [3] but must be [n, ...] with an entry for each sample`,
    );
    call({ fakePrediction: times }).toThrow(`${caller}: fakePrediction has shape [3] but must match samples, [3, 2]`);
    call({ fakeLogits: x.reshape([2, 3]) }).toThrow(
      `${caller}: fakeLogits has shape [2, 3] but must have 3 rows, like samples`,
    );
    call({ fakeLogits: tensor([[1], [2], [3]]) }).toThrow(
      `${caller}: fakeLogits is f32 but must match samples, f64; cast one of them`,
    );
    call({ times: tensor(Float64Array.of(0, 1, 2)) as Tensor }).toThrow(
      `${caller}: times holds 2 at 2 but must be in [0, 1]`,
    );
    call({ times: tensor(Float64Array.of(0)) as Tensor }).toThrow(
      `${caller}: times has shape [1] but must match ratio, [3]`,
    );
  });
});

const ramp = Array.from({ length: SIZE * SIZE }, (_, i) => i / 16 - 2);
finiteAtExtremes("fDistillObjective", (x) => {
  const teacherPrediction = beside(x, ramp, [SIZE, SIZE]);
  const at = beside(x, [0, 0.1, 0.25, 0.4, 0.5, 0.7, 0.9, 1]);
  const batch = { samples: x, teacherPrediction, fakePrediction: teacherPrediction.neg(), fakeLogits: x, times: at };
  return fDistillObjective(batch, "jensenShannon", initRatioHistogram(x)).objective;
});
