import { arange, oneHot, randomKey, tensor } from "cotangent";
import { logUniformSampler } from "cotangent/methods/sampling";
import { expectation } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../../src/testing/check-sampler.js";
import { expectClose } from "../../support/close.js";
import { ids, sumOf } from "./support/one-row.js";

const law = (classes: number) =>
  Float64Array.from({ length: classes }, (_, j) => Math.log((j + 2) / (j + 1)) / Math.log(classes + 1));

describe("logUniformSampler", () => {
  it("has Zipf's law, which adds up to 1", async () => {
    for (const classes of [2, 7, 1000]) {
      const logs = await logUniformSampler({ classes }).logProbability(arange(classes), { dtype: "f64" }).data();
      await expectClose(logs, law(classes).map(Math.log), { tolerance: 1e-13 });
      expect(sumOf(logs.map(Math.exp))).toBeCloseTo(1, 13);
    }
    const rare = logUniformSampler({ classes: 1e7 }).logProbability(ids(9_999_999));
    await expectClose(rare, [Math.log(Math.log1p(1e-7) / Math.log(1e7 + 1))], { tolerance: 1e-6 }); // f32
  });

  it("draws what it says", async () => {
    for (const classes of [2, 40, 3000]) {
      const sampler = logUniformSampler({ classes });
      const draws = sampler.draw(randomKey(classes), 20_000);
      const logProbabilities = await sampler.logProbability(draws, { dtype: "f64" }).data();
      checkSampler({ draws: await draws.data(), probabilities: law(classes), logProbabilities });
    }
  });

  it("without a class draws the others as it says", async () => {
    const classes = 6;
    for (const label of [0, 3, 5]) {
      const sampler = logUniformSampler({ classes }).without!(ids(label));
      const rest = 1 - law(classes)[label];
      const probabilities = law(classes).map((q, j) => (j === label ? 0 : q / rest));
      const draws = sampler.draw(randomKey(label), [1, 20_000]);
      const logProbabilities = await sampler.logProbability(draws, { dtype: "f64" }).data();
      checkSampler({ draws: await draws.data(), probabilities, logProbabilities });
      const logOfLabel = sampler.logProbability(tensor(Int32Array.of(label), { shape: [1, 1] }));
      expect(await logOfLabel.item()).toBe(-Infinity);
    }
  });

  it("says to whoever enumerates its draws by which law they are drawn", async () => {
    const classes = 5;
    const whole = logUniformSampler({ classes });
    const mean = (sampler: { draw: typeof whole.draw }) =>
      expectation((key) => oneHot(sampler.draw(key, [1, 1]), classes, "f64"), randomKey(1));
    await expectClose(await mean(whole), law(classes), { tolerance: 1e-12 });
    for (const label of [0, 2, 4]) {
      const rest = 1 - law(classes)[label];
      const others = law(classes).map((q, j) => (j === label ? 0 : q / rest));
      await expectClose(await mean(whole.without!(ids(label))), others, { tolerance: 1e-12 });
    }
  });

  it("is NaN for ids on a device that are no classes", async () => {
    const [inside, outside] = await logUniformSampler({ classes: 2 }).logProbability(ids(0, 1).add(1)).data();
    expect(inside).toBeLessThan(0);
    expect(outside).toBeNaN();
  });

  it("names what is wrong", () => {
    expect(() => logUniformSampler({ classes: 1 })).toThrow(
      "logUniformSampler: classes is 1 but must be a whole number ≥ 2",
    );
    const sampler = logUniformSampler({ classes: 3 });
    expect(() => sampler.draw(randomKey(0), [0])).toThrow(
      "logUniformSampler: count is 0 but must be a whole number ≥ 1",
    );
    expect(() => sampler.logProbability(ids(3))).toThrow("logUniformSampler: ids holds 3 at 0 but must be in [0, 3)");
    expect(() => sampler.without!(ids(3))).toThrow("logUniformSampler: labels holds 3 at 0 but must be in [0, 3)");
  });
});
