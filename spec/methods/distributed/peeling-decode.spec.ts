import { type ParityCheck, peelingDecode, systematicGenerator } from "cotangent/methods/distributed";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { checksOf, codeCases, erasedOf, isStoppingSet, positionsOf, rowsOf, subsetsOf } from "./support/codes.js";

const messages = floats([12 * 2]);

/** A codeword of two columns, and its checks. */
async function codewordOf(recipe: Parameters<typeof checksOf>[0], numbers: Float64Array) {
  const { parityCheck, generator } = systematicGenerator(await checksOf(recipe));
  const message = rowsOf(numbers, 2);
  const codeword = generator.map((factors) =>
    Float64Array.from([0, 1], (column) => factors.reduce((sum, g, i) => sum + g * message[i][column], 0)),
  );
  return { parityCheck, codeword };
}

/** One erased position at a time, by the first check in a given order that can. */
function peelOneByOne({ positions }: ParityCheck, erased: readonly number[], order: readonly number[]): number[] {
  const left = new Set(erased);
  for (;;) {
    const ready = order.find((check) => positions[check]?.filter((position) => left.has(position)).length === 1);
    if (ready === undefined) return [...left].sort((a, b) => a - b);
    for (const position of positions[ready]) left.delete(position);
  }
}

const flat = (rows: readonly (Float64Array | undefined)[]) =>
  rows.flatMap((row) => (row === undefined ? [7, 7] : [...row]));

