import { defaultBackend, randomKey } from "cotangent";
import { fitComputationTime, measureProducts } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";

describe("measureProducts", () => {
  it("takes the least of the times of each product, and leaves nothing behind", async () => {
    const before = defaultBackend.memory().buffers;
    let calls = 0;
    let now = 0;
    const clock = () => {
      calls++;
      if (calls % 2 === 0) now += [1, 3, 2, 5][((calls - 1) >> 1) % 4]; // the first is the one that does not count
      return now;
    };
    const samples = await measureProducts(randomKey(1), {
      features: 3,
      columns: [2, 4],
      rows: [1, 5],
      repeats: 3,
      clock,
    });
    expect(samples).toEqual([
      { columns: 2, rows: 1, seconds: 2 },
      { columns: 4, rows: 1, seconds: 2 },
      { columns: 2, rows: 5, seconds: 2 },
      { columns: 4, rows: 5, seconds: 2 },
    ]);
    expect(calls).toBe(2 * 4 * 4);
    expect(defaultBackend.memory().buffers).toBe(before);
  });

  it("times what the machine does: a product a thousand times larger takes longer", async () => {
    const options = { features: 64, columns: [4, 4000], rows: [64], repeats: 3 };
    const [small, large] = await measureProducts(randomKey(1), options);
    expect(small.seconds).toBeGreaterThan(0);
    expect(large.seconds).toBeGreaterThan(2 * small.seconds);
    expect(fitComputationTime([small, large]).error).toBeLessThan(1e-9);
  });

  it("names what is wrong", async () => {
    const good = { features: 1, columns: [1], rows: [1] };
    await expect(measureProducts(randomKey(1), { ...good, features: 0 })).rejects.toThrow(
      "measureProducts: features is 0 but must be a whole number ≥ 1",
    );
    await expect(measureProducts(randomKey(1), { ...good, repeats: 0 })).rejects.toThrow(
      "measureProducts: repeats is 0 but must be a whole number ≥ 1",
    );
    await expect(measureProducts(randomKey(1), { ...good, columns: [1, 0] })).rejects.toThrow(
      "measureProducts: columns[1] is 0 but must be a whole number ≥ 1",
    );
    await expect(measureProducts(randomKey(1), { ...good, rows: [0.5] })).rejects.toThrow(
      "measureProducts: rows[0] is 0.5 but must be a whole number ≥ 1",
    );
  });
});
