import { describe, expect, it } from "vitest";
import { checkBiasRate } from "../../src/testing/bias-rate.js";
import { exactExpectation } from "../../src/testing/exact-expectation.js";

// log of an unbiased estimate of a partition function: biased low (Jensen), like −Var/(2 m Z²)
const terms = [1, 1.2, 0.9, 1.1];
const logBias = (samples: number) =>
  exactExpectation((source) => {
    let mean = 0;
    for (let i = 0; i < samples; i++) mean += terms[source.choose([1, 1, 1, 1])] / samples;
    return Math.log(mean);
  }) - Math.log(1.05);

describe("checkBiasRate", () => {
  it("accepts the bias of a logarithm of a mean, by either rule", async () => {
    const consecutive = await checkBiasRate(logBias, { sign: "negative", samples: 3 });
    expect(consecutive.samples).toEqual([3, 4, 5]);
    expect(consecutive.biases).toEqual([logBias(3), logBias(4), logBias(5)]);
    expect(
      (await checkBiasRate(async (m) => logBias(m), { sign: "negative", samples: 2, rule: "doubling" })).samples,
    ).toEqual([2, 4]);
    expect((await checkBiasRate((m) => 1 / m, { sign: "positive", samples: 1, rule: "doubling" })).biases).toEqual([
      1, 0.5,
    ]);
  });

  it("refuses the other sign, no bias, and none that is finite", async () => {
    const refuse = async (bias: number, sign: "positive" | "negative", shown: string) =>
      await expect(checkBiasRate(() => bias, { sign, samples: 2 })).rejects.toThrow(
        new Error(`checkBiasRate: the bias at 2 samples is ${shown} but must be ${sign} and finite`),
      );
    await refuse(-1, "positive", "-1");
    await refuse(1, "negative", "1");
    await refuse(0, "positive", "0");
    await refuse(0, "negative", "0");
    await refuse(NaN, "positive", "NaN");
    await refuse(-Infinity, "negative", "-Infinity");
  });

  it("refuses biases that stay, fall like 1/√m or fall like 1/m²", async () => {
    for (const power of [0, 0.5, 2]) {
      const rate = (m: number) => m ** -power;
      await expect(checkBiasRate(rate, { sign: "positive", samples: 2 })).rejects.toThrow(
        "checkBiasRate: samples · bias changes by",
      );
      await expect(checkBiasRate(rate, { sign: "positive", samples: 2, rule: "doubling" })).rejects.toThrow(
        `checkBiasRate: bias(2) / bias(4) is ${rate(2) / rate(4)} but must be in [1.6, 2.6]`,
      );
    }
    const bent = (m: number) => (m === 12 ? 1.2 : 1) / m;
    await expect(checkBiasRate(bent, { sign: "positive", samples: 10 })).rejects.toThrow(
      new Error(
        `checkBiasRate: samples · bias changes by ${(12 * bent(12)) / (10 * bent(10)) - 1} from 10 to 12 samples but must change by less than 0.15`,
      ),
    );
  });

  it("takes the ends of its ranges for right, and nothing beyond", async () => {
    const doubling = (ratio: number) =>
      checkBiasRate((m) => (m === 3 ? ratio : 1), { sign: "positive", samples: 3, rule: "doubling" });
    for (const ratio of [1.6, 2.6]) expect((await doubling(ratio)).biases).toEqual([ratio, 1]);
    for (const ratio of [1.599, 2.601]) {
      await expect(doubling(ratio)).rejects.toThrow(
        new Error(`checkBiasRate: bias(3) / bias(6) is ${ratio} but must be in [1.6, 2.6]`),
      );
    }
    const changed = (place: number, change: number) =>
      checkBiasRate((m) => (m === place ? 1 + change : 1) / m, { sign: "positive", samples: 10 });
    for (const place of [11, 12]) {
      for (const sign of [1, -1]) {
        await changed(place, 0.149 * sign);
        await expect(changed(place, 0.151 * sign)).rejects.toThrow(
          `from 10 to ${place} samples but must change by less than 0.15`,
        );
      }
    }
  });

  it("names the argument that is wrong", async () => {
    await expect(checkBiasRate(logBias, { sign: "negative", samples: 0 })).rejects.toThrow(
      new RangeError("checkBiasRate: samples is 0 but must be a whole number ≥ 1"),
    );
    await expect(checkBiasRate(logBias, { sign: "up" as "positive", samples: 1 })).rejects.toThrow(
      new TypeError('checkBiasRate: sign is "up" but must be one of positive, negative'),
    );
    await expect(checkBiasRate(logBias, { sign: "negative", samples: 1, rule: "x" as "doubling" })).rejects.toThrow(
      new TypeError('checkBiasRate: rule is "x" but must be one of consecutive, doubling'),
    );
  });
});
