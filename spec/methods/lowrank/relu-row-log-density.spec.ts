import { logSigmoid, type Tensor, tensor } from "cotangent";
import { reluRowLogDensity, reluRowLogLikelihood } from "cotangent/methods/lowrank";
import { checkGradient, distinctFloats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const rows = distinctFloats([4], 0.2);
const logDensity = (b: Tensor) => logSigmoid(b).add(logSigmoid(b.neg()));
const options = { logDensity, logCdf: logSigmoid };
const through = (x: Float64Array, b: number) => x.map((value) => Math.max(0, value + b));

describe("reluRowLogDensity", () => {
  law(
    "is the density of the bias that made the row, or the chance that none was positive",
    rows,
    numbers(),
    async (x, b) => {
      const y = through(x, b);
      const expected = y.some((value) => value > 0)
        ? -b - 2 * Math.log1p(Math.exp(-b))
        : -Math.log1p(Math.exp(Math.max(...x)));
      await expectClose(reluRowLogDensity(tensor(x), tensor(y), options), [expected], { tolerance: 1e-12 });
    },
  );

  law("is −∞ where positives imply different biases, or a zero should have been positive", rows, async (x) => {
    const y = through(x, 10);
    const other = y.map((value, i) => (i === 2 ? value + 1e-6 : value));
    await expectClose(reluRowLogDensity(tensor(x), tensor(other), options), [Number.NEGATIVE_INFINITY]);
    const hidden = y.map((value, i) => (i === 1 ? 0 : value));
    await expectClose(reluRowLogDensity(tensor(x), tensor(hidden), options), [Number.NEGATIVE_INFINITY]);
    const loose = reluRowLogDensity(tensor(x), tensor(other), { ...options, tolerance: 1e-5 });
    expect(Number.isFinite(await loose.item())).toBe(true);
  });

  it("integrates over the biases of a split to that split's likelihood", async () => {
    const x = new Float64Array([0.3, -1.2, 1.1, 0.4]); // positive at 2 and 3: b in (−0.4, −0.3]
    const [from, to, steps] = [-0.4, -0.3, 200];
    let sum = 0;
    for (let i = 0; i < steps; i++) {
      const b = from + ((i + 0.5) / steps) * (to - from);
      sum +=
        (Math.exp(await reluRowLogDensity(tensor(x), tensor(through(x, b)), options).item()) * (to - from)) / steps;
    }
    const likelihood = reluRowLogLikelihood(tensor(x), tensor([false, false, true, true]), logSigmoid);
    // The midpoint rule in 200 steps is good to (to − from)³/200²/24 of a second derivative below 1.
    await expectClose([sum], [Math.exp(await likelihood.item())], { tolerance: 1e-9 });
  });

  law(
    "agrees with central differences to second order, all biases moved together",
    rows,
    numbers({ min: -1, max: 3 }),
    async (x, b) => {
      const y = through(x, b);
      const value = (shift: Tensor) => reluRowLogDensity(tensor(x).add(shift), tensor(y), options).sum();
      if (x.some((value) => Math.abs(value + b) < 0.2)) return; // next to a threshold it jumps
      await checkGradient(value, tensor(new Float64Array([0])), { order: 2 });
    },
  );

  it("names what is wrong", () => {
    const x = tensor(new Float64Array([1, 2]));
    const call =
      (y: Tensor, more = {}) =>
      () =>
        reluRowLogDensity(x, y, { ...options, ...more });
    expect(call(tensor(new Float64Array([1])))).toThrow("reluRowLogDensity: y has shape [1] but must match x, [2]");
    expect(call(tensor([1, 2]))).toThrow("reluRowLogDensity: y is f32 but must match x, f64; cast one of them");
    expect(call(tensor(new Float64Array([1, -1])))).toThrow("reluRowLogDensity: y holds -1 but must hold numbers ≥ 0");
    expect(call(tensor(new Float64Array([Number.NaN, 1])))).toThrow(
      "reluRowLogDensity: y holds NaN but must hold numbers ≥ 0",
    );
    expect(call(x, { tolerance: -1 })).toThrow("reluRowLogDensity: tolerance is -1 but must be a finite number ≥ 0");
  });
});
