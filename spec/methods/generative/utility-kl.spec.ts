import { tensor } from "cotangent";
import {
  bernoulliSst,
  categoricalSst,
  gumbelKl,
  logisticKl,
  matchingSst,
  utilityKl,
} from "cotangent/methods/generative";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { integrate, logistic } from "./support/quadrature.js";
import { softmaxOf, sum } from "./support/structures.js";

const scalar = (value: number) => tensor(Float64Array.of(value), { shape: [] });
const logGumbel = (x: number) => -x - Math.exp(-x);
const logLogistic = (x: number) => -Math.abs(x) - 2 * Math.log1p(Math.exp(-Math.abs(x)));

describe("utility KL", () => {
  law("is what quadrature gives, Gumbel", numbers(), async (theta) => {
    const kl = integrate((x) => {
      const density = Math.exp(logGumbel(x - theta));
      return density === 0 ? 0 : density * (logGumbel(x - theta) - logGumbel(x));
    });
    await expectClose(gumbelKl(scalar(theta)), [kl], { tolerance: 1e-10 });
  });

  law("is what quadrature gives, logistic", numbers(), async (theta) => {
    const kl = integrate((x) => Math.exp(logLogistic(x - theta)) * (logLogistic(x - theta) - logLogistic(x)));
    await expectClose(logisticKl(scalar(theta)), [kl], { tolerance: 1e-10 });
  });

  law("is never negative, and 0 at 0 alone", numbers({ min: -12, max: 12 }), async (log) => {
    for (const theta of [10 ** log, -(10 ** log)]) {
      if (Math.abs(theta) > 500) continue; // e^−θ overflows for Gumbel beyond
      expect(await gumbelKl(scalar(theta)).item()).toBeGreaterThan(0);
      expect(await logisticKl(scalar(theta)).item()).toBeGreaterThan(0);
    }
    await expectClose(gumbelKl(scalar(0)), [0], { tolerance: 0 });
    await expectClose(logisticKl(scalar(0)), [0], { tolerance: 0 });
  });

  law("keeps its digits near 0 and far away", numbers({ min: -9, max: -2 }), async (log) => {
    const theta = 10 ** log;
    const near = await logisticKl(scalar(theta)).item();
    expect(near / (theta ** 2 / 6 - theta ** 4 / 360 + theta ** 6 / 15_120)).toBeCloseTo(1, 13);
    await expectClose(logisticKl(scalar(1e4)), [1e4 - 2], { tolerance: 1e-15 });
    await expectClose(logisticKl(scalar(-1e4)), [1e4 - 2], { tolerance: 1e-15 });
    for (const at of [0.2999999, 0.3000001, -0.3000001]) {
      await expectClose(logisticKl(scalar(at)), [at / Math.tanh(at / 2) - 2], { tolerance: 1e-14 });
    }
  });

  law("has all digits where the series ends", numbers({ min: 0.28, max: 0.2999 }), async (theta) => {
    // θ coth(θ/2) − 2 = 2 Σ_k 2k · (θ/2)^(2k+1) / (2k + 1)! over sinh(θ/2): positive terms alone
    const half = theta / 2;
    let [power, numerator, denominator] = [half, 0, half];
    for (let k = 1; k <= 8; k++) {
      power *= (half * half) / (2 * k * (2 * k + 1));
      numerator += 2 * k * power;
      denominator += power;
    }
    const found = await logisticKl(scalar(theta)).item();
    expect(Math.abs(found / ((2 * numerator) / denominator) - 1)).toBeLessThan(4e-15);
  });

  law("bounds the KL of the induced laws", floats([4]), async (theta) => {
    const p = softmaxOf(theta);
    const classes = sum(p.map((value) => value * Math.log(4 * value)));
    expect(await utilityKl(categoricalSst(), tensor(theta)).item()).toBeGreaterThanOrEqual(classes);
    const gates = sum(
      Array.from(theta, (v) => {
        const q = logistic(v);
        return q * Math.log(2 * q) + (1 - q) * Math.log(2 - 2 * q);
      }),
    );
    expect(await utilityKl(bernoulliSst(), tensor(theta)).item()).toBeGreaterThanOrEqual(gates);
  });

  law("adds up over an object, with its noise", floats([2, 2, 2]), async (theta) => {
    const at = tensor(theta, { shape: [2, 2, 2] });
    await expectClose(utilityKl(categoricalSst(), at), gumbelKl(at).sum(-1), { tolerance: 1e-15 });
    await expectClose(utilityKl(matchingSst(), at), gumbelKl(at).sum([1, 2]), { tolerance: 1e-15 });
    await expectClose(utilityKl(bernoulliSst(), at), logisticKl(at).sum(-1), { tolerance: 1e-15 });
    expect(utilityKl(matchingSst(), at).shape).toEqual([2]);
  });

  it("agrees with finite differences to second order, across 0 and the seam of the series", async () => {
    const theta = tensor(Float64Array.of(-2.3, -0.31, -0.2, 0.05, 0.28, 0.4, 1.7));
    await checkGradient((x) => gumbelKl(x).sum(), theta, { order: 2 });
    await checkGradient((x) => logisticKl(x).sum(), theta, { order: 2 });
  });

  it("says what is wrong", () => {
    const whole = tensor(new Int32Array(2)) as never;
    expect(() => gumbelKl(whole)).toThrow("gumbelKl: theta is i32 but must be f32 or f64; cast it");
    expect(() => logisticKl(whole)).toThrow("logisticKl: theta is i32 but must be f32 or f64; cast it");
    expect(() => utilityKl(matchingSst(), tensor(new Float64Array(2)))).toThrow(
      "utilityKl: theta has shape [2] but must have two last axes of at least one utility",
    );
    expect(() => utilityKl(categoricalSst(), tensor(Float64Array.of(0, Infinity)))).toThrow(
      "utilityKl: theta holds Infinity at 1 but must hold finite numbers",
    );
  });
});
