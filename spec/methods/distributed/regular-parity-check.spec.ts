import { randomKey } from "cotangent";
import { type RegularParityCheckOptions, regularParityCheck, systematicGenerator } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { checksOf, codeCases } from "./support/codes.js";

const draw = (options: RegularParityCheckOptions) => regularParityCheck(options, randomKey(1));

describe("regularParityCheck", () => {
  law("has l checks at each position and r different positions in each check", codeCases, async (recipe) => {
    const [length, columnWeight, rowWeight] = recipe.weights;
    const { positions, coefficients } = await checksOf(recipe);
    expect(positions.length).toBe((length * columnWeight) / rowWeight);
    const touched = new Int32Array(length);
    positions.forEach((row, check) => {
      expect(new Set(row).size).toBe(rowWeight);
      expect([...row]).toEqual([...row].sort((a, b) => a - b));
      expect([...coefficients[check]].every((x) => x === 1 || (recipe.entries === "signs" && x === -1))).toBe(true);
      for (const position of row) touched[position]++;
    });
    expect([...touched].every((count) => count === columnWeight)).toBe(true);
  });

  law("has independent checks, and is the same for the same key", codeCases, async (recipe) => {
    const found = await checksOf(recipe);
    expect(() => systematicGenerator(found)).not.toThrow();
    expect(await checksOf(recipe)).toEqual(found);
  });

  it("is (3, 6) of length 40 by default, and draws both signs if asked", async () => {
    const plain = await draw({});
    expect([plain.length, plain.positions.length, plain.positions[0].length]).toEqual([40, 20, 6]);
    const signed = await draw({ entries: "signs" });
    const minus = signed.coefficients.flatMap((row) => [...row]).filter((x) => x === -1).length;
    // of 120 fair signs: outside with a chance below 1e-6
    expect(minus).toBeGreaterThan(30);
    expect(minus).toBeLessThan(90);
  });

  it("does not ask for rank where it is not wanted", async () => {
    const options = { length: 6, columnWeight: 3, rowWeight: 6 }; // all checks are the same
    const found = await draw({ ...options, fullRank: false });
    expect(found.positions.map((row) => [...row])).toEqual(Array(3).fill([0, 1, 2, 3, 4, 5]));
    await expect(draw({ ...options, attempts: 3 })).rejects.toThrow(
      'regularParityCheck: none of 3 draws with columnWeight 3, rowWeight 6 and length 6 has different edges and independent checks; try other weights or entries "signs"',
    );
    await expect(draw({ ...options, attempts: 1, entries: "signs", length: 6 })).resolves.toBeDefined();
  });

  it("names the argument that is wrong", async () => {
    const cases: [RegularParityCheckOptions, string][] = [
      [{ columnWeight: 1 }, "regularParityCheck: columnWeight is 1 but must be a whole number ≥ 2"],
      [{ rowWeight: 0 }, "regularParityCheck: rowWeight is 0 but must be a whole number ≥ 1"],
      [
        { rowWeight: 3 },
        "regularParityCheck: rowWeight is 3 but must be above columnWeight, 3, and at most length, 40",
      ],
      [{ length: 4 }, "regularParityCheck: rowWeight is 6 but must be above columnWeight, 3, and at most length, 4"],
      [
        { length: 41 },
        "regularParityCheck: length is 41 but must make length · columnWeight, 123, divisible by rowWeight, 6",
      ],
      [{ length: 0 }, "regularParityCheck: length is 0 but must be a whole number ≥ 1"],
      [{ attempts: 0 }, "regularParityCheck: attempts is 0 but must be a whole number ≥ 1"],
      [{ entries: "twos" as "ones" }, 'regularParityCheck: entries is "twos" but must be one of ones, signs'],
    ];
    for (const [options, message] of cases) await expect(draw(options)).rejects.toThrow(message);
  });
});
