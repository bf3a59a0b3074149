import { cpu, grad, type Tensor, tensor } from "cotangent";
import { approximateLabels, softConfusionMatrix } from "cotangent/methods/classification";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";
import { binaryBatches, labelsOf, probabilitiesOf } from "./support/binary-batches.js";

const shares = floats([4], { min: 0, max: 1 });
const slopes = numbers({ min: 1, max: 100 });

describe("approximateLabels", () => {
  law("is a steep sigmoid about ½, odd and rising", shares, slopes, async (p, steepness) => {
    const at = (values: Float64Array) => approximateLabels(tensor(values), { steepness });
    const found = await at(p).data();
    await expectClose(
      found,
      p.map((x) => 1 / (1 + Math.exp(-steepness * (x - 0.5)))),
      { tolerance: 1e-13 },
    );
    await expectClose(
      at(p.map((x) => 1 - x)),
      found.map((a) => 1 - a),
      { tolerance: 1e-13 },
    );
    const [sorted, byValue] = [p.slice().sort(), await at(p.slice().sort()).data()];
    sorted.forEach((_, i) => {
      if (i > 0) expect(byValue[i]).toBeGreaterThanOrEqual(byValue[i - 1]);
    });
    const slope = grad((x: Tensor) => approximateLabels(x, { steepness }).sum())(tensor(p));
    await expectClose(
      slope,
      found.map((a) => steepness * a * (1 - a)),
      { tolerance: 1e-11 },
    );
    p.forEach((x, i) => {
      expect(Math.abs(found[i] - Number(x > 0.5))).toBeLessThanOrEqual(
        Math.exp(-steepness * Math.abs(x - 0.5)) + 1e-15,
      );
    });
  });

  it("is ½ at ½ with L = 73 by default, and names what is wrong", async () => {
    await expectClose(approximateLabels(tensor(Float64Array.of(0.5, 0.51))), [0.5, 1 / (1 + Math.exp(-0.73))], {
      tolerance: 1e-14,
    });
    expect(() => approximateLabels(tensor([0.5, 1.5]))).toThrow(
      "approximateLabels: probabilities holds 1.5 at 1 but must be in [0, 1]",
    );
    expect(() => approximateLabels(tensor([0.5]), { steepness: 0 })).toThrow(
      "approximateLabels: steepness is 0 but must be a finite number > 0",
    );
  });
});

describe("softConfusionMatrix", () => {
  law("counts every example once", binaryBatches(), slopes, async (batch, steepness) => {
    const counts = softConfusionMatrix(probabilitiesOf(batch), labelsOf(batch), { steepness });
    const positives = batch.y.reduce((sum, y) => sum + y, 0);
    const n = batch.y.length;
    await expectClose(counts.truePositives.add(counts.falseNegatives), [positives], { tolerance: 1e-13 });
    await expectClose(counts.falsePositives.add(counts.trueNegatives), [n - positives], { tolerance: 1e-13 });
    for (const count of Object.values(counts)) {
      const value = await count.item();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(n);
    }
  });

  law("becomes the matrix at threshold ½ as L grows", binaryBatches(0.01), async (batch) => {
    const counts = softConfusionMatrix(probabilitiesOf(batch), labelsOf(batch), { steepness: 1e5 });
    const count = (label: number, guess: boolean) =>
      batch.y.reduce((sum, y, i) => sum + Number(y === label && batch.p[i] > 0.5 === guess), 0);
    await expectClose(counts.truePositives, [count(1, true)], { tolerance: 1e-12 });
    await expectClose(counts.falseNegatives, [count(1, false)], { tolerance: 1e-12 });
    await expectClose(counts.falsePositives, [count(0, true)], { tolerance: 1e-12 });
    await expectClose(counts.trueNegatives, [count(0, false)], { tolerance: 1e-12 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const { truePositives, falsePositives } = softConfusionMatrix(
        tensor([0.48, 0.51, 0.5, 0.9], place),
        tensor(Int32Array.of(1, 0, 1, 0), place),
      );
      return truePositives.add(falsePositives.mul(2));
    };
    const expected = await on({ backend: cpu() }).data();
    await expectClose(on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
  });

  it("names what is wrong", () => {
    const [p, y] = [tensor([0.5, 0.5]), tensor(Int32Array.of(0, 1))];
    expect(() => softConfusionMatrix(p, tensor(Int32Array.of(0, 2)))).toThrow(
      "softConfusionMatrix: labels holds 2 at 1 but must be 0 or 1",
    );
    expect(() => softConfusionMatrix(p, tensor(Int32Array.of(0)))).toThrow(
      "softConfusionMatrix: labels has shape [1] but must match probabilities, [2]",
    );
    expect(() => softConfusionMatrix(tensor(new Float32Array(0)), tensor(new Int32Array(0)))).toThrow(
      "softConfusionMatrix: probabilities has shape [0] but must have an example",
    );
    expect(() => softConfusionMatrix(tensor([-0.5, 0.5]), y)).toThrow(
      "softConfusionMatrix: probabilities holds -0.5 at 0 but must be in [0, 1]",
    );
  });
});
