import { describe, expect, it } from "vitest";
import type { ChoiceSource } from "../../src/testing/choice-source.js";
import { enumerateOutcomes, type Outcome } from "../../src/testing/enumerate-outcomes.js";

/** Total probability of each value. */
function law(outcomes: readonly Outcome<unknown>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { value, probability } of outcomes) total[String(value)] = (total[String(value)] ?? 0) + probability;
  return total;
}

function expectLaw(outcomes: readonly Outcome<unknown>[], expected: Readonly<Record<string, number>>): void {
  const found = law(outcomes);
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [value, probability] of Object.entries(expected))
    expect(Math.abs(found[value] - probability)).toBeLessThan(1e-15);
}

describe("enumerateOutcomes", () => {
  it("lists the outcomes of uniform draws with replacement, depth first", () => {
    const outcomes = enumerateOutcomes((source) => `${source.choose([1, 1, 1])}${source.choose([1, 1, 1])}`);
    expect(outcomes.map(({ value }) => value)).toEqual(["00", "01", "02", "10", "11", "12", "20", "21", "22"]);
    expectLaw(outcomes, Object.fromEntries(outcomes.map(({ value }) => [value, 1 / 9])));
  });

  it("recovers the law behind an alias table", () => {
    // table of (0.5, 0.3, 0.2): columns keep (1, 0.9, 0.6) of their third and give the rest to class 0
    const keep = [1, 0.9, 0.6];
    const outcomes = enumerateOutcomes((source) => {
      const column = source.choose([1, 1, 1]);
      return source.choose([keep[column], 1 - keep[column]]) === 0 ? column : 0;
    });
    expect(outcomes.length).toBe(5); // column 0 has no second branch
    expectLaw(outcomes, { 0: 0.5, 1: 0.3, 2: 0.2 });
  });

  it("follows trees whose branches differ in depth", () => {
    const outcomes = enumerateOutcomes((source) => {
      if (source.choose([0.5, 0.5]) === 0) return "a";
      if (source.choose([1, 3]) === 0) return "b";
      return source.chooseLog([Math.log(2), 0, -Infinity]) === 0 ? "c" : "d";
    });
    expect(outcomes.map(({ value }) => value)).toEqual(["a", "b", "c", "d"]);
    expectLaw(outcomes, { a: 1 / 2, b: 1 / 8, c: 1 / 4, d: 1 / 8 });
  });

  it("draws without replacement like the hand-listed law, C!/(C−m)! paths", () => {
    const weights = [0.4, 0.3, 0.2, 0.1];
    const pair = (source: ChoiceSource) => {
      const first = source.choose(weights);
      return [first, source.choose(weights.map((weight, j) => (j === first ? 0 : weight)))];
    };
    const expected: Record<string, number> = {};
    for (const [i, p] of weights.entries()) {
      for (const [j, q] of weights.entries()) if (i !== j) expected[`${i},${j}`] = (p * q) / (1 - p);
    }
    const outcomes = enumerateOutcomes(pair);
    expect(outcomes.length).toBe(12);
    expectLaw(outcomes, expected);
  });

  it("enumerates a sampler of one class, and one that decides nothing", () => {
    expect(enumerateOutcomes((source) => source.choose([7]))).toEqual([{ value: 0, probability: 1 }]);
    expect(enumerateOutcomes(() => "fixed")).toEqual([{ value: "fixed", probability: 1 }]);
  });

  it("enumerates functions that answer with promises alike", async () => {
    const decide = (source: ChoiceSource) => `${source.choose([1, 2])}${source.choose([3, 0, 1])}`;
    const late = enumerateOutcomes(async (source) => {
      const first = source.choose([1, 2]);
      await Promise.resolve();
      return `${first}${source.choose([3, 0, 1])}`;
    });
    expect(late).toBeInstanceOf(Promise);
    expect(await late).toEqual(enumerateOutcomes(decide));
  });

  it("stops at the path budget, which may be met exactly", () => {
    const bits = (n: number) => (source: ChoiceSource) => Array.from({ length: n }, () => source.choose([1, 1]));
    expect(enumerateOutcomes(bits(5), { maxPaths: 32 }).length).toBe(32);
    expect(() => enumerateOutcomes(bits(5), { maxPaths: 31 })).toThrow(
      new RangeError(
        "enumerateOutcomes: f has more than 31 decision paths but must have at most maxPaths; shrink the instance or test it sequentially",
      ),
    );
    expect(() => enumerateOutcomes(bits(18))).toThrow("enumerateOutcomes: f has more than 200000 decision paths");
    expect(() => enumerateOutcomes(bits(1), { maxPaths: 0 })).toThrow(
      new RangeError("enumerateOutcomes: maxPaths is 0 but must be a whole number ≥ 1"),
    );
  });

  it("refuses a function that keeps state of its own between paths", async () => {
    const message =
      "enumerateOutcomes: f decided differently when replayed but must depend on its choices alone; draw only from the source";
    let calls = 0;
    const drifting = (source: ChoiceSource) => source.choose([1, ++calls]) + source.choose([1, 1]);
    expect(() => enumerateOutcomes(drifting)).toThrow(new Error(message));
    let runs = 0;
    const growing = (source: ChoiceSource) => source.choose(runs++ === 0 ? [1, 1] : [1, 1, 1]);
    expect(() => enumerateOutcomes(growing)).toThrow(new Error(message));
    let turns = 0;
    const shrinking = async (source: ChoiceSource) =>
      turns++ === 0 ? source.choose([1, 1]) + source.choose([1, 1]) : 0;
    await expect(enumerateOutcomes(shrinking)).rejects.toThrow(new Error(message));
  });
});
