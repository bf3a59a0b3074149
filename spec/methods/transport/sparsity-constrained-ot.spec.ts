import { grad, type Tensor, tensor } from "cotangent";
import { type SparsityConstrainedOtOptions, sparseSemiDual, sparsityConstrainedOt } from "cotangent/methods/transport";
import { seeds, sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { leastCost, subsetsOf } from "./support/brute-force.js";

const of = (values: ArrayLike<number>, shape = [values.length]) =>
  tensor(Float64Array.from(values), { shape }) as Tensor;
interface Problem {
  readonly cost: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}
function drawn(m: number, n: number, seed: number): Problem {
  const random = sfc32(seed);
  const masses = (size: number) => {
    const list = Float64Array.from({ length: size }, () => 0.3 + random());
    const total = list.reduce((x, y) => x + y);
    return list.map((v) => v / total);
  };
  return { cost: Float64Array.from({ length: m * n }, random), a: masses(m), b: masses(n) };
}
async function solved({ cost, a, b }: Problem, options: SparsityConstrainedOtOptions) {
  const result = await sparsityConstrainedOt(of(cost, [a.length, b.length]), of(a), of(b), options);
  const [potential, plan] = [await result.potential.data(), await result.plan.data()];
  result.potential.dispose();
  result.plan.dispose();
  return { ...result, potential: potential as Float64Array, plan: plan as Float64Array };
}
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((x, y) => x + y, 0);
const squares = (values: ArrayLike<number>) => sum(Array.from(values, (v) => v * v));

describe("sparsityConstrainedOt", () => {
  it.each([0, 1, 2])(
    "with all rows is quadratic transport: its plan meets the masses and the conditions of the optimum (seed %i)",
    async (seed) => {
      const problem = drawn(5, 4, seed);
      const { cost, a, b } = problem;
      const { plan, value, rowResidual, columnNonzeros, stopped, potential } = await solved(problem, {
        nonzeros: 5,
        regularization: 0.2,
      });
      expect(stopped).not.toBe("iterations");
      expect(rowResidual).toBeLessThan(1e-7);
      expect(Math.abs(sum(potential))).toBeLessThan(1e-12);
      await expectClose([value], [sum(cost.map((c, k) => c * plan[k])) + 0.1 * squares(plan)], { tolerance: 1e-7 });
      // cost + γT − α_i − β_j is 0 where T > 0 and ≥ 0 elsewhere
      for (let j = 0; j < 4; j++) {
        const slack = Array.from(a, (_, i) => cost[i * 4 + j] + 0.2 * plan[i * 4 + j] - potential[i]);
        const beta = Math.min(...slack);
        slack.forEach((s, i) => {
          if (plan[i * 4 + j] > 0) expect(Math.abs(s - beta)).toBeLessThan(1e-9);
        });
        expect(columnNonzeros[j]).toBe(Array.from(a, (_, i) => plan[i * 4 + j]).filter((v) => v > 0).length);
        expect(Math.abs(sum(Array.from(a, (_, i) => plan[i * 4 + j])) - b[j])).toBeLessThan(1e-13);
      }
    },
  );

  it.each([0, 1])("falls with k, and is a bound of every plan with k entries a column (seed %i)", async (seed) => {
    const problem = drawn(4, 3, seed);
    const { cost, a, b } = problem;
    const values: number[] = [];
    for (let nonzeros = 1; nonzeros <= 4; nonzeros++) {
      const result = await solved(problem, { nonzeros, regularization: 0.2 });
      expect(Math.max(...result.columnNonzeros)).toBeLessThanOrEqual(nonzeros);
      values.push(result.value);
    }
    values.forEach((value, k) => {
      if (k > 0) expect(value).toBeLessThanOrEqual(values[k - 1] + 1e-7); // what L-BFGS leaves at a kink
    });
    // a plan that fills columns from the rows in turn has few entries a column
    for (const order of [
      [0, 1, 2, 3],
      [3, 1, 0, 2],
      [2, 0, 3, 1],
    ]) {
      const plan = new Float64Array(12);
      const [rest, room] = [a.slice(), b.slice()];
      let j = 0;
      for (const i of order) {
        while (rest[i] > 1e-12 && j < 3) {
          const mass = Math.min(rest[i], room[j]);
          plan[i * 3 + j] += mass;
          rest[i] -= mass;
          room[j] -= mass;
          if (room[j] <= 1e-12) j += 1;
        }
      }
      const most = Math.max(...[0, 1, 2].map((c) => order.filter((i) => plan[i * 3 + c] > 0).length));
      const total = sum(cost.map((c, k) => c * plan[k])) + 0.1 * squares(plan);
      expect(values[most - 1]).toBeLessThanOrEqual(total + 1e-9);
    }
    expect(subsetsOf(4, 2)).toHaveLength(6);
  });

  it.each([0, 1])("of one entry is plain transport and half of γ‖b‖² (seed %i)", async (seed) => {
    const problem = drawn(4, 3, seed);
    const { value, plan, rowResidual } = await solved(problem, { nonzeros: 1, regularization: 0.2, annealFrom: 10 });
    const off = problem.a.map((mass, i) => Math.abs(sum(plan.slice(3 * i, 3 * i + 3)) - mass));
    await expectClose([rowResidual], [sum(off)], { tolerance: 1e-14 });
    expect(rowResidual).toBeGreaterThan(0.01); // four rows of three columns with an entry each
    const expected = leastCost(problem.cost, problem.a, problem.b) + 0.1 * squares(problem.b);
    expect(value).toBeLessThanOrEqual(expected + 1e-10);
    expect(value).toBeGreaterThan(expected - 5e-3); // a kink stalls L-BFGS
  });

  it("goes to plain transport with its regularization", async () => {
    const problem = drawn(4, 3, 3);
    const best = leastCost(problem.cost, problem.a, problem.b);
    const gaps: number[] = [];
    for (const regularization of [1, 0.1, 0.01]) {
      const { value } = await solved(problem, { nonzeros: 4, regularization, annealFrom: 1 });
      gaps.push(value - best);
    }
    expect(gaps[0]).toBeGreaterThan(gaps[1]);
    expect(gaps[1]).toBeGreaterThan(gaps[2]);
    expect(gaps[2]).toBeLessThan(0.005 * squares(problem.b) * 4);
    expect(gaps[2]).toBeGreaterThan(0);
  });

  it("turns with its rows and columns", async () => {
    const problem = drawn(4, 3, 5);
    const plain = await solved(problem, { nonzeros: 3, regularization: 0.2 });
    const turned = await solved(
      { cost: problem.cost.slice().reverse(), a: problem.a.slice().reverse(), b: problem.b.slice().reverse() },
      { nonzeros: 3, regularization: 0.2 },
    );
    await expectClose(turned.plan.slice().reverse(), plain.plan, { tolerance: 1e-6 });
    await expectClose([turned.value], [plain.value], { tolerance: 1e-9 });
  });

  it("has the plan and the potential for slopes of its value", async () => {
    const problem = drawn(4, 3, 7);
    const { cost, a, b } = problem;
    const options = { nonzeros: 4, regularization: 0.3 };
    const { plan, potential } = await solved(problem, options);
    const towards = Float64Array.from(cost, (_, k) => Math.sin(k + 1));
    const turn = Float64Array.of(1, -2, 0.5, 0.5); // sums to 0: masses stay a distribution
    const h = 1e-4;
    const costAt = async (t: number) =>
      (await solved({ ...problem, cost: cost.map((c, k) => c + t * towards[k]) }, options)).value;
    const massAt = async (t: number) =>
      (await solved({ ...problem, a: a.map((v, i) => v + 0.1 * t * turn[i]) }, options)).value;
    const slope = async (f: (t: number) => Promise<number>) => ((await f(h)) - (await f(-h))) / (2 * h);
    expect(Math.abs((await slope(costAt)) - sum(plan.map((v, k) => v * towards[k])))).toBeLessThan(1e-5); // solved to 1e-9, over 2h
    expect(Math.abs((await slope(massAt)) - 0.1 * sum(potential.map((v, i) => v * turn[i])))).toBeLessThan(1e-5);
    const layer = grad((c: Tensor) => sparseSemiDual(of(potential), c, of(a), of(b), options))(of(cost, [4, 3]));
    await expectClose(layer, plan, { tolerance: 1e-12 });
  });

  it("weighs squares by a tenth of the mean cost by default", async () => {
    const problem = drawn(4, 3, 9);
    const plain = await solved(problem, { nonzeros: 3 });
    const spelled = await solved(problem, {
      nonzeros: 3,
      regularization: (0.1 * sum(problem.cost)) / 12,
      memory: 10,
      maxIterations: 500,
      tolerance: 1e-9,
    });
    await expectClose([plain.value], [spelled.value], { tolerance: 1e-12 });
    await expectClose([(await solved({ ...problem, cost: new Float64Array(12) }, { nonzeros: 4 })).rowResidual], [0], {
      tolerance: 1e-8,
    });
  });

  it("takes 500 steps at most by default", async () => {
    const narrow = { nonzeros: 12, regularization: 1e-5, tolerance: 0, memory: 1 };
    const { iterations, stopped } = await solved(drawn(12, 12, 1), narrow);
    expect([iterations, stopped]).toEqual([500, "iterations"]);
  });

  it("anneals: the value is that of the last regularization, and steps are counted together", async () => {
    const problem = drawn(4, 3, 11);
    const cold = await solved(problem, { nonzeros: 4, regularization: 0.1 });
    const annealed = await solved(problem, { nonzeros: 4, regularization: 0.1, annealFrom: 4 });
    await expectClose([annealed.value], [cold.value], { tolerance: 1e-9 });
    await expectClose(annealed.plan, cold.plan, { tolerance: 1e-7 });
    const first = await solved(problem, { nonzeros: 4, regularization: 4 });
    expect(annealed.iterations).toBeGreaterThan(first.iterations);
    expect(annealed.evaluations).toBeGreaterThan(annealed.iterations);
  });

  it("quarters a larger regularization down to the last, each stage with steps of its own", async () => {
    const problem = drawn(4, 3, 11);
    const steps = async (annealFrom?: number) => {
      const options = { nonzeros: 4, regularization: 0.1, maxIterations: 1 };
      return (await solved(problem, annealFrom === undefined ? options : { ...options, annealFrom })).iterations;
    };
    expect(await steps()).toBe(1);
    expect(await steps(0.1)).toBe(1);
    expect(await steps(0.11)).toBe(2);
    expect(await steps(4)).toBe(4); // 4, 1, 0.25, 0.1
  });

  it("has a potential of mean 0 where masses differ by what they may", async () => {
    const problem = drawn(4, 3, 5);
    const a = problem.a.map((mass) => mass * (1 + 9e-10));
    const { potential } = await solved({ ...problem, a }, { nonzeros: 4, regularization: 0.2, tolerance: 0 });
    expect(Math.abs(sum(potential))).toBeLessThan(1e-13);
  });

  law("leaves nothing behind but its potential and its plan", seeds, async (seed) => {
    await solved(drawn(3, 2, seed), { nonzeros: 2, maxIterations: 1 });
  });

  it("warns where columns cannot take from all rows", async () => {
    const said: string[] = [];
    const onWarning = (message: string) => said.push(message);
    const problem = drawn(4, 3, 1);
    await solved(problem, { nonzeros: 2, onWarning });
    await solved({ ...problem, a: Float64Array.of(0.5, 0.25, 0.25, 0) }, { nonzeros: 1, onWarning });
    expect(said).toEqual([]);
    await solved(problem, { nonzeros: 1, onWarning });
    expect(said).toEqual([
      "sparsityConstrainedOt: 3 columns of 1 entries cannot take from all 4 rows that have mass; no plan of them has those row masses",
    ]);
  });

  it("names what is wrong", async () => {
    const name = "sparsityConstrainedOt";
    const half = of([0.5, 0.5]);
    const call = (options: object, cost = of([0, 1, 1, 0], [2, 2]), a = half) =>
      sparsityConstrainedOt(cost, a, half, { nonzeros: 1, ...options });
    await expect(call({ nonzeros: 3 })).rejects.toThrow(
      `${name}: nonzeros is 3 but must be at most 2, the rows of cost`,
    );
    await expect(call({ regularization: 0 })).rejects.toThrow(
      `${name}: regularization is 0 but must be a finite number > 0`,
    );
    await expect(call({ annealFrom: 0 })).rejects.toThrow(`${name}: annealFrom is 0 but must be a finite number > 0`);
    await expect(call({ maxIterations: 0 })).rejects.toThrow(
      `${name}: maxIterations is 0 but must be a whole number ≥ 1`,
    );
    await expect(call({ memory: 0 })).rejects.toThrow(`${name}: memory is 0 but must be a whole number ≥ 1`);
    await expect(call({ tolerance: -1 })).rejects.toThrow(`${name}: tolerance is -1 but must be a finite number ≥ 0`);
    await expect(call({}, of([0, Number.NaN, 1, 0], [2, 2]))).rejects.toThrow(
      `${name}: cost holds NaN at 1 but must hold finite numbers`,
    );
    await expect(call({}, of([0, 1, 1, 0], [2, 2]), of([0.5, 0.625]))).rejects.toThrow(
      `${name}: rowMasses has sum 1.125 but must have sum 1, within 1e-9`,
    );
    await expect(call({}, of([0, 1, 1, 0], [2, 2]), of([1.5, -0.5]))).rejects.toThrow(
      `${name}: rowMasses[1] is -0.5 but must be ≥ 0`,
    );
  });
});
