import { type LinearConstraint, type LinearProgram, solveLp } from "cotangent/methods/optimizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { bruteForce, expectOptimal, smallPrograms, solvablePrograms } from "./support/linear-programs.js";

const box = 1e6;
const atMost = (bound: number, ...coefficients: number[]): LinearConstraint => ({
  coefficients,
  relation: "<=",
  bound,
});

/** What it says of a program: its least value, or why there is none. */
function outcome(program: LinearProgram): number | string {
  try {
    const solution = solveLp(program);
    expectOptimal(program, solution);
    return solution.value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return /is (infeasible|unbounded) but/.exec(error.message)?.[1] ?? error.message;
  }
}

/** The same by trying all vertices in a box that is far larger than the numbers can make a vertex. */
function truth(program: LinearProgram): number | string {
  const { value } = bruteForce(program, box);
  if (value === Number.POSITIVE_INFINITY) return "infeasible";
  return value < -box / 1e3 ? "unbounded" : value;
}

async function expectTruth(program: LinearProgram): Promise<void> {
  const [found, right] = [outcome(program), truth(program)];
  if (typeof found === "number" && typeof right === "number") await expectClose([found], [right]);
  else expect(found).toBe(right);
}

describe("solveLp", () => {
  law("finds what trying all vertices finds, one variable", smallPrograms(1, 4), expectTruth);
  law("finds what trying all vertices finds, two variables", smallPrograms(2, 5), expectTruth);
  law("finds what trying all vertices finds, three variables", smallPrograms(3, 4), expectTruth);
  law("finds what trying all vertices finds, inequalities only", smallPrograms(3, 4, ["<=", ">="]), expectTruth);

  law("certifies its answer: feasible both ways, no slack where there is a price", solvablePrograms(6, 9), (program) =>
    expectOptimal(program, solveLp(program)),
  );

  law("certifies its answer with more variables than constraints", solvablePrograms(12, 4), (program) =>
    expectOptimal(program, solveLp(program)),
  );

  law(
    "certifies its answer whatever the units of rows, variables and cost",
    solvablePrograms(4, 6),
    fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 12, maxLength: 12 }),
    async ({ objective, constraints, free = [] }, powers) => {
      const plain = solveLp({ objective, constraints, free });
      const scaled = solveLp({
        objective: Array.from(objective, (cost, j) => cost * 2 ** (powers[j] + powers[10])),
        constraints: constraints.map(({ coefficients, relation, bound }, i) => ({
          coefficients: Array.from(coefficients, (value, j) => value * 2 ** (powers[j] + powers[4 + i])),
          relation,
          bound: bound * 2 ** (powers[4 + i] + powers[11]),
        })),
        free,
      });
      const value = scaled.value * 2 ** -(powers[10] + powers[11]);
      expect(Math.abs(value - plain.value)).toBeLessThan(1e-9 * (1 + Math.abs(plain.value)));
    },
  );

  it("has the slope of the value with a bound as its dual", async () => {
    const at = (bound: number) =>
      solveLp({ objective: [-3, -5], constraints: [atMost(4, 1, 0), atMost(12, 0, 2), atMost(bound, 3, 2)] });
    await expectClose([(at(18.25).value - at(17.75).value) / 0.5], [at(18).dual[2]]);
  });

  it("solves the textbook's program, and its dual", async () => {
    const constraints = [atMost(4, 1, 0), atMost(12, 0, 2), atMost(18, 3, 2)];
    const { x, value, dual } = solveLp({ objective: [-3, -5], constraints });
    await expectClose(x, [2, 6]);
    await expectClose([value], [-36]);
    await expectClose(dual, [0, -1.5, -1]);
    const other = solveLp({
      objective: [4, 12, 18],
      constraints: [
        { coefficients: [1, 0, 3], relation: ">=", bound: 3 },
        { coefficients: [0, 2, 2], relation: ">=", bound: 5 },
      ],
    });
    await expectClose([other.value], [36]);
    await expectClose(other.dual, [2, 6]);
  });

  it("does not go in circles on Beale's program, nor on Kuhn's", async () => {
    const beale = {
      objective: [-0.75, 150, -0.02, 6],
      constraints: [atMost(0, 0.25, -60, -0.04, 9), atMost(0, 0.5, -90, -0.02, 3), atMost(1, 0, 0, 1, 0)],
    };
    await expectClose([solveLp(beale).value], [-0.05]);
    const kuhn = {
      objective: [-2, -3, 1, 12],
      constraints: [atMost(0, -2, -9, 1, 9), atMost(0, 1 / 3, 1, -1 / 3, -2), atMost(2, 2, 3, -1, -12)],
    };
    await expectClose([solveLp(kuhn).value], [-2]);
  });

  it("climbs Klee and Minty's cube", async () => {
    const n = 8;
    const constraints = Array.from({ length: n }, (_, i) =>
      atMost(100 ** i, ...Array.from({ length: n }, (_, j) => (j < i ? 2 * 10 ** (i - j) : Number(j === i)))),
    );
    const { value } = solveLp({ objective: Array.from({ length: n }, (_, j) => -(10 ** (n - 1 - j))), constraints });
    expect(value).toBe(-(100 ** (n - 1)));
  });

  law(
    "matches in a bipartite graph at the cost of the best permutation, where every vertex is degenerate",
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 }),
    async (costs) => {
      const places = [0, 1, 2, 3];
      const sums = (pick: (row: number, column: number) => boolean): LinearConstraint => ({
        coefficients: costs.map((_, at) => Number(pick(Math.floor(at / 4), at % 4))),
        relation: "=",
        bound: 1,
      });
      const constraints = places.flatMap((k) => [sums((row) => row === k), sums((_, column) => column === k)]);
      const solution = solveLp({ objective: costs, constraints });
      expectOptimal({ objective: costs, constraints }, solution);
      const orders = (rest: number[]): number[][] =>
        rest.length === 0 ? [[]] : rest.flatMap((k) => orders(rest.filter((j) => j !== k)).map((tail) => [k, ...tail]));
      const best = Math.min(
        ...orders(places).map((order) => order.reduce((total, column, row) => total + costs[4 * row + column], 0)),
      );
      await expectClose([solution.value], [best]);
      expect(solution.x.every((share) => Math.abs(share - Math.round(share)) < 1e-12)).toBe(true);
    },
  );

  it("solves a dense program of 60 variables and 200 constraints to rounding", () => {
    const wave = (i: number) => Math.sin(1 + 12.9898 * i * i + 78.233 * i);
    const program: LinearProgram = {
      objective: Array.from({ length: 60 }, (_, j) => wave(j)),
      constraints: [
        ...Array.from({ length: 200 }, (_, i) =>
          atMost(1 + wave(7 * i + 5) ** 2, ...Array.from({ length: 60 }, (_, j) => wave(1000 + 60 * i + j))),
        ),
        atMost(50, ...Array<number>(60).fill(1)),
      ],
    };
    expectOptimal(program, solveLp(program), 1e-13);
  });

  it("solves what has no constraint, repeated constraints, and rows of zeros", async () => {
    expect(solveLp({ objective: [1, 0], constraints: [] })).toEqual({
      x: new Float64Array(2),
      value: 0,
      dual: new Float64Array(0),
    });
    const twice = { coefficients: [1, 1], relation: "=", bound: 2 } as const;
    const program: LinearProgram = { objective: [1, 2], constraints: [twice, twice, atMost(0, 0, 0)] };
    const solution = solveLp(program);
    expectOptimal(program, solution);
    await expectClose(solution.x, [2, 0]);
    expect(outcome({ objective: [1], constraints: [atMost(-1, 0)] })).toBe("infeasible");
    expect(outcome({ objective: [0, 1], constraints: [], free: [1] })).toBe("unbounded");
    expect(outcome({ objective: [0, 0], constraints: [atMost(3, 1, 0)], free: [1] })).toBe(0);
  });

  it("takes what misses a bound by rounding for met", async () => {
    const program = (relation: "=" | "<=", ...more: LinearConstraint[]): LinearProgram => ({
      objective: [2, -3],
      constraints: [
        { coefficients: [-1, -1], relation: ">=", bound: -0.3 },
        { coefficients: [-2, 1], relation, bound: 0.1 },
        ...more,
      ],
    });
    const opposite = (miss: number) => ({ coefficients: [-2, 1], relation: ">=", bound: 0.1 + miss }) as const;
    const { value } = solveLp(program("="));
    await expectClose([value], [-17 / 30]);
    await expectClose([solveLp(program("<=", opposite(1e-11))).value], [value], { tolerance: 1e-9 });
    expect(outcome(program("<=", opposite(1e-7)))).toBe("infeasible");
  });

  it("never gives a variable below 0 that must not be, by rounding either", async () => {
    const { x } = solveLp({
      objective: [1, 3, 1],
      constraints: [
        { coefficients: [-1, -2, 3], relation: "=", bound: -0.2 },
        { coefficients: [-2, -3, 0], relation: "=", bound: -0.3 },
        atMost(0.3, -3, -3, 2),
      ],
    });
    await expectClose(x, [0, 0.1, 0], { tolerance: 1e-15 });
    expect(x.every((value) => value >= 0)).toBe(true);
  });

  it("leaves its program as it was", () => {
    const [objective, coefficients] = [new Float64Array([1, -1]), new Float64Array([2, 3])];
    solveLp({ objective, constraints: [{ coefficients, relation: "<=", bound: 5 }] });
    expect([objective, coefficients]).toEqual([new Float64Array([1, -1]), new Float64Array([2, 3])]);
  });
});

