import { randomKey, type Tensor, tensor } from "cotangent";
import { samplePositives } from "cotangent/methods/ranking";
import { seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { mask, matrix, positiveBatch } from "./support/positive-batches.js";

describe("samplePositives", () => {
  law(
    "draws as many positives as there are, up to the count",
    positiveBatch({ min: 0, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    seeds,
    async ({ positives }, count, seed) => {
      const drawn = await samplePositives(randomKey(seed), mask(positives), count).data();
      positives.forEach((row, i) => {
        const taken = row.map((_, l) => drawn[6 * i + l] !== 0);
        expect(taken.every((is, l) => !is || row[l])).toBe(true);
        expect(taken.filter(Boolean)).toHaveLength(Math.min(count, row.filter(Boolean).length));
      });
    },
  );

  it("draws in proportion to relevance", async () => {
    const rows = 20_000;
    const positives = tensor(
      new Uint8Array(rows * 4).map((_, at) => Number(at % 4 !== 1)),
      { shape: [rows, 4] },
    ) as Tensor<"bool">;
    const relevance = tensor(
      new Float32Array(rows * 4).map((_, at) => [1, 5, 3, 0][at % 4]),
      { shape: [rows, 4] },
    ) as Tensor;
    const drawn = await samplePositives(randomKey(3), positives, 1, { relevance }).data();
    const counts = [0, 1, 2, 3].map((l) => drawn.filter((is, at) => at % 4 === l && is !== 0).length / rows);
    expect([counts[1], counts[3]]).toEqual([0, 0]);
    expect(Math.abs(counts[0] - 0.25)).toBeLessThan(0.015); // five deviations: a false alarm in a million
    expect(counts[0] + counts[2]).toBeCloseTo(1, 12);
    const all = await samplePositives(randomKey(4), positives, 3).data();
    expect(all.every((is, at) => (is !== 0) === (at % 4 !== 1))).toBe(true);
  });

  it("says what is wrong with its input", () => {
    const [key, positives] = [randomKey(1), mask([[true, false]])];
    expect(() => samplePositives(key, positives, 0)).toThrow(
      "samplePositives: count is 0 but must be a whole number ≥ 1",
    );
    expect(() => samplePositives(key, tensor(Uint8Array.of(1, 0)) as Tensor<"bool">, 1)).toThrow(
      "samplePositives: positives has shape [2] but must have 2 axes",
    );
    expect(() => samplePositives(key, positives, 3)).toThrow("samplePositives: count is 3 but must be in [1, 2]");
    expect(() => samplePositives(key, positives, 1, { relevance: matrix([[1]]) })).toThrow(
      "samplePositives: relevance has shape [1, 1] but must match positives, [1, 2]",
    );
    expect(() => samplePositives(key, positives, 1, { relevance: matrix([[1, -2]]) })).toThrow(
      "samplePositives: relevance[1] is -2 but must be a finite number ≥ 0",
    );
    expect(() => samplePositives(key, matrix([[1, 2]]) as never, 1)).toThrow(
      "samplePositives: positives is f64 but must be bool",
    );
  });
});
