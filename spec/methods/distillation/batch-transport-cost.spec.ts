import { cpu, grad, type Tensor, tensor, transposeLast } from "cotangent";
import { batchTransportCost, sinkhornPlan } from "cotangent/methods/distillation";
import { checkGradient, distinctFloats, floats, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, rowsOf, softRows, sum, weighed } from "./support/logit-pairs.js";

const costs = fc.integer({ min: 1, max: 5 }).chain((n) => floats([n, n], { min: 0, max: 2 }));
const sizeOf = (values: Float64Array) => Math.round(Math.sqrt(values.length));
const square = (values: Float64Array) => matrix(values, sizeOf(values));

/** Rows and columns over their sums in turn, in plain numbers, as the source has it. */
function plainPlan(cost: Float64Array, regularization: number, rounds: number): number[][] {
  const n = sizeOf(cost);
  let plan = rowsOf(cost, n).map((row) => row.map((d) => Math.exp(-d / regularization)));
  for (let round = 0; round < rounds; round++) {
    plan = plan.map((row) => row.map((x) => x / sum(row)));
    const columns = plan[0].map((_, j) => sum(plan.map((row) => row[j])));
    plan = plan.map((row) => row.map((x, j) => x / columns[j]));
  }
  return plan;
}

/** Two batches of distributions. */
const batches = (rows: number, classes = 3) =>
  fc
    .tuple(...Array.from({ length: 2 * rows }, () => simplex(classes)))
    .map((list) =>
      [list.slice(0, rows), list.slice(rows)].map((half) => Float64Array.from(half.flatMap((row) => [...row]))),
    );
const costOf = (p: Float64Array, q: Float64Array, options = {}, classes = 3) =>
  batchTransportCost(matrix(p, classes), matrix(q, classes), options);
const distancesOf = (p: Float64Array, q: Float64Array, classes = 3) =>
  rowsOf(p, classes).map((a) => rowsOf(q, classes).map((b) => sum(a.map((x, k) => Math.abs(x - b[k])))));

describe("sinkhornPlan", () => {
  law(
    "is the plain iteration where nothing underflows",
    costs,
    fc.integer({ min: 1, max: 8 }),
    async (cost, iterations) => {
      const plan = sinkhornPlan(square(cost), { regularization: 0.3, iterations });
      await expectClose(plan, plainPlan(cost, 0.3, iterations).flat(), { tolerance: 1e-12 });
    },
  );

  law("is ≥ 0 with columns that sum to 1, and rows too after enough rounds", costs, async (cost) => {
    const n = sizeOf(cost);
    const plan = sinkhornPlan(square(cost), { regularization: 1, iterations: 40 });
    for (const share of await plan.data()) expect(share).toBeGreaterThanOrEqual(0);
    await expectClose(plan.sum(0), new Float64Array(n).fill(1), { tolerance: 1e-12 });
    await expectClose(plan.sum(1), new Float64Array(n).fill(1), { tolerance: 1e-8 }); // as far as 40 rounds come
    await expectClose(sinkhornPlan(square(cost)).sum(0), new Float64Array(n).fill(1), { tolerance: 1e-12 });
  });

  law("is 1 / n everywhere as ε grows", costs, async (cost) => {
    const plan = sinkhornPlan(square(cost), { regularization: 1e9 });
    await expectClose(plan, new Float64Array(cost.length).fill(1 / sizeOf(cost)), { tolerance: 1e-8 });
  });

  it("has ε 0.1 and 20 rounds unless told otherwise, and survives an ε at which the kernel underflows", async () => {
    const cost = matrix(Float64Array.of(0, 2, 1.5, 0.1), 2);
    await expectClose(sinkhornPlan(cost), sinkhornPlan(cost, { regularization: 0.1, iterations: 20 }), {
      tolerance: 0,
    });
    await expectClose(sinkhornPlan(cost, { regularization: 1e-4 }), [1, 0, 0, 1], { tolerance: 1e-12 });
  });

  it("names what is wrong", () => {
    const call = (...args: Parameters<typeof sinkhornPlan>) => expect(() => sinkhornPlan(...args));
    const ok = tensor([[0]]);
    call(ok, { regularization: 0 }).toThrow("sinkhornPlan: regularization is 0 but must be a finite number > 0");
    call(ok, { iterations: 0 }).toThrow("sinkhornPlan: iterations is 0 but must be a whole number ≥ 1");
    call(tensor([1])).toThrow("sinkhornPlan: cost has shape [1] but must be [..., n, n]");
    call(tensor([[NaN]])).toThrow("sinkhornPlan: cost holds NaN at 0 but must hold finite numbers");
    call(tensor(Int32Array.of(1)) as unknown as Tensor).toThrow(
      "sinkhornPlan: cost is i32 but must be f32 or f64; cast it",
    );
  });
});

