import { lyapunovPotential } from "cotangent/methods/transport";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { hessianTimes, newtonDirection } from "../../../src/methods/transport/newton-direction.js";
import { sparsifyPlan } from "../../../src/methods/transport/sparsify-plan.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf, sumsOf, transportProblems } from "./support/transport-problems.js";

const temperatures = numbers({ min: 1, max: 10 });
const potentials = floats([10], { min: -0.3, max: 0.3 });

describe("lyapunovPotential", () => {
  law("is −Σ P / η + r·x + c·y", transportProblems, temperatures, potentials, async (problem, eta, z) => {
    const { cost, rowMasses, columnMasses } = problem;
    const [x, y] = [z.slice(0, cost.rows), z.slice(5, 5 + cost.columns)];
    const plan = cost.values.map((c, at) =>
      Math.exp(eta * (x[Math.floor(at / cost.columns)] + y[at % cost.columns] - c) - 1),
    );
    const expected =
      -plan.reduce((a, b) => a + b, 0) / eta +
      x.reduce((sum, v, i) => sum + v * rowMasses[i], 0) +
      y.reduce((sum, v, j) => sum + v * columnMasses[j], 0);
    await expectClose([lyapunovPotential(problem, eta, x, y).value], [expected], { tolerance: 1e-12 });
  });

  law(
    "has the slopes that differences show, and the Hessian that Newton's method takes",
    transportProblems,
    temperatures,
    potentials,
    floats([10]),
    async (problem, eta, z, d) => {
      const { rows, columns } = problem.cost;
      const at = (t: number) => {
        const [x, y] = [z.slice(0, rows), z.slice(5, 5 + columns)];
        return lyapunovPotential(
          problem,
          eta,
          x.map((v, i) => v + t * d[i]),
          y.map((v, j) => v + t * d[5 + j]),
        );
      };
      const joined = (p: ReturnType<typeof at>) => [...p.rowGradient, ...p.columnGradient];
      const direction = Float64Array.of(...d.slice(0, rows), ...d.slice(5, 5 + columns));
      const along = joined(at(0)).reduce((sum, g, i) => sum + g * direction[i], 0);
      const h = 1e-4;
      const fourth = (f: (t: number) => number) => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
      expect(Math.abs(fourth((t) => at(t).value) - along)).toBeLessThan(1e-8 * Math.max(1, Math.abs(along)));
      const [x, y] = [z.slice(0, rows), z.slice(5, 5 + columns)];
      const plan = matrixOf(
        rows,
        columns,
        problem.cost.values.map((c, k) => Math.exp(eta * (x[Math.floor(k / columns)] + y[k % columns] - c) - 1)),
      );
      const image = new Float64Array(rows + columns);
      const sums = sumsOf(plan);
      hessianTimes(sparsifyPlan(plan, 1), Float64Array.of(...sums.rows, ...sums.columns), eta, direction, image);
      image.forEach((value, i) => {
        const difference = -fourth((t) => joined(at(t))[i]);
        expect(Math.abs(difference - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
      });
    },
  );

  law(
    "is concave, and the same for x + t and y − t",
    transportProblems,
    temperatures,
    potentials,
    potentials,
    numbers(),
    async (problem, eta, a, b, t) => {
      const { rows, columns } = problem.cost;
      const at = (z: Float64Array, shift = 0) =>
        lyapunovPotential(
          problem,
          eta,
          z.slice(0, rows).map((v) => v + shift),
          z.slice(5, 5 + columns).map((v) => v - shift),
        ).value;
      expect(at(a.map((v, i) => (v + b[i]) / 2))).toBeGreaterThanOrEqual((at(a) + at(b)) / 2 - 1e-12);
      await expectClose([at(a, t)], [at(a)], { tolerance: 1e-11 });
    },
  );

  it("names what is wrong", () => {
    const good = { cost: matrixOf(2, 2, [0, 1, 1, 0]), rowMasses: [0.5, 0.5], columnMasses: [0.5, 0.5] };
    expect(() => lyapunovPotential(good, 1, [0], [0, 0])).toThrow("lyapunovPotential: x has length 1 but must have 2");
    expect(() => lyapunovPotential(good, 1, [0, 0], [0, Infinity])).toThrow(
      "lyapunovPotential: y[1] is Infinity but must be finite",
    );
    expect(() => lyapunovPotential(good, 0, [0, 0], [0, 0])).toThrow(
      "lyapunovPotential: inverseTemperature is 0 but must be a finite number > 0",
    );
    expect(() => lyapunovPotential({ ...good, rowMasses: [1, 0] }, 1, [0, 0], [0, 0])).toThrow(
      "lyapunovPotential: rowMasses[1] is 0 but must be above 0; leave it out",
    );
    expect(() => lyapunovPotential({ ...good, columnMasses: [0, 1] }, 1, [0, 0], [0, 0])).toThrow(
      "lyapunovPotential: columnMasses[0] is 0 but must be above 0; leave it out",
    );
    expect(() => lyapunovPotential(good, 1, [Number.NaN, 0], [0, 0])).toThrow(
      "lyapunovPotential: x[0] is NaN but must be finite",
    );
  });
});

describe("the sparse Hessian", () => {
  law(
    "is positive semidefinite, whatever is kept",
    transportProblems,
    numbers({ min: 0.05, max: 1 }),
    floats([10]),
    ({ cost }, density, d) => {
      const plan = matrixOf(
        cost.rows,
        cost.columns,
        cost.values.map((c) => Math.exp(-4 * c)),
      );
      const direction = Float64Array.of(...d.slice(0, cost.rows), ...d.slice(5, 5 + cost.columns));
      const sums = sumsOf(plan);
      const image = new Float64Array(direction.length);
      hessianTimes(sparsifyPlan(plan, density), Float64Array.of(...sums.rows, ...sums.columns), 3, direction, image);
      expect(direction.reduce((sum, v, i) => sum + v * image[i], 0)).toBeGreaterThanOrEqual(-1e-12);
    },
  );

  law(
    "is solved for any right side orthogonal to (1, −1)",
    transportProblems,
    numbers({ min: 0.05, max: 1 }),
    floats([10]),
    async ({ cost }, density, d) => {
      const plan = matrixOf(
        cost.rows,
        cost.columns,
        cost.values.map((c) => Math.exp(-4 * c)),
      );
      const { rows, columns } = sumsOf(plan);
      const right = Float64Array.of(...d.slice(0, cost.rows), ...d.slice(5, 5 + cost.columns));
      const tilt = right.reduce((sum, v, i) => sum + (i < cost.rows ? v : -v), 0) / right.length;
      const balanced = right.map((v, i) => (i < cost.rows ? v - tilt : v + tilt));
      const kept = sparsifyPlan(plan, density);
      const solution = newtonDirection(kept, Float64Array.from(rows), Float64Array.from(columns), 3, balanced);
      const image = new Float64Array(right.length);
      hessianTimes(kept, Float64Array.of(...rows, ...columns), 3, solution!, image);
      await expectClose(image, balanced, { tolerance: 1e-8 });
    },
  );
});
