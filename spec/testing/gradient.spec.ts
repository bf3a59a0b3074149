import { choice, gather, logSumExp, randomInt, randomKey, stopGradient, type Tensor, tensor } from "cotangent";
import { checkGradient, expectation, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";

const softmaxLoss = (t: Tensor) => logSumExp(t).sub(t.mul(t).sum().mul(0.3));

describe("checkGradient", () => {
  law("accepts a right gradient to second order", floats([5]), async (x) => {
    await checkGradient(softmaxLoss, tensor(x), { order: 2 });
  });
  it("rejects a detached factor", async () => {
    const x = tensor(new Float64Array([0.3, -1]));
    await expect(checkGradient((t) => t.mul(stopGradient(t)).sum(), x)).rejects.toThrow("the gradient is wrong");
  });
});

describe("expectation", () => {
  law("of a gathered element is the mean", floats([4]), async (x) => {
    const mean = await expectation((key) => gather(tensor(x), randomInt(key, [2], 4)).sum(), randomKey(3));
    await expectClose(mean, [(x.reduce((a, b) => a + b) / 4) * 2]);
  });
  it("without replacement", async () => {
    const w = tensor(new Float64Array([1, 2, 3]));
    const x = tensor(new Float64Array([10, 20, 30]));
    const [first] = await expectation((key) => gather(x, choice(key, w, 3, { replace: false })).sum(), randomKey(3));
    expect(first).toBeCloseTo(60, 10);
  });
});
