import {
  lyapunovPotential,
  type SinkhornNewtonSparseOptions,
  sinkhornLogDomain,
  sinkhornNewtonSparse,
  type TransportProblem,
} from "cotangent/methods/transport";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { apart, matrixOf, sumsOf, transportProblems, uniformProblem } from "./support/transport-problems.js";

const temperatures = numbers({ min: 2, max: 40 });
const densities = fc.constantFrom(undefined, 0.5, 1);
const few = { sinkhornIterations: 2, newtonIterations: 200 };
const solve = (
  problem: TransportProblem,
  inverseTemperature: number,
  density?: number,
  more: Partial<SinkhornNewtonSparseOptions> = {},
) =>
  sinkhornNewtonSparse(problem, { inverseTemperature, ...few, ...(density === undefined ? {} : { density }), ...more });

describe("sinkhornNewtonSparse", () => {
  law(
    "finds the plan that Sinkhorn's algorithm finds",
    transportProblems,
    temperatures,
    densities,
    async (problem, eta, density) => {
      const found = solve(problem, eta, density);
      expect(found.converged).toBe(true);
      expect(found.error).toBeLessThanOrEqual(1e-9);
      const { rows, columns } = sumsOf(found.plan);
      expect(apart(rows, problem.rowMasses) + apart(columns, problem.columnMasses)).toBeLessThan(1.01e-9);
      const slow = sinkhornLogDomain(problem, { inverseTemperature: eta, tolerance: 1e-10, maxIterations: 200_000 });
      expect(apart(found.plan.values, slow.plan.values)).toBeLessThan(1e-8);
      await expectClose([found.objective], [slow.objective], { tolerance: 1e-8 });
    },
  );

  law("raises the dual at every step", transportProblems, temperatures, densities, (problem, eta, density) => {
    let before = Number.NEGATIVE_INFINITY;
    for (let newtonIterations = 0; newtonIterations < 6; newtonIterations++) {
      const { rowPotentials, columnPotentials } = solve(problem, eta, density, { newtonIterations });
      const { value } = lyapunovPotential(problem, eta, rowPotentials, columnPotentials);
      expect(value).toBeGreaterThanOrEqual(before - 1e-12);
      before = value;
    }
  });

  law(
    "with all of the Hessian steps as Newton does, and squares the error in the end",
    transportProblems,
    numbers({ min: 2, max: 10 }),
    (problem, eta) => {
      const errors = Array.from({ length: 30 }, (_, newtonIterations) =>
        solve(problem, eta, 1, { newtonIterations, tolerance: 1e-13 }),
      );
      const tail = errors.map(({ error }) => error).filter((error) => error < 1e-2 && error > 1e-7);
      tail.forEach((error, i) => {
        if (i + 1 < tail.length && tail[i + 1] < error) expect(tail[i + 1]).toBeLessThan(1e3 * error ** 2);
      });
      const from = errors.findIndex(({ error }) => error < 1e-4);
      expect(errors[errors.length - 1].sinkhornIterations).toBe(2); // no step failed
      expect(errors[from + 4].error).toBeLessThan(1e-11);
    },
  );

  it("with all of the Hessian takes the step that solves the dense system", async () => {
    const problem = { cost: matrixOf(2, 2, [0, 0.7, 0.4, 0.1]), rowMasses: [0.3, 0.7], columnMasses: [0.6, 0.4] };
    const eta = 3;
    const [before, after] = [0, 1].map((newtonIterations) =>
      solve(problem, eta, 1, { newtonIterations, sinkhornIterations: 1 }),
    );
    expect([before.newtonIterations, after.newtonIterations]).toEqual([0, 1]);
    const [p, q, r, s] = before.plan.values;
    // y₂ stays: three unknowns by elimination of x, as a check by hand
    const [g1, g2] = [0.3 - p - q, 0.7 - r - s];
    const h = [0.6 - p - r, 0.4 - q - s];
    const a = (p * q) / (p + q) + (r * s) / (r + s);
    const right = h[0] - (p * g1) / (p + q) - (r * g2) / (r + s);
    const y = right / (eta * a);
    const x = [(g1 / eta - p * y) / (p + q), (g2 / eta - r * y) / (r + s)];
    const shift = after.columnPotentials[1] - before.columnPotentials[1];
    const change = [0, 1].map((i) => after.rowPotentials[i] - before.rowPotentials[i] + shift);
    await expectClose(change, x, { tolerance: 1e-8 });
    await expectClose([after.columnPotentials[0] - before.columnPotentials[0] - shift], [y], { tolerance: 1e-8 });
  });

  law(
    "knows costs only up to what rows and columns add",
    transportProblems,
    temperatures,
    floats([10]),
    async (problem, eta, shift) => {
      const { rows, columns, values } = problem.cost;
      const shifted = matrixOf(
        rows,
        columns,
        values.map((c, at) => c + shift[Math.floor(at / columns)] + shift[5 + (at % columns)]),
      );
      const moved = solve({ ...problem, cost: shifted }, eta, undefined, { sinkhornIterations: 1, tolerance: 1e-12 });
      await expectClose(moved.plan.values, solve(problem, eta, undefined, { tolerance: 1e-12 }).plan.values, {
        tolerance: 1e-9,
      });
    },
  );

  law(
    "turns with its rows and columns, and scales with its costs",
    transportProblems,
    temperatures,
    numbers({ min: 0.1, max: 5 }),
    async (problem, eta, scale) => {
      const { rows, columns, values } = problem.cost;
      const found = solve(problem, eta, undefined, { tolerance: 1e-12 });
      const turned = solve(
        {
          cost: matrixOf(rows, columns, values.slice().reverse()),
          rowMasses: Array.from(problem.rowMasses).reverse(),
          columnMasses: Array.from(problem.columnMasses).reverse(),
        },
        eta,
        undefined,
        { tolerance: 1e-12 },
      );
      await expectClose(turned.plan.values.slice().reverse(), found.plan.values, { tolerance: 1e-10 });
      const larger = {
        ...problem,
        cost: matrixOf(
          rows,
          columns,
          values.map((c) => scale * c),
        ),
      };
      await expectClose(solve(larger, eta / scale, undefined, { tolerance: 1e-12 }).plan.values, found.plan.values, {
        tolerance: 1e-10,
      });
    },
  );

  law(
    "has the plan for the slope of its objective in the costs",
    transportProblems,
    numbers({ min: 2, max: 10 }),
    floats([25]),
    async (problem, eta, d) => {
      const at = (t: number) => {
        const cost = { ...problem.cost, values: problem.cost.values.map((c, i) => c + t * d[i]) };
        return solve({ ...problem, cost }, eta, 1, { tolerance: 1e-12 });
      };
      const h = 1e-3;
      const slope =
        (8 * (at(h).objective - at(-h).objective) - (at(2 * h).objective - at(-2 * h).objective)) / (12 * h);
      const expected = at(0).plan.values.reduce((sum, mass, i) => sum + mass * d[i], 0);
      expect(Math.abs(slope - expected)).toBeLessThan(1e-7);
    },
  );

  law(
    "has nothing to do where costs are 0, or there is one row",
    transportProblems,
    temperatures,
    async (problem, eta) => {
      const free = { ...problem, cost: { ...problem.cost, values: problem.cost.values.map(() => 0) } };
      const found = sinkhornNewtonSparse(free, { inverseTemperature: eta });
      expect([found.sinkhornIterations, found.newtonIterations]).toEqual([1, 0]);
      const { columnMasses } = problem;
      const one = {
        cost: matrixOf(1, columnMasses.length, columnMasses),
        rowMasses: [Array.from(columnMasses).reduce((a, b) => a + b)],
        columnMasses,
      };
      await expectClose(sinkhornNewtonSparse(one, { inverseTemperature: eta }).plan.values, columnMasses, {
        tolerance: 1e-13,
      });
    },
  );

  law("makes masses exact if asked to", transportProblems, temperatures, async (problem, inverseTemperature) => {
    const rough = { inverseTemperature, tolerance: 1e-3, sinkhornIterations: 1, newtonIterations: 1 };
    const { plan, error } = sinkhornNewtonSparse(problem, { ...rough, exactMasses: true });
    const { rows, columns } = sumsOf(plan);
    await expectClose(rows, problem.rowMasses, { tolerance: 1e-14 });
    await expectClose(columns, problem.columnMasses, { tolerance: 1e-14 });
    expect(error).toBeLessThan(1e-13);
    expect(plan.values.every((mass) => mass >= 0)).toBe(true);
    const plain = sinkhornNewtonSparse(problem, rough);
    expect(apart(plan.values, plain.plan.values)).toBeLessThanOrEqual(2 * plain.error + 1e-13);
  });

  it("starts with 20 rounds and keeps 2/n of the plan by default", () => {
    const problem = uniformProblem(20, 3);
    const options = { inverseTemperature: 60 };
    const plain = sinkhornNewtonSparse(problem, options);
    expect(plain).toEqual(
      sinkhornNewtonSparse(problem, {
        ...options,
        sinkhornIterations: 20,
        density: 0.1,
        newtonIterations: 60,
        tolerance: 1e-9,
      }),
    );
    const { sinkhornIterations } = sinkhornNewtonSparse(problem, { ...options, newtonIterations: 0 });
    expect(sinkhornIterations).toBe(20);
    expect(plain.newtonIterations).toBeGreaterThan(0);
  });

  it("stops where the error is the tolerance", () => {
    const problem = uniformProblem(6, 3);
    const { error } = sinkhornNewtonSparse(problem, {
      inverseTemperature: 20,
      sinkhornIterations: 2,
      newtonIterations: 0,
    });
    for (const most of [2, 5]) {
      const { sinkhornIterations, newtonIterations, converged } = sinkhornNewtonSparse(problem, {
        inverseTemperature: 20,
        tolerance: error,
        sinkhornIterations: most,
      });
      expect([sinkhornIterations, newtonIterations, converged]).toEqual([2, 0, true]);
    }
  });

  it("goes on where rows have no mass", () => {
    const problem = { cost: matrixOf(3, 2, [0, 1, 5, 5, 1, 0]), rowMasses: [0.4, 0, 0.6], columnMasses: [0.5, 0.5] };
    const { plan, converged } = sinkhornNewtonSparse(problem, { inverseTemperature: 10 });
    expect(converged).toBe(true);
    expect([...plan.values.slice(2, 4)]).toEqual([0, 0]);
  });

  it("takes the steps that it takes without rows and columns of no mass", () => {
    const cost = matrixOf(3, 4, [0, 7, 0.7, 0.2, 5, 9, 5, 5, 0.4, 8, 0.1, 0.6]);
    const whole = { cost, rowMasses: [0.4, 0, 0.6], columnMasses: [0.3, 0, 0.2, 0.5] };
    const part = {
      cost: matrixOf(2, 3, [0, 0.7, 0.2, 0.4, 0.1, 0.6]),
      rowMasses: [0.4, 0.6],
      columnMasses: [0.3, 0.2, 0.5],
    };
    const [found, expected] = [whole, part].map((problem) => solve(problem, 10, 1, { sinkhornIterations: 1 }));
    expect(found.newtonIterations).toBe(expected.newtonIterations);
    expect(found.newtonIterations).toBeGreaterThan(0);
    expect(found.objective).toBe(expected.objective);
    expect([...found.rowPotentials]).toEqual([
      expected.rowPotentials[0],
      Number.NEGATIVE_INFINITY,
      expected.rowPotentials[1],
    ]);
    expect(found.columnPotentials[1]).toBe(Number.NEGATIVE_INFINITY);
  });

  it("names what is wrong", () => {
    const good = { cost: matrixOf(2, 2, [0, 1, 1, 0]), rowMasses: [0.5, 0.5], columnMasses: [0.5, 0.5] };
    const call =
      (change: object, options: object = {}) =>
      () =>
        sinkhornNewtonSparse({ ...good, ...change }, { inverseTemperature: 1, ...options });
    const [name, count] = ["sinkhornNewtonSparse", "a whole number ≥ 0"];
    expect(call({ rowMasses: [0.5, -0.5] })).toThrow(`${name}: rowMasses[1] is -0.5 but must be a finite number ≥ 0`);
    expect(call({ rowMasses: [0.5, 0.25] })).toThrow(
      `${name}: columnMasses has sum 1 but must have that of rowMasses, 0.75, within 1e-9`,
    );
    expect(call({ cost: matrixOf(2, 2, [0, Infinity, 1, 0]) })).toThrow(
      `${name}: cost holds Infinity at [0, 1] but must hold finite numbers`,
    );
    expect(call({}, { inverseTemperature: -1 })).toThrow(
      `${name}: inverseTemperature is -1 but must be a finite number > 0`,
    );
    expect(call({}, { density: 0 })).toThrow(`${name}: density is 0 but must be in (0, 1]`);
    expect(call({}, { density: 2 })).toThrow(`${name}: density is 2 but must be in (0, 1]`);
    expect(call({}, { tolerance: 0 })).toThrow(`${name}: tolerance is 0 but must be a finite number > 0`);
    expect(call({}, { sinkhornIterations: -1 })).toThrow(`${name}: sinkhornIterations is -1 but must be ${count}`);
    expect(call({}, { newtonIterations: 0.5 })).toThrow(`${name}: newtonIterations is 0.5 but must be ${count}`);
  });
});
