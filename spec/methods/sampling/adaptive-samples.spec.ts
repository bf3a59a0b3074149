import { grad, randomKey, type Tensor, tensor } from "cotangent";
import { adaptiveSamples, aliasSampler, selfNormalizedSoftmax, uniformSampler } from "cotangent/methods/sampling";
import { numbers, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { partition } from "./support/one-row.js";

const scores = Float64Array.of(2, 0, 1, -1, 0.5, 0.1, 0.2, -0.3);
const table = { weights: tensor(scores, { shape: [8, 1] }) };
const hidden = tensor(new Float64Array([1, 1]), { shape: [2, 1] });

describe("adaptiveSamples", () => {
  law("stops when (Σ w)² / Σ w² reaches the target", seeds, numbers({ min: 1.1, max: 6 }), async (seed, target) => {
    const sampler = uniformSampler({ classes: 8 });
    const drawn: number[] = [];
    let size = 0;
    for (let block = 0; block < 4 && size < target; block++) {
      drawn.push(...(await sampler.draw(randomKey(seed).at(block), 2).data()));
      const w = drawn.map((id) => Math.exp(scores[id]));
      size = w.reduce((a, b) => a + b) ** 2 / w.reduce((a, b) => a + b * b, 0);
    }
    const found = await adaptiveSamples(hidden, table, sampler, randomKey(seed), { target, block: 2 });
    expect(found.isFull).toBe(size < target);
    expect([...(await found.ids.data())]).toEqual(found.isFull ? [0, 1, 2, 3, 4, 5, 6, 7] : drawn);
    found.ids.dispose();
    found.logProbability.dispose();
  });

  it("stops at the first block that is worth enough", async () => {
    const exact = aliasSampler({ weights: scores.map(Math.exp) }); // each sample counts in full
    const { ids, logProbability, isFull } = await adaptiveSamples(hidden, table, exact, randomKey(1), {
      target: 3.5,
      block: 2,
    });
    expect(isFull).toBe(false);
    expect(ids.shape).toEqual([4]);
    await expectClose(logProbability, exact.logProbability(ids, hidden));
    const drawn = await ids.data();
    expect([...drawn.slice(0, 2)]).not.toEqual([...drawn.slice(2)]); // each block has its own key
    ids.dispose();
    logProbability.dispose();
    const most = await adaptiveSamples(hidden, table, exact, randomKey(1), { target: 7.5, block: 4 });
    expect(most.isFull).toBe(false); // as many draws as classes, and no more
    expect(most.ids.shape).toEqual([8]);
    most.ids.dispose();
    most.logProbability.dispose();
  });

  it("asks of every row that its samples are worth enough", async () => {
    const rows = tensor(new Float64Array([0, 30]), { shape: [2, 1] }); // the second row's softmax has one class
    const sampler = uniformSampler({ classes: 8 });
    const { ids, logProbability, isFull } = await adaptiveSamples(rows, table, sampler, randomKey(1), {
      target: 3,
      block: 4,
    });
    expect(isFull).toBe(true);
    ids.dispose();
    logProbability.dispose();
  });

  it("falls back to all classes, and then to the full gradient", async () => {
    const sampler = uniformSampler({ classes: 8 });
    const { ids, logProbability, isFull } = await adaptiveSamples(hidden, table, sampler, randomKey(1), {
      target: 8.5,
      block: 3,
    });
    expect(isFull).toBe(true);
    expect([...(await ids.data())]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const surrogate = (o: Tensor) =>
      selfNormalizedSoftmax(tensor(Float64Array.of(0)), o, logProbability).surrogate.sum();
    await expectClose(
      grad(surrogate)(tensor(scores, { shape: [1, 8] })),
      scores.map((o) => Math.exp(o) / partition(scores)),
    );
    ids.dispose();
    logProbability.dispose();
  });

  it("names what is wrong", async () => {
    const call = (options: Parameters<typeof adaptiveSamples>[4], classes = 8) =>
      adaptiveSamples(hidden, table, uniformSampler({ classes }), randomKey(0), options);
    await expect(call({ target: 0 })).rejects.toThrow("adaptiveSamples: target is 0 but must be a finite number > 0");
    await expect(call({ target: 1, block: 0 })).rejects.toThrow(
      "adaptiveSamples: block is 0 but must be a whole number ≥ 1",
    );
    await expect(call({ target: 1 }, 9)).rejects.toThrow(
      "adaptiveSamples: sampler has 9 classes but must have 8, as weights has",
    );
  });
});