describe("solveLp, wrong arguments", () => {
  const call = (program: Partial<LinearProgram>) => () => solveLp({ objective: [1, 1], constraints: [], ...program });

  it("names what is wrong", () => {
    expect(call({ constraints: [atMost(-1, 1, 1)] })).toThrow(
      new RangeError("solveLp: program is infeasible but must have a point that meets every constraint"),
    );
    expect(call({ objective: [1, -1] })).toThrow(
      new RangeError("solveLp: program is unbounded but must have a least value; bound what its objective rewards"),
    );
    expect(call({ objective: [] })).toThrow(
      new RangeError("solveLp: objective is empty but must have at least one variable"),
    );
    expect(call({ objective: [1, Number.NaN] })).toThrow(
      new RangeError("solveLp: objective holds NaN but must be finite"),
    );
    expect(call({ constraints: [atMost(1, 1)] })).toThrow(
      new RangeError("solveLp: coefficients of constraint 0 has length 1 but must have that of objective, 2"),
    );
    expect(call({ constraints: [atMost(1, 1, 1), atMost(1, 1, -Infinity)] })).toThrow(
      new RangeError("solveLp: coefficients of constraint 1 holds -Infinity but must be finite"),
    );
    expect(call({ constraints: [{ ...atMost(1, 1, 1), relation: "<" as "<=" }] })).toThrow(
      new TypeError('solveLp: relation of constraint 0 is "<" but must be one of <=, >=, ='),
    );
    expect(call({ constraints: [atMost(Infinity, 1, 1)] })).toThrow(
      new RangeError("solveLp: bound of constraint 0 holds Infinity but must be finite"),
    );
    expect(call({ free: [2] })).toThrow(new RangeError("solveLp: free holds 2 but must hold variables in [0, 2)"));
    expect(call({ free: [0.5] })).toThrow(new RangeError("solveLp: free holds 0.5 but must hold variables in [0, 2)"));
  });
});
