import { arange, randomKey } from "cotangent";
import { aliasSampler, unigramPower } from "cotangent/methods/sampling";
import { expectation, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../../src/testing/check-sampler.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { frequenciesOf } from "./support/frequencies.js";
import { ids } from "./support/one-row.js";

describe("aliasSampler", () => {
  law("draws each class with its probability, to rounding", simplex(5, 0), async (probabilities) => {
    const sampler = aliasSampler({ probabilities });
    const drawn = await expectation((key) => frequenciesOf(sampler.draw(key, [1, 1]), 5), randomKey(0));
    await expectClose(drawn, probabilities, { tolerance: 1e-14 });
    await expectClose(sampler.logProbability(arange(5), { dtype: "f64" }), probabilities.map(Math.log), {
      tolerance: 1e-12,
    });
  });

  it("draws independently, at many classes", async () => {
    const counts = Array.from({ length: 2000 }, (_, j) => Math.ceil(5000 / (j + 1)));
    const probabilities = unigramPower(counts);
    const sampler = aliasSampler({ probabilities });
    const draws = sampler.draw(randomKey(4), [20, 2000]);
    const logProbabilities = await sampler.logProbability(draws, { dtype: "f64" }).data();
    checkSampler({ draws: await draws.data(), probabilities, logProbabilities });
  });

  it("takes weights on any scale", async () => {
    for (const scale of [1e-300, 1, 1e307]) {
      const sampler = aliasSampler({ weights: [scale, 3 * scale] });
      await expectClose(sampler.logProbability(ids(0, 1), { dtype: "f64" }), [Math.log(0.25), Math.log(0.75)]);
    }
  });

  it("knows the classes that it never draws", async () => {
    const sampler = aliasSampler({ weights: [0, 2, 0, 1] });
    expect(sampler.missing).toEqual([0, 2]);
    expect(aliasSampler({ weights: [1, 2] }).missing).toBeUndefined();
    expect(await sampler.logProbability(ids(0)).item()).toBe(-Infinity);
    expect((await sampler.draw(randomKey(1), 500).data()).every((id) => id === 1 || id === 3)).toBe(true);
  });

  it("gives log-probabilities in the dtype asked for, f32 if none is", () => {
    const sampler = aliasSampler({ weights: [1, 2] });
    expect(sampler.logProbability(ids(0)).dtype).toBe("f32");
    expect(sampler.logProbability(ids(0), { dtype: "f64" }).dtype).toBe("f64");
  });

  it("names what is wrong", () => {
    expect(() => aliasSampler({ weights: [1] })).toThrow(
      "aliasSampler: weights has 1 classes but must have at least 2",
    );
    expect(() => aliasSampler({ weights: [1, -1] })).toThrow(
      "aliasSampler: weights[1] is -1 but must be a finite number ≥ 0",
    );
    expect(() => aliasSampler({ probabilities: [1, Number.NaN] })).toThrow(
      "aliasSampler: probabilities[1] is NaN but must be a finite number ≥ 0",
    );
    expect(() => aliasSampler({ weights: [0, 0] })).toThrow(
      "aliasSampler: weights is 0 everywhere but must have a class above 0",
    );
    expect(() => aliasSampler({ probabilities: [0.5, 0.25] })).toThrow(
      "aliasSampler: probabilities adds up to 0.75 but must add up to 1; pass weights if it is meant",
    );
    expect(() => aliasSampler({ weights: [1, 1] }).logProbability(ids(2))).toThrow(
      "aliasSampler: ids holds 2 at 0 but must be in [0, 2)",
    );
    expect(() => aliasSampler({ weights: [1, 1] }).draw(randomKey(0), 0)).toThrow(
      "aliasSampler: count is 0 but must be a whole number ≥ 1",
    );
  });
});
