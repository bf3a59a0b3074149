import { randomKey, type Tensor, zeros } from "cotangent";
import { aliasSampler, uniformSampler, withinBatchNegatives } from "cotangent/methods/sampling";
import { ids as idLists, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { ids } from "./support/one-row.js";

const key = randomKey(1);
const like = { dtype: "f64" } as const;

describe("withinBatchNegatives", () => {
  law(
    "gives every row as many labels of other rows, each expected m·π times",
    fc
      .integer({ min: 2, max: 5 })
      .chain((batch) => fc.tuple(idLists(batch, 3), fc.integer({ min: 1, max: batch - 1 }))),
    simplex(3, 0.05),
    async ([labels, m], priors) => {
      const batch = labels.length;
      const sampler = withinBatchNegatives(ids(...labels), aliasSampler({ probabilities: priors }));
      const drawn = sampler.candidates(key, [batch, m], like);
      const found = await drawn.ids.data();
      for (let row = 0; row < batch; row++) {
        const others = Array.from({ length: m }, (_, i) => labels[(row + 1 + i) % batch]);
        expect([...found.slice(row * m, (row + 1) * m)]).toEqual(others);
      }
      await expectClose(
        drawn.logExpectedCount,
        Array.from(found, (id) => Math.log(m * priors[id])),
      );
      await expectClose(
        drawn.logExpectedCountOf!(ids(0, 1, 2)),
        priors.map((prior) => Math.log(m * prior)),
      );
    },
  );

  it("gives the whole batch where rows share it, B − 1 of them drawn", async () => {
    const sampler = withinBatchNegatives(ids(0, 2, 2), aliasSampler({ weights: [1, 1, 2] }));
    const drawn = sampler.candidates(key, [3], like);
    expect([...(await drawn.ids.data())]).toEqual([0, 2, 2]);
    await expectClose(drawn.logExpectedCount, [Math.log(0.5), 0, 0]);
  });

  it("names what is wrong", () => {
    const three = uniformSampler({ classes: 3 });
    expect(() => withinBatchNegatives(ids(0), three)).toThrow(
      "withinBatchNegatives: labels has 1 row but must have at least 2; each needs another",
    );
    expect(() => withinBatchNegatives(ids(0, 3), three)).toThrow(
      "withinBatchNegatives: labels holds 3 at 1 but must be in [0, 3)",
    );
    expect(() => withinBatchNegatives(zeros([2]) as unknown as Tensor<"i32">, three)).toThrow(
      "withinBatchNegatives: labels is f32 but must be i32; cast it",
    );
    expect(() => withinBatchNegatives(ids(0, 1).reshape([2, 1]), three)).toThrow(
      "withinBatchNegatives: labels has shape [2, 1] but must have 1 axis",
    );
    expect(() => withinBatchNegatives(ids(0, 1), aliasSampler({ weights: [1, 0, 1] }))).toThrow(
      "withinBatchNegatives: priors is 0 for the label at 1 but must be above 0 for every class that occurs",
    );
    const sampler = withinBatchNegatives(ids(0, 1), three);
    for (const shape of [[3], [2, 2], [2, 0], [3, 1], [2, 1, 1]]) {
      expect(() => sampler.candidates(key, shape, like)).toThrow(
        `withinBatchNegatives: the shape of candidates is [${shape.join(", ")}] but must be [2] or [2, m] with m in [1, 1], other rows of the batch`,
      );
    }
  });
});
