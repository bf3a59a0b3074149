import { streamingFrequency } from "cotangent/methods/sampling";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

describe("streamingFrequency", () => {
  law(
    "moves each interval towards the time since the class was seen",
    fc.array(fc.nat(3), { maxLength: 30 }),
    async (labels) => {
      const frequency = streamingFrequency({ classes: 4, rate: 0.3, clock: "example" });
      const [interval, last] = [
        [4, 4, 4, 4],
        [0, 0, 0, 0],
      ];
      labels.forEach((y, i) => {
        interval[y] = 0.7 * interval[y] + 0.3 * (i + 1 - last[y]);
        last[y] = i + 1;
      });
      frequency.observe(labels.slice(0, 7));
      frequency.observe(labels.slice(7));
      await expectClose(
        frequency.logFrequency([0, 1, 2, 3]),
        interval.map((b) => -Math.log(b)),
        { tolerance: 1e-12 },
      );
    },
  );

  it("counts batches, and a class once in each", async () => {
    const frequency = streamingFrequency({ classes: 2, rate: 0.5 });
    frequency.observe([0, 0, 0]);
    frequency.observe([1]);
    frequency.observe([0, 1, 1]);
    // class 0: 2 → 1.5 at time 1 → 1.75 at time 3; class 1: 2 → 2 at time 2 → 1.5 at time 3
    await expectClose(frequency.logFrequency([0, 1, 1]), [-Math.log(1.75), -Math.log(1.5), -Math.log(1.5)]);
  });

  it("finds the frequency of a regular stream", async () => {
    const frequency = streamingFrequency({ classes: 4, rate: 0.05, clock: "example" });
    for (let i = 0; i < 1000; i++) frequency.observe([0, 1, 0, 2]);
    const found = frequency.logFrequency([0, 1, 2]).map(Math.exp);
    await expectClose(found, [0.5, 0.25, 0.25], { tolerance: 1e-9 });
  });

  it("starts at one over the number of classes", async () => {
    await expectClose(streamingFrequency({ classes: 8 }).logFrequency([5]), [-Math.log(8)]);
  });

  it("names what is wrong", () => {
    expect(() => streamingFrequency({ classes: 0 })).toThrow(
      "streamingFrequency: classes is 0 but must be a whole number ≥ 1",
    );
    expect(() => streamingFrequency({ classes: 2, rate: 0 })).toThrow(
      "streamingFrequency: rate is 0 but must be in (0, 1]",
    );
    expect(() => streamingFrequency({ classes: 2, clock: "step" as "batch" })).toThrow(
      'streamingFrequency: clock is "step" but must be one of example, batch',
    );
    const frequency = streamingFrequency({ classes: 2 });
    expect(() => frequency.observe([0, 2])).toThrow("observe: labels holds 2 at 1 but must be in [0, 2)");
    expect(() => frequency.logFrequency([-1])).toThrow("logFrequency: labels holds -1 at 0 but must be in [0, 2)");
  });
});
