import { randomKey, tensor } from "cotangent";
import { uniformSampler } from "cotangent/methods/sampling";
import { expectation } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../../src/testing/check-sampler.js";
import { expectClose } from "../../support/close.js";
import { frequenciesOf } from "./support/frequencies.js";
import { ids } from "./support/one-row.js";

describe("uniformSampler", () => {
  it("draws all classes alike, and says so", async () => {
    const sampler = uniformSampler({ classes: 50 });
    const draws = sampler.draw(randomKey(1), 20_000);
    const logProbabilities = await sampler.logProbability(draws, { dtype: "f64" }).data();
    checkSampler({ draws: await draws.data(), probabilities: Array(50).fill(0.02), logProbabilities });
  });

  it("without a class draws all others alike, in each row its own", async () => {
    const sampler = uniformSampler({ classes: 5 }).without!(ids(0, 2, 4));
    const expected = [0, 2, 4].flatMap((label) => Array.from({ length: 5 }, (_, j) => (j === label ? 0 : 0.25)));
    await expectClose(await expectation((key) => frequenciesOf(sampler.draw(key, [3, 1]), 5), randomKey(0)), expected);
    const every = tensor(
      Int32Array.from({ length: 15 }, (_, i) => i % 5),
      { shape: [3, 5] },
    );
    const logs = await sampler.logProbability(every, { dtype: "f64" }).data();
    await expectClose(logs.map(Math.exp), expected);
  });

  it("is NaN for ids on a device that are no classes", async () => {
    const outside = ids(0, 1).add(1);
    await expectClose(uniformSampler({ classes: 2 }).logProbability(outside, { dtype: "f64" }), [
      -Math.log(2),
      Number.NaN,
    ]);
  });

  it("names what is wrong", () => {
    expect(() => uniformSampler({ classes: 1 })).toThrow("uniformSampler: classes is 1 but must be a whole number ≥ 2");
    const sampler = uniformSampler({ classes: 3 });
    expect(() => sampler.draw(randomKey(0), 0)).toThrow("uniformSampler: count is 0 but must be a whole number ≥ 1");
    expect(() => sampler.logProbability(ids(1, 3))).toThrow("uniformSampler: ids holds 3 at 1 but must be in [0, 3)");
    expect(() => sampler.without!(ids(-1))).toThrow("uniformSampler: labels holds -1 at 0 but must be in [0, 3)");
    expect(() => sampler.without!(ids(0)).logProbability(ids(3))).toThrow(
      "uniformSampler: ids holds 3 at 0 but must be in [0, 3)",
    );
    expect(() => sampler.without!(ids(0, 1)).draw(randomKey(0), [3, 2])).toThrow(
      "uniformSampler: the shape is [3, 2] but must start with 2, a row for each label",
    );
  });
});
