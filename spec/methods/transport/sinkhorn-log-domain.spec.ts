import { lyapunovPotential, sinkhornLogDomain } from "cotangent/methods/transport";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { apart, matrixOf, sumsOf, transportProblems } from "./support/transport-problems.js";

const temperatures = numbers({ min: 1, max: 20 });

describe("sinkhornLogDomain", () => {
  law(
    "is the plain algorithm, rows and then columns, from potentials of 0",
    transportProblems,
    temperatures,
    async (problem, eta) => {
      const { cost, rowMasses, columnMasses } = problem;
      const { rows: m, columns: n } = cost;
      const plan = cost.values.map((c) => Math.exp(-eta * c - 1));
      const x = new Float64Array(m);
      for (let round = 0; round < 3; round++) {
        const rows = sumsOf({ ...cost, values: plan }).rows;
        rows.forEach((sum, i) => {
          x[i] += Math.log(rowMasses[i] / sum) / eta;
        });
        plan.forEach((v, at) => {
          plan[at] = (v * rowMasses[Math.floor(at / n)]) / rows[Math.floor(at / n)];
        });
        const columns = sumsOf({ ...cost, values: plan }).columns;
        plan.forEach((v, at) => {
          plan[at] = (v * columnMasses[at % n]) / columns[at % n];
        });
      }
      const found = sinkhornLogDomain(problem, { inverseTemperature: eta, maxIterations: 3, tolerance: 1e-300 });
      expect(found.iterations).toBe(3);
      await expectClose(found.plan.values, plan, { tolerance: 1e-12 });
      await expectClose(found.rowPotentials, x, { tolerance: 1e-12 });
      const potentials = Array.from({ length: m * n }, (_, at) =>
        Math.exp(
          eta * (found.rowPotentials[Math.floor(at / n)] + found.columnPotentials[at % n] - cost.values[at]) - 1,
        ),
      );
      await expectClose(potentials, plan, { tolerance: 1e-12 });
    },
  );

  law(
    "meets its columns exactly, and never lets the dual fall",
    transportProblems,
    temperatures,
    async (problem, inverseTemperature) => {
      let before = Number.NEGATIVE_INFINITY;
      for (let maxIterations = 1; maxIterations <= 4; maxIterations++) {
        const found = sinkhornLogDomain(problem, { inverseTemperature, maxIterations, tolerance: 1e-300 });
        await expectClose(sumsOf(found.plan).columns, problem.columnMasses, { tolerance: 1e-14 });
        const { value, columnGradient, rowGradient } = lyapunovPotential(
          problem,
          inverseTemperature,
          found.rowPotentials,
          found.columnPotentials,
        );
        expect(value).toBeGreaterThanOrEqual(before - 1e-13);
        before = value;
        expect(apart(columnGradient, new Float64Array(columnGradient.length))).toBeLessThan(1e-13);
        expect(Math.abs(found.error - apart(rowGradient, new Float64Array(rowGradient.length)))).toBeLessThan(1e-12);
      }
    },
  );

  law(
    "converges within its tolerance to the least objective",
    transportProblems,
    temperatures,
    async (problem, inverseTemperature) => {
      const { plan, objective, error, converged } = sinkhornLogDomain(problem, {
        inverseTemperature,
        tolerance: 1e-11,
      });
      expect(converged).toBe(true);
      const { rows, columns } = sumsOf(plan);
      expect(apart(rows, problem.rowMasses) + apart(columns, problem.columnMasses)).toBeLessThan(2e-11);
      expect(error).toBeLessThanOrEqual(1e-11);
      const at = (values: Float64Array) =>
        values.reduce(
          (sum, p, i) => sum + (p > 0 ? p * (problem.cost.values[i] + Math.log(p) / inverseTemperature) : 0),
          0,
        );
      await expectClose([objective], [at(plan.values)], { tolerance: 1e-12 });
      // a turn of mass between two rows and two columns keeps the sums, and costs more either way
      for (const t of [1e-3, -1e-3]) {
        const moved = plan.values.slice();
        const n = plan.columns;
        const by = t * Math.min(moved[0], moved[1], moved[n], moved[n + 1]);
        for (const [place, sign] of [
          [0, 1],
          [1, -1],
          [n, -1],
          [n + 1, 1],
        ] as const)
          moved[place] += sign * by;
        expect(at(moved)).toBeGreaterThan(objective - 1e-12);
      }
    },
  );

  law("takes the product of the masses where costs are 0, after one round", transportProblems, async (problem) => {
    const free = { ...problem, cost: { ...problem.cost, values: problem.cost.values.map(() => 0) } };
    const { plan, iterations } = sinkhornLogDomain(free, { inverseTemperature: 5 });
    const expected = Array.from(problem.rowMasses).flatMap((r) => Array.from(problem.columnMasses, (c) => r * c));
    await expectClose(plan.values, expected, { tolerance: 1e-13 });
    expect(iterations).toBe(1);
  });

  it("stays finite at any temperature", () => {
    const cost = matrixOf(2, 2, [0, 1e3, 1e3, 0]);
    const { plan } = sinkhornLogDomain(
      { cost, rowMasses: [0.5, 0.5], columnMasses: [0.5, 0.5] },
      { inverseTemperature: 1e6 },
    );
    expect([...plan.values]).toEqual([0.5, 0, 0, 0.5]);
  });

  law(
    "drops what has no mass, and gives it back as zeros",
    transportProblems,
    temperatures,
    fc.boolean(),
    async (problem, inverseTemperature, last) => {
      const { rows, columns, values } = problem.cost;
      const place = last ? rows : 0;
      const wider = matrixOf(rows + 1, columns, [
        ...values.slice(0, place * columns),
        ...Array(columns).fill(7),
        ...values.slice(place * columns),
      ]);
      const rowMasses = [...Array.from(problem.rowMasses)];
      rowMasses.splice(place, 0, 0);
      const found = sinkhornLogDomain({ ...problem, cost: wider, rowMasses }, { inverseTemperature });
      const plain = sinkhornLogDomain(problem, { inverseTemperature });
      const kept = [...found.plan.values];
      expect(kept.splice(place * columns, columns)).toEqual(Array(columns).fill(0));
      expect(kept).toEqual([...plain.plan.values]);
      expect(found.rowPotentials[place]).toBe(Number.NEGATIVE_INFINITY);
      expect(found.objective).toBe(plain.objective);
    },
  );

  it("names what is wrong", () => {
    const good = { cost: matrixOf(2, 2, [0, 1, 1, 0]), rowMasses: [0.5, 0.5], columnMasses: [0.5, 0.5] };
    const call =
      (change: object, options: object = {}) =>
      () =>
        sinkhornLogDomain({ ...good, ...change }, { inverseTemperature: 1, ...options });
    expect(call({ cost: matrixOf(2, 2, [0, 1, 1]) })).toThrow(
      "sinkhornLogDomain: cost is 2 by 2 with 3 values but must have rows · columns of them, at least 1",
    );
    expect(call({ cost: matrixOf(2, 2, [0, 1, Number.NaN, 0]) })).toThrow(
      "sinkhornLogDomain: cost holds NaN at [1, 0] but must hold finite numbers",
    );
    expect(call({ rowMasses: [1] })).toThrow("sinkhornLogDomain: rowMasses has length 1 but must have 2, as cost has");
    expect(call({ columnMasses: [1.5, -0.5] })).toThrow(
      "sinkhornLogDomain: columnMasses[1] is -0.5 but must be a finite number ≥ 0",
    );
    expect(call({ columnMasses: [0.5, 0.625] })).toThrow(
      "sinkhornLogDomain: columnMasses has sum 1.125 but must have that of rowMasses, 1, within 1e-9",
    );
    expect(call({ rowMasses: [0, 0], columnMasses: [0, 0] })).toThrow(
      "sinkhornLogDomain: rowMasses is 0 throughout but must have mass",
    );
    expect(call({}, { inverseTemperature: 0 })).toThrow(
      "sinkhornLogDomain: inverseTemperature is 0 but must be a finite number > 0",
    );
    expect(call({}, { tolerance: 0 })).toThrow("sinkhornLogDomain: tolerance is 0 but must be a finite number > 0");
    expect(call({}, { maxIterations: -1 })).toThrow(
      "sinkhornLogDomain: maxIterations is -1 but must be a whole number ≥ 0",
    );
  });
});
