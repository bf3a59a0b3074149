import { grad, type Tensor, tensor } from "cotangent";
import { learnedBaselineLoss, leaveOneOutBaseline, movingAverageBaseline } from "cotangent/methods/generative";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";

const f64 = (...values: number[]) => tensor(Float64Array.from(values));

describe("leaveOneOutBaseline", () => {
  law("is the mean of the other samples", floats([4, 3]), async (losses) => {
    const expected = losses.map((_, at) => {
      const others = [0, 1, 2, 3].filter((s) => s !== Math.floor(at / 3)).map((s) => losses[3 * s + (at % 3)]);
      return others.reduce((a, b) => a + b) / 3;
    });
    await expectClose(leaveOneOutBaseline(tensor(losses, { shape: [4, 3] })), expected, { tolerance: 1e-14 });
  });

  it("does not depend on a sample's own loss, and carries no gradient", async () => {
    const [first] = await leaveOneOutBaseline(f64(1, 5, 6)).data();
    const [again] = await leaveOneOutBaseline(f64(99, 5, 6)).data();
    expect(first).toBe(5.5);
    expect(again).toBe(5.5);
    await expectClose(grad((x: Tensor) => leaveOneOutBaseline(x).sum())(f64(1, 2)), [0, 0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    expect(() => leaveOneOutBaseline(f64(1))).toThrow(
      "leaveOneOutBaseline: losses has shape [1] but must have at least 2 samples on its first axis",
    );
    expect(() => leaveOneOutBaseline(tensor(Float64Array.of(1), { shape: [] }))).toThrow(
      "leaveOneOutBaseline: losses has shape [] but must have at least 2 samples on its first axis",
    );
    expect(() => leaveOneOutBaseline(tensor(new Int32Array(2)) as never)).toThrow(
      "leaveOneOutBaseline: losses is i32 but must be f32 or f64; cast it",
    );
  });
});

describe("movingAverageBaseline", () => {
  law("weights losses by their age, normalized", floats([5]), numbers({ min: 0, max: 0.99 }), async (losses, decay) => {
    const baseline = movingAverageBaseline({ decay });
    let state = baseline.init(f64(0));
    await expectClose(baseline.value(state), [0], { tolerance: 0 });
    for (const loss of losses) state = baseline.update(state, f64(loss - 1, loss + 1));
    const weights = losses.map((_, i) => decay ** (4 - i));
    const total = weights.reduce((a, b) => a + b);
    const expected = losses.reduce((sum, loss, i) => sum + (loss * weights[i]) / total, 0);
    await expectClose(baseline.value(state), [expected], { tolerance: 1e-13 });
  });

  it("forgets a tenth at a step by default, and carries no gradient", async () => {
    const baseline = movingAverageBaseline();
    const state = baseline.update(baseline.update(baseline.init(f64(0)), f64(1)), f64(2));
    await expectClose(baseline.value(state), [(0.9 + 2) / 1.9], { tolerance: 1e-15 });
    const through = (x: Tensor) => baseline.value(baseline.update(baseline.init(x), x));
    await expectClose(grad(through)(f64(3)), [0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    for (const decay of [-0.1, 1, Number.NaN]) {
      expect(() => movingAverageBaseline({ decay })).toThrow(
        `movingAverageBaseline: decay is ${decay} but must be in [0, 1)`,
      );
    }
  });
});

describe("learnedBaselineLoss", () => {
  law("is least at the mean of the losses", floats([6]), async (losses) => {
    const loss = (x: Tensor) => learnedBaselineLoss(tensor(losses), x.mul(tensor(new Float64Array(6).fill(1)))).sum();
    const mean = losses.reduce((a, b) => a + b) / 6;
    await expectClose(grad(loss)(tensor(Float64Array.of(mean), { shape: [] })), [0], { tolerance: 1e-13 });
    await checkGradient(loss, tensor(Float64Array.of(mean + 1), { shape: [] }));
  });

  it("takes no gradient to the losses", async () => {
    const f = (losses: Tensor) => learnedBaselineLoss(losses, f64(0, 1)).sum();
    await expectClose(grad(f)(f64(2, 3)), [0, 0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    expect(() => learnedBaselineLoss(f64(1, 2), f64(1))).toThrow(
      "learnedBaselineLoss: predictions has shape [1] but must match losses, [2]",
    );
    expect(() => learnedBaselineLoss(f64(1), tensor([1]))).toThrow(
      "learnedBaselineLoss: predictions is f32 but must match losses, f64; cast one of them",
    );
    const whole = tensor(new Int32Array(2)) as never;
    expect(() => learnedBaselineLoss(whole, whole)).toThrow(
      "learnedBaselineLoss: losses is i32 but must be f32 or f64; cast it",
    );
  });
});

finiteAtExtremes(
  "learnedBaselineLoss",
  (x) => learnedBaselineLoss(extreme.beside(x, Array(SIZE).fill(-1e4)), x.max(1)),
  { degree: 2 },
);