describe("batchTransportCost", () => {
  law("is Σ_j P_ij ‖p_i − q_j‖₁ for each row, reduced or not", batches(3), async ([p, q]) => {
    const distances = distancesOf(p, q);
    const plan = plainPlan(Float64Array.from(distances.flat()), 0.2, 7);
    const expected = plan.map((row, i) => sum(row.map((share, j) => share * distances[i][j])));
    const options = { regularization: 0.2, iterations: 7 };
    await expectClose(costOf(p, q, options), expected, { tolerance: 1e-11 });
    await expectClose(costOf(p, q, { ...options, reduction: "sum" }), [sum(expected)], { tolerance: 1e-11 });
    const mean = await costOf(p, q, { ...options, reduction: "mean" }).item();
    expect(mean).toBeCloseTo(sum(expected) / 3, 11);
    expect(mean).toBeGreaterThanOrEqual(0);
    expect(mean).toBeLessThanOrEqual(2);
  });

  law(
    "does not depend on the order of either batch, at any number of rounds",
    batches(3),
    fc.integer({ min: 1, max: 5 }),
    async ([p, q], iterations) => {
      const turned = (values: Float64Array) => Float64Array.from([...values.slice(3), ...values.slice(0, 3)]);
      const options = { iterations, reduction: "sum" };
      const total = costOf(p, q, options);
      await expectClose(costOf(turned(p), q, options), total, { tolerance: 1e-12 });
      await expectClose(costOf(p, turned(q), options), total, { tolerance: 1e-12 });
      const renamed = (values: Float64Array) => Float64Array.from(rowsOf(values, 3).flatMap(([a, b, c]) => [c, a, b]));
      await expectClose(costOf(renamed(p), renamed(q), options), total, { tolerance: 1e-12 });
    },
  );

  law("is the distance itself for batches of one", batches(1), async ([p, q]) => {
    await expectClose(costOf(p, q), [distancesOf(p, q)[0][0]], { tolerance: 1e-14 });
  });

  law("is the mean of all distances as ε grows", batches(3), async ([p, q]) => {
    await expectClose(costOf(p, q, { regularization: 1e9, reduction: "mean" }), [sum(distancesOf(p, q).flat()) / 9], {
      tolerance: 1e-8,
    });
  });

  it("costs equal batches a little, which vanishes with ε", async () => {
    const p = Float64Array.from(
      softRows(
        Float64Array.from({ length: 15 }, (_, i) => 3 * Math.sin(1 + i * i)),
        3,
      ).flat(),
    );
    const at = (regularization: number) => costOf(p, p, { regularization, reduction: "mean" }).item();
    const [wide, middle, narrow] = [await at(1), await at(0.1), await at(0.01)];
    expect(wide).toBeGreaterThan(0.1);
    expect(middle).toBeGreaterThan(1e-4);
    expect(middle).toBeLessThan(wide / 4);
    expect(narrow).toBeLessThan(middle / 100);
  });

  it("tends to the cost of the best assignment, with many rounds", async () => {
    const numbers = (phase: number) =>
      Float64Array.from(
        softRows(
          Float64Array.from({ length: 16 }, (_, i) => 3 * Math.sin(phase + 7 * i)),
          4,
        ).flat(),
      );
    const [p, q] = [numbers(0), numbers(2)];
    const distances = distancesOf(p, q, 4);
    const orders = (left: readonly number[]): number[][] =>
      left.length === 0
        ? [[]]
        : left.flatMap((one) => orders(left.filter((k) => k !== one)).map((rest) => [one, ...rest]));
    const best = Math.min(...orders([0, 1, 2, 3]).map((order) => sum(order.map((j, i) => distances[i][j])) / 4));
    const place = { backend: cpu(), shape: [4, 4] };
    const cost = batchTransportCost(tensor(p, place) as Tensor, tensor(q, place) as Tensor, {
      ...{ regularization: 1e-3, iterations: 2000, reduction: "mean" },
    });
    expect(Math.abs((await cost.item()) - best)).toBeLessThan(1e-3); // ε itself
  }, 60_000);

  law("has a right gradient through the plan, away from ties", distinctFloats([12]), async (values) => {
    const scaled = values.map((x) => x / 4);
    const [p, q] = [scaled.slice(0, 6), scaled.slice(6)];
    const options = { regularization: 0.5, iterations: 2 };
    await checkGradient((x: Tensor) => weighed(batchTransportCost(x, matrix(q, 3), options)), matrix(p, 3));
    await checkGradient((x: Tensor) => weighed(batchTransportCost(matrix(p, 3), x, options)), matrix(q, 3));
  });

  law("has gradient Σ_j P_ij sign(p_i − q_j) with the plan detached, of size 1 at most", batches(3), async ([p, q]) => {
    const f = (x: Tensor) => batchTransportCost(x, matrix(q, 3), { differentiatePlan: false }).sum();
    const slope = await grad(f)(matrix(p, 3)).data();
    const plan = plainPlan(Float64Array.from(distancesOf(p, q).flat()), 0.1, 20);
    const expected = rowsOf(p, 3).flatMap((row, i) =>
      row.map((x, k) => sum(rowsOf(q, 3).map((other, j) => plan[i][j] * Math.sign(x - other[k])))),
    );
    await expectClose(slope, expected, { tolerance: 1e-9 });
    rowsOf(slope, 3).forEach((row, i) => {
      for (const entry of row) expect(Math.abs(entry)).toBeLessThanOrEqual(sum(plan[i]) + 1e-9);
    });
  });

  it("takes 0 for the slope where entries agree", async () => {
    const p = matrix(Float64Array.of(0.5, 0.5), 2);
    await expectClose(grad((x: Tensor) => batchTransportCost(x, p).sum())(p), [0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((x, { numbers }) => batchTransportCost(x.div(6), numbers(4, 6, 1).div(6)), 1e-4); // 20 rounds of sums in another order, over ε = 0.1
  });

  it("names what is wrong", () => {
    const p = tensor([[0.5, 0.5]]);
    const call = (...args: Parameters<typeof batchTransportCost>) => expect(() => batchTransportCost(...args));
    const name = "batchTransportCost";
    call(p, p, { regularization: -1 }).toThrow(`${name}: regularization is -1 but must be a finite number > 0`);
    call(p, p, { iterations: 1.5 }).toThrow(`${name}: iterations is 1.5 but must be a whole number ≥ 1`);
    call(p, p, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(tensor([1]), p).toThrow(`${name}: p has shape [1] but must have 2 axes`);
    call(p, transposeLast(p)).toThrow(`${name}: q has shape [2, 1] but must match p, [1, 2]`);
    call(p, tensor([[NaN, 1]])).toThrow(`${name}: q holds NaN at 0 but must hold finite numbers`);
    call(p, tensor(Float64Array.of(1, 0), { shape: [1, 2] }) as Tensor).toThrow(
      `${name}: q is f64 but must match p, f32; cast one of them`,
    );
    const empty = tensor(new Float32Array(0), { shape: [0, 2] }) as Tensor;
    call(empty, empty).toThrow(`${name}: p has shape [0, 2] but must have a row and a class`);
  });
});
