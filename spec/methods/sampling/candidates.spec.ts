import { randomKey, valueAndGrad, zeros } from "cotangent";
import {
  aliasSampler,
  independentCandidates,
  logUniformSampler,
  type Sampler,
  sampledSoftmaxLoss,
  uniformSampler,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { ids } from "./support/one-row.js";
import { operations } from "./support/operations.js";

const like = { dtype: "f64" } as const;

describe("independentCandidates", () => {
  it("expects each class m · q times", async () => {
    const sampler = aliasSampler({ probabilities: [0.5, 0.25, 0.25] });
    const {
      ids: drawn,
      logExpectedCount,
      logExpectedCountOf,
    } = independentCandidates(sampler, 1).candidates(randomKey(0), [2, 4], like);
    const counts = Array.from(await drawn.data(), (j) => Math.log(4 * [0.5, 0.25, 0.25][j]));
    await expectClose(logExpectedCount, counts);
    await expectClose(logExpectedCountOf!(ids(2, 0)), [0, Math.log(2)]);
  });

  it("leaves labels out exactly where the sampler can, else within the rounds", async () => {
    const label = ids(1);
    const [exact, rejecting] = [uniformSampler({ classes: 3 }), aliasSampler({ weights: [1, 1, 1] })].map((sampler) =>
      independentCandidates(sampler, 2).candidates(randomKey(0), [1, 40], like, label),
    );
    expect(await exact.ids.data()).not.toContain(1);
    await expectClose(exact.logExpectedCount, Array(40).fill(Math.log(20)));
    const rest = (await rejecting.ids.data()).map((id) => (id === 1 ? 1 : 0));
    await expectClose(
      rejecting.logExpectedCount,
      Array.from(rest, (hit) => Math.log(40 * (hit ? 1 / 9 : 4 / 9))),
    );
  });

  it("knows what the sampler never draws", () => {
    expect(independentCandidates(aliasSampler({ weights: [1, 0, 2] }), 1)).toMatchObject({ classes: 3, missing: [1] });
    expect(independentCandidates(uniformSampler({ classes: 4 }), 1).missing).toBeUndefined();
  });
});

describe("a step of sampledSoftmaxLoss", () => {
  it("costs the same at 1 000 and at 100 000 classes", () => {
    const cost = (sampler: Sampler) => {
      const table = { weights: zeros([sampler.classes, 8]), bias: zeros([sampler.classes]) };
      const labels = ids(...Array.from({ length: 4 }, (_, i) => i));
      const loss = (t: typeof table) =>
        sampledSoftmaxLoss(zeros([4, 8]).add(1), t, labels, sampler, randomKey(0), {
          negatives: 16,
          reduction: "mean",
        });
      const { value, grad } = valueAndGrad(loss)(table);
      return operations([value, grad.weights, grad.bias]);
    };
    const makers = [
      (classes: number) => uniformSampler({ classes }),
      (classes: number) => logUniformSampler({ classes }),
      (classes: number) => aliasSampler({ weights: new Float64Array(classes).fill(1) }),
    ];
    for (const make of makers) {
      const small = cost(make(1000));
      expect(small).toBeGreaterThan(16 * 8);
      expect(cost(make(100_000))).toBe(small);
    }
  });
});
