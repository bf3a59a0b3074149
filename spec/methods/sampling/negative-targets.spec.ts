import { type Tensor, tensor } from "cotangent";
import {
  adaptiveMarginTarget,
  equalisedTarget,
  logitAdjustTarget,
  matrixTarget,
  type NegativeTarget,
} from "cotangent/methods/sampling";
import { floats, numbers, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { ids } from "./support/one-row.js";

const labels = [2, 0];
const negatives = [0, 1, 2, 1, 0, 3];
const like = { dtype: "f64" } as const;

/** log ρ of a target for both labels, negatives shared by the rows and each row's own. */
async function expectTarget(target: NegativeTarget, rho: (y: number, other: number) => number): Promise<void> {
  const beside = ids(...labels).reshape([2, 1]);
  const check = (found: Tensor, pairs: (readonly [number, number])[]) =>
    expectClose(
      found,
      pairs.map(([y, other]) => Math.log(rho(y, other))),
      { tolerance: 1e-13 },
    );
  const zeros = tensor(new Float64Array(6), { shape: [2, 3] });
  const own = target.logTarget(beside, ids(...negatives).reshape([2, 3]), like).add(zeros);
  await check(
    own,
    negatives.map((other, i) => [labels[Math.floor(i / 3)], other]),
  );
  const shared = target.logTarget(beside, ids(...negatives.slice(3)), like).add(zeros);
  await check(
    shared,
    labels.flatMap((y) => negatives.slice(3).map((other) => [y, other] as const)),
  );
}

describe("targets of negative sampling", () => {
  law(
    "are what their formulas say",
    simplex(4, 0.02),
    numbers({ min: 0, max: 2 }),
    floats([16], { min: 0.1, max: 3 }),
    async (priors, strength, weights) => {
      await expectTarget(logitAdjustTarget(priors, { strength }), (y, j) => (priors[j] / priors[y]) ** strength);
      await expectTarget(logitAdjustTarget(priors), (y, j) => priors[j] / priors[y]);
      await expectTarget(equalisedTarget(priors, { strength }), (_, j) => priors[j] ** strength);
      await expectTarget(equalisedTarget(priors), (_, j) => priors[j]);
      await expectTarget(adaptiveMarginTarget(priors, { scale: strength }), (y) =>
        Math.exp(strength * priors[y] ** -0.25),
      );
      await expectTarget(adaptiveMarginTarget(priors), (y) => Math.exp(priors[y] ** -0.25));
      await expectTarget(matrixTarget(weights, 4), (y, j) => weights[4 * y + j]);
    },
  );

  it("say for how many classes they are", () => {
    const priors = [0.5, 0.3, 0.2];
    for (const make of [logitAdjustTarget, equalisedTarget, adaptiveMarginTarget]) expect(make(priors).classes).toBe(3);
    expect(matrixTarget([1, 2, 3, 4], 2).classes).toBe(2);
  });

  it("come in the dtype of the scores", () => {
    const found = logitAdjustTarget([0.5, 0.5]).logTarget(ids(0).reshape([1, 1]), ids(1), { dtype: "f32" });
    expect(found.dtype).toBe("f32");
  });

  it("name what is wrong", () => {
    const makers = { logitAdjustTarget, equalisedTarget, adaptiveMarginTarget };
    for (const [name, make] of Object.entries(makers)) {
      expect(() => make([0.5, 0, 0.5])).toThrow(
        `${name}: priors[1] is 0 but must be in (0, 1]; classPriors with least: 1 keeps it from 0`,
      );
      expect(() => make([0.5, Number.NaN])).toThrow(
        `${name}: priors[1] is NaN but must be in (0, 1]; classPriors with least: 1 keeps it from 0`,
      );
      expect(() => make([0.5, 0.25])).toThrow(
        `${name}: priors adds up to 0.75 but must add up to 1; classPriors makes it so`,
      );
    }
    expect(() => logitAdjustTarget([0.5, 0.5], { strength: Number.POSITIVE_INFINITY })).toThrow(
      "logitAdjustTarget: strength is Infinity but must be a finite number ≥ 0",
    );
    expect(() => equalisedTarget([0.5, 0.5], { strength: -1 })).toThrow(
      "equalisedTarget: strength is -1 but must be a finite number ≥ 0",
    );
    expect(() => adaptiveMarginTarget([0.5, 0.5], { scale: -1 })).toThrow(
      "adaptiveMarginTarget: scale is -1 but must be a finite number ≥ 0",
    );
    expect(() => matrixTarget([1, 2, 3], 2)).toThrow("matrixTarget: weights has 3 elements but must have 2², 4");
    expect(() => matrixTarget([-1, 2, 3, 4], 2)).toThrow(
      "matrixTarget: weights[0] is -1 but must be a finite number ≥ 0",
    );
    expect(() => matrixTarget([1, 2, -3, 4], 2)).toThrow(
      "matrixTarget: weights[2] is -3 but must be a finite number ≥ 0",
    );
  });
});
