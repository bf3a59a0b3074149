import { randomKey, type Tensor, zeros } from "cotangent";
import { gumbelNoise, logisticNoise } from "cotangent/methods/generative";
import { checkSampler } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";

const like = zeros([40_000], { dtype: "f64" });

/** Which of 32 equally likely cells each draw falls into, by its distribution function. */
async function cells(noise: Tensor, distribution: (x: number) => number): Promise<Int32Array> {
  return Int32Array.from(await noise.data(), (x) => Math.min(31, Math.floor(32 * distribution(x))));
}

const even = new Float64Array(32).fill(1 / 32);

describe("utility noise", () => {
  it("is Gumbel: uniform under exp(−exp(−x))", async () => {
    const draws = await cells(gumbelNoise(randomKey(1), like), (x) => Math.exp(-Math.exp(-x)));
    expect(checkSampler({ draws, probabilities: even }).logE).toBeLessThan(Math.log(1e9));
  });

  it("is logistic: uniform under 1 / (1 + exp(−x))", async () => {
    const draws = await cells(logisticNoise(randomKey(1), like), (x) => 1 / (1 + Math.exp(-x)));
    expect(checkSampler({ draws, probabilities: even }).logE).toBeLessThan(Math.log(1e9));
  });

  it("is finite in f32, has the shape of what it is for, and repeats itself", async () => {
    const single = zeros([300, 1000]);
    for (const noise of [gumbelNoise, logisticNoise]) {
      const drawn = noise(randomKey(4), single);
      expect(drawn.shape).toEqual([300, 1000]);
      expect(drawn.dtype).toBe("f32");
      expect((await drawn.data()).every(Number.isFinite)).toBe(true);
      await expectClose(noise(randomKey(4), like), noise(randomKey(4), like), { tolerance: 0 });
    }
  });
});
