import { randomKey } from "cotangent";
import { sampleReluMeasurements, sampleReluModel } from "cotangent/methods/lowrank";
import { seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { multiply, norm } from "./support/matrices.js";

const variance = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;

describe("sampleReluModel", () => {
  law("puts dictionary times codes plus bias through a ReLU", seeds, async (seed) => {
    const { observations, dictionary, codes, bias } = await sampleReluModel(randomKey(seed), {
      dimension: 5,
      rank: 2,
      samples: 7,
      biasScale: 3,
    });
    const product = multiply(dictionary, codes);
    await expectClose(
      observations.values,
      product.values.map((value, i) => Math.max(0, value + bias[Math.floor(i / 7)])),
      { tolerance: 1e-14 },
    );
    expect([observations.rows, observations.columns, dictionary.columns, codes.rows]).toEqual([5, 7, 2, 2]);
  });

  it("draws standard normals, biases as wide as asked", async () => {
    const { dictionary, codes, bias } = await sampleReluModel(randomKey(0), {
      dimension: 4000,
      rank: 2,
      samples: 4000,
      biasScale: 3,
    });
    // Five deviations of the mean of as many squares.
    expect(Math.abs(variance(dictionary.values) - 1)).toBeLessThan(5 * Math.sqrt(2 / 8000));
    expect(Math.abs(variance(codes.values) - 1)).toBeLessThan(5 * Math.sqrt(2 / 8000));
    expect(Math.abs(variance(bias) / 9 - 1)).toBeLessThan(5 * Math.sqrt(2 / 4000));
    expect(Math.abs(bias.reduce((total, value) => total + value, 0) / 4000)).toBeLessThan(5 * (3 / Math.sqrt(4000)));
  });

  it("names what is wrong", async () => {
    const sizes = { dimension: 2, rank: 1, samples: 2 };
    await expect(sampleReluModel(randomKey(0), { ...sizes, rank: 0 })).rejects.toThrow(
      "sampleReluModel: rank is 0 but must be a whole number ≥ 1",
    );
    await expect(sampleReluModel(randomKey(0), { ...sizes, biasScale: -1 })).rejects.toThrow(
      "sampleReluModel: biasScale is -1 but must be a finite number ≥ 0",
    );
  });
});

describe("sampleReluMeasurements", () => {
  law("measures a unit vector, with gross errors where it says", seeds, async (seed) => {
    const { matrix, measurements, signal, corrupted } = await sampleReluMeasurements(randomKey(seed), {
      dimension: 12,
      unknowns: 3,
      outliers: 4,
      outlierSize: 7,
    });
    expect(Math.abs(norm(signal) - 1)).toBeLessThan(1e-14);
    expect(new Set(corrupted).size).toBe(4);
    const clean = multiply(matrix, { rows: 3, columns: 1, values: signal }).values.map((value) => Math.max(0, value));
    await expectClose(
      Array.from(measurements, (value, i) => Math.abs(value - clean[i])),
      clean.map((_, i) => (corrupted.includes(i) ? 7 : 0)),
      { tolerance: 1e-14 },
    );
  });

  it("has neither errors nor noise unless asked", async () => {
    const { matrix, measurements, signal, corrupted } = await sampleReluMeasurements(randomKey(3), {
      dimension: 5,
      unknowns: 2,
    });
    expect(corrupted).toEqual([]);
    const clean = multiply(matrix, { rows: 2, columns: 1, values: signal }).values.map((value) => Math.max(0, value));
    await expectClose(measurements, clean, { tolerance: 1e-14 });
  });

  it("adds noise as wide as asked, and errors of both signs", async () => {
    const options = { dimension: 4000, unknowns: 2, outliers: 400 };
    const { measurements: plain, corrupted } = await sampleReluMeasurements(randomKey(1), options);
    const { measurements: noisy } = await sampleReluMeasurements(randomKey(1), { ...options, noise: 0.5 });
    const noise = Float64Array.from(noisy, (value, i) => value - plain[i]);
    expect(Math.abs(variance(noise) / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / 4000));
    const above = corrupted.filter((i) => plain[i] > 0).length;
    expect(Math.abs(above / 400 - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 400));
  });

  it("names what is wrong", async () => {
    const sizes = { dimension: 2, unknowns: 1 };
    const fails = async (change: object, message: string) => {
      await expect(sampleReluMeasurements(randomKey(0), { ...sizes, ...change })).rejects.toThrow(
        `sampleReluMeasurements: ${message}`,
      );
    };
    await fails({ unknowns: 0 }, "unknowns is 0 but must be a whole number ≥ 1");
    await fails({ outliers: -1 }, "outliers is -1 but must be a whole number ≥ 0");
    await fails({ outliers: 3 }, "outliers is 3 but must be at most 2, the dimension");
    await fails({ noise: -1 }, "noise is -1 but must be a finite number ≥ 0");
    await fails({ outlierSize: Number.NaN }, "outlierSize is NaN but must be a finite number ≥ 0");
  });
});
