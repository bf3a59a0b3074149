import { cpu, randomKey } from "cotangent";
import { gaussianMixtureBenchmark } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";

describe("gaussianMixtureBenchmark", () => {
  it("has means of −1, 1, 2, 4, …, and variances of d and of 1", () => {
    const { means, variances, classes } = gaussianMixtureBenchmark({ features: 5, classes: 4 });
    expect(classes).toBe(4);
    expect(means.map((mean) => [...mean])).toEqual([-1, 1, 2, 4].map((v) => Array(5).fill(v)));
    expect([...variances]).toEqual([5, 5, 1, 1, 1]);
    expect(gaussianMixtureBenchmark({ features: 2 }).classes).toBe(2);
  });

  it("draws them, classes in turn", async () => {
    const count = 30_000;
    const { means, variances, draw } = gaussianMixtureBenchmark({ features: 4, classes: 3 });
    const { inputs, labels } = await draw(randomKey(1), count);
    expect(Array.from(labels).slice(0, 4)).toEqual([0, 1, 2, 0]);
    for (let k = 0; k < 3; k++) {
      const rows = inputs.filter((_, i) => labels[i] === k);
      expect(rows).toHaveLength(count / 3);
      for (let j = 0; j < 4; j++) {
        const mean = rows.reduce((sum, row) => sum + row[j], 0) / rows.length;
        const variance = rows.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) / rows.length;
        // four and a half deviations of the estimates: one false alarm in 6000 of 24
        expect(Math.abs(mean - means[k][j])).toBeLessThan(4.5 * Math.sqrt(variances[j] / rows.length));
        expect(Math.abs(variance / variances[j] - 1)).toBeLessThan(4.5 * Math.sqrt(2 / rows.length));
      }
    }
    expect((await draw(randomKey(1), 6)).inputs).toEqual((await draw(randomKey(1), 6)).inputs);
  });

  it("draws in single precision where there is no other", async () => {
    const whole = cpu();
    const backend = Object.assign(whole, { dtypes: new Set([...whole.dtypes].filter((dtype) => dtype !== "f64")) });
    const { inputs } = await gaussianMixtureBenchmark({ features: 3 }).draw(randomKey(1, { backend }), 4);
    expect(inputs.map((row) => row.length)).toEqual([3, 3, 3, 3]);
    expect(inputs.every((row) => Array.from(row).every(Number.isFinite))).toBe(true);
  });

  it("names what is wrong", async () => {
    expect(() => gaussianMixtureBenchmark({ features: 0 })).toThrow(
      new RangeError("gaussianMixtureBenchmark: features is 0 but must be a whole number ≥ 1"),
    );
    expect(() => gaussianMixtureBenchmark({ features: 1, classes: 1 })).toThrow(
      new RangeError("gaussianMixtureBenchmark: classes is 1 but must be a whole number ≥ 2"),
    );
    await expect(gaussianMixtureBenchmark({ features: 1 }).draw(randomKey(0), 0)).rejects.toThrow(
      new RangeError("draw: count is 0 but must be a whole number ≥ 1"),
    );
  });
});
