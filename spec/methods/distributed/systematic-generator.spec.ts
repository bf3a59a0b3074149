import { randomKey } from "cotangent";
import { type ParityCheck, regularParityCheck, systematicGenerator } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { checksOf, codeCases, positionsOf, syndrome } from "./support/codes.js";

const checks = (length: number, rows: number[][], factors = rows.map((row) => row.map(() => 1))): ParityCheck => ({
  length,
  positions: rows.map((row) => Int32Array.from(row)),
  coefficients: factors.map((row) => Float64Array.from(row)),
});

describe("systematicGenerator", () => {
  law("has H·G = 0 and the identity on top", codeCases, async (recipe) => {
    const { parityCheck, generator } = systematicGenerator(await checksOf(recipe));
    expect(syndrome(parityCheck, generator)).toBeLessThan(1e-12);
    const dimension = generator[0].length;
    expect(generator.length).toBe(recipe.weights[0]);
    expect(dimension).toBe(recipe.weights[0] - parityCheck.positions.length);
    for (let i = 0; i < dimension; i++) {
      expect([...generator[i]]).toEqual(positionsOf(dimension).map((j) => (i === j ? 1 : 0)));
    }
  });

  law("only numbers positions anew", codeCases, async (recipe) => {
    const given = await checksOf(recipe);
    const { parityCheck, order } = systematicGenerator(given);
    expect([...order].sort((a, b) => a - b)).toEqual(positionsOf(given.length));
    given.positions.forEach((row, check) => {
      const named = (positions: Int32Array, factors: Float64Array, name: (at: number) => number) =>
        Array.from(positions, (position, i) => `${name(position)}: ${factors[i]}`).sort();
      expect(named(parityCheck.positions[check], parityCheck.coefficients[check], (at) => order[at])).toEqual(
        named(row, given.coefficients[check], (at) => at),
      );
      expect([...parityCheck.positions[check]]).toEqual([...parityCheck.positions[check]].sort((a, b) => a - b));
    });
  });

  it("stays exact at the default size", async () => {
    for (let seed = 0; seed < 5; seed++) {
      const { parityCheck, generator } = systematicGenerator(await regularParityCheck({}, randomKey(seed)));
      expect(syndrome(parityCheck, generator)).toBeLessThan(1e-11);
    }
  });

  it("is a known code: x0 + 2·x1 − x2 = 0", () => {
    const { generator, order } = systematicGenerator(checks(3, [[0, 1, 2]], [[1, 2, -1]]));
    expect([...order]).toEqual([0, 2, 1]); // the largest coefficient is solved for
    expect(generator.map((row) => [...row])).toEqual([
      [1, 0],
      [0, 1],
      [-0.5, 0.5],
    ]);
  });

  it("solves for the largest coefficient in magnitude, also where all are negative", () => {
    const { generator, order } = systematicGenerator(checks(3, [[0, 1, 2]], [[-1, -4, -2]]));
    expect([...order]).toEqual([0, 2, 1]);
    expect(generator.map((row) => [...row])).toEqual([
      [1, 0],
      [0, 1],
      [-0.25, -0.5],
    ]);
  });

  it("does not depend on the size of the coefficients, nor takes what rounding leaves for an equation", () => {
    const rows = [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ];
    const dependent = [
      [1, 2, 3, 4],
      [3, 1, 1, 1],
      [4, 3, 4, 5], // their sum: elimination leaves 2e-16
    ];
    const independent = dependent.with(2, [4, 3, 4, 6]);
    const plain = systematicGenerator(checks(4, rows, independent));
    for (const scale of [2 ** -60, 1, 2 ** 60]) {
      const scaled = (factors: number[][]) => factors.map((row) => row.map((factor) => scale * factor));
      expect(systematicGenerator(checks(4, rows, scaled(independent))).generator).toEqual(plain.generator);
      expect(() => systematicGenerator(checks(4, rows, scaled(dependent)))).toThrow(
        "systematicGenerator: parityCheck has linearly dependent checks but must have 3 independent ones; draw another",
      );
    }
  });

  it("names what is wrong with the parity check", () => {
    const cases: [ParityCheck, string][] = [
      [
        checks(4, [
          [0, 1],
          [2, 3],
          [0, 1, 2, 3],
        ]),
        "systematicGenerator: parityCheck has linearly dependent checks but must have 3 independent ones; draw another",
      ],
      [checks(2, [[0, 1], [0]]), "systematicGenerator: parityCheck has 2 checks but must have fewer than positions, 2"],
      [checks(0, []), "systematicGenerator: parityCheck.length is 0 but must be a whole number ≥ 1"],
      [checks(3, [[0, 3]]), "systematicGenerator: check 0 touches position 3 but must touch different ones in [0, 3)"],
      [checks(3, [[1, 1]]), "systematicGenerator: check 0 touches position 1 but must touch different ones in [0, 3)"],
      [
        checks(3, [[0, 1]], [[1, 0]]),
        "systematicGenerator: check 0 has coefficient 0 but must have finite ones other than 0",
      ],
      [
        checks(3, [[0, 1]], [[1, Number.NEGATIVE_INFINITY]]),
        "systematicGenerator: check 0 has coefficient -Infinity but must have finite ones other than 0",
      ],
      [
        checks(3, [[0, 1]], [[Number.NaN, 1]]),
        "systematicGenerator: check 0 has coefficient NaN but must have finite ones other than 0",
      ],
      [
        checks(3, [[0, 1]], [[1]]),
        "systematicGenerator: check 0 has 1 coefficients but must have 2, one for each position",
      ],
      [
        checks(3, [[0, 1]], []),
        "systematicGenerator: parityCheck has 0 rows of coefficients but must have 1, as of positions",
      ],
    ];
    for (const [given, message] of cases) expect(() => systematicGenerator(given)).toThrow(message);
  });
});