describe("peelingDecode", () => {
  law("finds nothing but the codeword", codeCases, messages, async (recipe, numbers) => {
    const { parityCheck, codeword } = await codewordOf(recipe, numbers);
    const erased = erasedOf(recipe);
    const received = codeword.map((row, i) => (erased.includes(i) ? new Float64Array([Number.NaN, 5]) : row));
    const { values, unrecovered } = peelingDecode(parityCheck, received, erased);
    for (const [i, row] of values.entries()) expect(row === undefined).toBe(unrecovered.includes(i));
    await expectClose(flat(values), flat(codeword.map((row, i) => (unrecovered.includes(i) ? undefined : row))));
  });

  law("leaves the largest stopping set among the erased", codeCases, async (recipe) => {
    const checks = await checksOf(recipe);
    const erased = erasedOf(recipe);
    const largest = new Set<number>();
    for (const subset of subsetsOf(erased)) {
      if (isStoppingSet(checks, new Set(subset))) for (const position of subset) largest.add(position);
    }
    const { unrecovered } = peelingDecode(
      checks,
      positionsOf(checks.length).map(() => [0]),
      erased,
    );
    expect(unrecovered).toEqual([...largest].sort((a, b) => a - b));
    expect(isStoppingSet(checks, new Set(unrecovered))).toBe(true);
  });

  law(
    "does not depend on the order of the checks",
    codeCases,
    fc.shuffledSubarray(positionsOf(12), { minLength: 12, maxLength: 12 }),
    async (recipe, order) => {
      const checks = await checksOf(recipe);
      const zeros = positionsOf(checks.length).map(() => [0]);
      const { unrecovered } = peelingDecode(checks, zeros, erasedOf(recipe));
      expect(unrecovered).toEqual(peelOneByOne(checks, erasedOf(recipe), order));
    },
  );

  law("recovers more with more iterations, all at the last", codeCases, async (recipe) => {
    const checks = await checksOf(recipe);
    const zeros = positionsOf(checks.length).map(() => [0]);
    const run = (iterations?: number) =>
      peelingDecode(checks, zeros, erasedOf(recipe), iterations === undefined ? {} : { iterations });
    const last = run();
    let before = erasedOf(recipe);
    expect(run(0).unrecovered).toEqual(before);
    for (let iterations = 1; iterations <= last.iterations; iterations++) {
      const now = run(iterations);
      expect(now.iterations).toBe(iterations);
      expect(now.unrecovered.length).toBeLessThan(before.length);
      for (const position of now.unrecovered) expect(before).toContain(position);
      // an iteration takes all that could be found when it began
      const could = before.filter((position) =>
        checks.positions.some((row) => row.includes(position) && row.filter((at) => before.includes(at)).length === 1),
      );
      expect(before.length - now.unrecovered.length).toBe(could.length);
      before = [...now.unrecovered];
    }
    expect(before).toEqual(last.unrecovered);
    expect(run(last.iterations + 1)).toEqual(last);
  });

  law("is linear in what was received", codeCases, messages, messages, async (recipe, a, b) => {
    const checks = await checksOf(recipe);
    const [first, second] = [rowsOf(a, 2).slice(0, checks.length), rowsOf(b, 2).slice(0, checks.length)];
    const sum = first.map((row, i) => row.map((x, column) => -1.5 * x + second[i][column]));
    const decode = (rows: Float64Array[]) => peelingDecode(checks, rows, erasedOf(recipe)).values;
    const [one, two] = [decode(first), decode(second)];
    const expected = one.map((row, i) => row?.map((x, column) => -1.5 * x + (two[i]?.[column] ?? 0)));
    await expectClose(flat(decode(sum)), flat(expected));
  });

  it("divides by the coefficient and counts its work", () => {
    const checks: ParityCheck = {
      length: 3,
      positions: [Int32Array.of(0, 1), Int32Array.of(1, 2)],
      coefficients: [Float64Array.of(1, -2), Float64Array.of(3, 4)],
    };
    const found = peelingDecode(checks, [[8], undefined, undefined], [2, 1]);
    expect(found.values.map((row) => [...(row ?? [])])).toEqual([[8], [4], [-3]]);
    expect([found.iterations, found.operations, found.unrecovered]).toEqual([2, 4, []]);
    const wide = peelingDecode(checks, [[8, 0, 2], undefined, undefined], [2, 1]);
    expect(wide.values.map((row) => [...(row ?? [])])).toEqual([
      [8, 0, 2],
      [4, 0, 1],
      [-3, -0, -0.75],
    ]);
    expect(wide.operations).toBe(12);
    const nothing = peelingDecode(checks, [undefined, undefined, undefined], [0, 1, 2]);
    expect([nothing.unrecovered, nothing.operations]).toEqual([[0, 1, 2], 0]);
  });

  it("does not look at rows of erased positions, and without any other finds rows of no numbers", () => {
    const checks: ParityCheck = {
      length: 3,
      positions: [Int32Array.of(0), Int32Array.of(1, 2)],
      coefficients: [Float64Array.of(5), Float64Array.of(1, 1)],
    };
    const found = peelingDecode(checks, [[1, 2, 3], undefined, [7]], [0, 1]);
    expect(found.values.map((row) => [...(row ?? [])])).toEqual([[-0], [-7], [7]]);
    const none = peelingDecode(checks, [[1], [2], [3]], [0, 1, 2]);
    expect(none.values).toEqual([new Float64Array(), undefined, undefined]);
    expect([none.unrecovered, none.operations]).toEqual([[1, 2], 0]);
  });

  it("names the argument that is wrong", () => {
    const checks: ParityCheck = {
      length: 2,
      positions: [Int32Array.of(0, 1)],
      coefficients: [Float64Array.of(1, 1)],
    };
    expect(() => peelingDecode(checks, [[1], [2]], [2])).toThrow(
      "peelingDecode: erased holds 2 but must hold different positions in [0, 2)",
    );
    expect(() => peelingDecode(checks, [[1], [2]], [0, 0])).toThrow(
      "peelingDecode: erased holds 0 but must hold different positions in [0, 2)",
    );
    expect(() => peelingDecode(checks, [[1]], [0])).toThrow(
      "peelingDecode: received has 1 rows but must have 2, one for each position",
    );
    expect(() => peelingDecode(checks, [[1], [2, 3]], [])).toThrow(
      "peelingDecode: received[1] has 2 numbers but must have 1, as the others have",
    );
    expect(() => peelingDecode(checks, [[1], undefined], [])).toThrow(
      "peelingDecode: received[1] has 0 numbers but must have 1, as the others have",
    );
    expect(() => peelingDecode(checks, [undefined, [1]], [])).toThrow(
      "peelingDecode: received[0] has 0 numbers but must have 1, as the others have",
    );
    expect(() => peelingDecode(checks, [[1], [2]], [], { iterations: 1.5 })).toThrow(
      "peelingDecode: iterations is 1.5 but must be a whole number ≥ 0",
    );
    expect(() => peelingDecode({ ...checks, length: 1 }, [[1]], [])).toThrow(
      "peelingDecode: check 0 touches position 1 but must touch different ones in [0, 1)",
    );
  });
});
