import { arange, randomKey, stack } from "cotangent";
import { aliasSampler, rejectingSampler } from "cotangent/methods/sampling";
import { expectation, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { frequenciesOf } from "./support/frequencies.js";
import { ids } from "./support/one-row.js";

describe("rejectingSampler", () => {
  law("draws with the probabilities that it claims", simplex(4), fc.integer({ min: 1, max: 3 }), async (q, rounds) => {
    for (const label of [0, 3]) {
      const sampler = rejectingSampler(aliasSampler({ probabilities: q }), ids(label), rounds);
      const claimed = await sampler.logProbability(stack([arange(4)]), { dtype: "f64" }).data();
      const drawn = await expectation((key) => frequenciesOf(sampler.draw(key, [1, 1]), 4), randomKey(0));
      await expectClose(drawn, claimed.map(Math.exp), { tolerance: 1e-13 });
    }
  });

  law("tends to the law given that the label is missed", simplex(4, 0.1), async (q) => {
    const sampler = rejectingSampler(aliasSampler({ probabilities: q }), ids(1), 300);
    const logs = await sampler.logProbability(stack([ids(0, 2, 3)]), { dtype: "f64" }).data();
    await expectClose(
      logs.map(Math.exp),
      [0, 2, 3].map((j) => q[j] / (1 - q[1])),
      { tolerance: 1e-12 },
    );
  });

  it("stays finite where the label is all that is drawn", async () => {
    const sampler = rejectingSampler(aliasSampler({ weights: [1, 0] }), ids(0), 16);
    expect([...(await sampler.logProbability(stack([ids(0, 1)])).data())]).toEqual([0, -Infinity]);
  });

  it("names what is wrong", () => {
    const sampler = aliasSampler({ weights: [1, 1] });
    expect(() => rejectingSampler(sampler, ids(0), 0)).toThrow(
      "rejectingSampler: rounds is 0 but must be a whole number ≥ 1",
    );
    expect(() => rejectingSampler(sampler, ids(2), 1)).toThrow(
      "rejectingSampler: labels holds 2 at 0 but must be in [0, 2)",
    );
    expect(() => rejectingSampler(sampler, stack([ids(0)]), 1)).toThrow(
      "rejectingSampler: labels has shape [1, 1] but must have 1 axis",
    );
    expect(() => rejectingSampler(sampler, ids(0), 1).draw(randomKey(0), 4)).toThrow(
      "rejectingSampler: the shape is [4] but must start with 1, a row for each label",
    );
  });
});
