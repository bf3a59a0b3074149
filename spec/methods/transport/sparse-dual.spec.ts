import { grad, type Tensor, tensor } from "cotangent";
import { planFromSemiDual, sparseDual, sparseSemiDual } from "cotangent/methods/transport";
import { checkGradient, floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { subsetsOf } from "./support/brute-force.js";

const [m, n] = [4, 3];
const costs = floats([m * n], { min: 0, max: 1 });
const alphas = floats([m], { min: -1, max: 1 });
const betas = floats([n], { min: -1, max: 1 });
const gammas = numbers({ min: 0.1, max: 2 });
const counts = fc.integer({ min: 1, max: m });
const unit = (masses: Float64Array) => masses.map((v) => v / masses.reduce((a, b) => a + b, 0));
const [rows, columns] = [simplex(m).map(unit), simplex(n).map(unit)];
const of = (values: Float64Array) => tensor(values) as Tensor;
const matrix = (values: Float64Array) => tensor(values, { shape: [m, n] }) as Tensor;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const problems = [costs, rows, columns, alphas, gammas, counts] as const;

/** max s·t − (γ/2)‖t‖² over t ≥ 0 on a support, of sum b or of any, by trying all sizes of the support's best part. */
function conjugate(s: number[], gamma: number, total?: number): number {
  const sorted = [...s].sort((x, y) => y - x);
  if (total === undefined) return sum(sorted.map((v) => Math.max(0, v) ** 2)) / (2 * gamma);
  let t: number[] = [];
  for (let r = sorted.length; r >= 1; r--) {
    const tau = (sum(sorted.slice(0, r)) / gamma - total) / r;
    t = sorted.map((v, i) => (i < r ? v / gamma - tau : 0));
    if (t.slice(0, r).every((v) => v >= 0)) break;
  }
  return sum(t.map((v, i) => v * sorted[i])) - (gamma / 2) * sum(t.map((v) => v * v));
}

describe("sparseDual", () => {
  law(
    "takes the best support of k in each column",
    ...problems,
    betas,
    async (cost, a, b, alpha, regularization, nonzeros, beta) => {
      const conjugates = Array.from(b, (_, j) =>
        Math.max(
          ...subsetsOf(m, nonzeros).map((support) =>
            conjugate(
              support.map((i) => alpha[i] + beta[j] - cost[i * n + j]),
              regularization,
            ),
          ),
        ),
      );
      const expected = sum(alpha.map((v, i) => v * a[i])) + sum(beta.map((v, j) => v * b[j])) - sum(conjugates);
      const found = sparseDual(of(alpha), of(beta), matrix(cost), of(a), of(b), { nonzeros, regularization });
      await expectClose(found, expected, { tolerance: 1e-12 });
    },
  );

  law(
    "is concave, and at most the semi-dual, which it reaches at the best beta",
    ...problems,
    betas,
    betas,
    async (cost, a, b, alpha, regularization, nonzeros, beta, other) => {
      const options = { nonzeros, regularization };
      const at = (v: Float64Array) => sparseDual(of(alpha), of(v), matrix(cost), of(a), of(b), options).item();
      const middle = await at(beta.map((v, j) => (v + other[j]) / 2));
      expect(middle).toBeGreaterThanOrEqual(((await at(beta)) + (await at(other))) / 2 - 1e-12);
      const semi = await sparseSemiDual(of(alpha), matrix(cost), of(a), of(b), options).item();
      expect(await at(beta)).toBeLessThanOrEqual(semi + 1e-12);
      // The best β_j makes the column's sum b_j: τ of the projection, by bisection.
      const best = Float64Array.from(b, (mass, j) => {
        let [low, high] = [-20, 20];
        for (let i = 0; i < 80; i++) {
          const beta = (low + high) / 2;
          const scores = Array.from({ length: m }, (_, k) => Math.max(0, alpha[k] + beta - cost[k * n + j])).sort(
            (x, y) => y - x,
          );
          if (sum(scores.slice(0, nonzeros)) / regularization > mass) high = beta;
          else low = beta;
        }
        return low;
      });
      await expectClose([await at(best)], [semi], { tolerance: 1e-10 });
    },
  );

  it("agrees with central differences", async () => {
    const at = (length: number, phase: number) => Float64Array.from({ length }, (_, i) => Math.sin(phase + 2.3 * i));
    const [a, b] = [of(new Float64Array(m).fill(1 / m)), of(new Float64Array(n).fill(1 / n))];
    const f = (x: Record<"alpha" | "beta" | "cost", Tensor>) =>
      sparseDual(x.alpha, x.beta, x.cost, a, b, { nonzeros: 2, regularization: 0.5 });
    await checkGradient(f, { alpha: of(at(m, 1)), beta: of(at(n, 2)), cost: matrix(at(m * n, 3)) }, { order: 2 });
  });
});

describe("sparseSemiDual", () => {
  law(
    "takes the best support of k in each column, of the column's mass",
    ...problems,
    async (cost, a, b, alpha, regularization, nonzeros) => {
      const conjugates = Array.from(b, (mass, j) =>
        Math.max(
          ...subsetsOf(m, nonzeros).map((support) =>
            conjugate(
              support.map((i) => alpha[i] - cost[i * n + j]),
              regularization,
              mass,
            ),
          ),
        ),
      );
      const expected = sum(alpha.map((v, i) => v * a[i])) - sum(conjugates);
      const found = sparseSemiDual(of(alpha), matrix(cost), of(a), of(b), { nonzeros, regularization });
      await expectClose(found, expected, { tolerance: 1e-12 });
    },
  );

  law(
    "is concave and knows alpha only up to a constant",
    ...problems,
    alphas,
    numbers(),
    async (cost, a, b, alpha, regularization, nonzeros, other, shift) => {
      const at = (v: Float64Array) =>
        sparseSemiDual(of(v), matrix(cost), of(a), of(b), { nonzeros, regularization }).item();
      const middle = await at(alpha.map((v, i) => (v + other[i]) / 2));
      expect(middle).toBeGreaterThanOrEqual(((await at(alpha)) + (await at(other))) / 2 - 1e-12);
      await expectClose([await at(alpha.map((v) => v + shift))], [await at(alpha)], { tolerance: 1e-12 });
    },
  );

  law(
    "shifts by uᵀa + vᵀb with the costs",
    ...problems,
    alphas,
    betas,
    async (cost, a, b, alpha, regularization, nonzeros, u, v) => {
      const at = (c: Float64Array, z: Float64Array) =>
        sparseSemiDual(of(z), matrix(c), of(a), of(b), { nonzeros, regularization }).item();
      const shifted = cost.map((c, k) => c + u[Math.floor(k / n)] + v[k % n]);
      const gain = sum(u.map((x, i) => x * a[i])) + sum(v.map((x, j) => x * b[j]));
      await expectClose(
        [
          await at(
            shifted,
            alpha.map((x, i) => x + u[i]),
          ),
        ],
        [(await at(cost, alpha)) + gain],
        { tolerance: 1e-11 },
      );
    },
  );

  law(
    "of one entry is that without regularization, and half of γ‖b‖²",
    costs,
    rows,
    columns,
    alphas,
    gammas,
    async (cost, a, b, alpha, regularization) => {
      const plain =
        sum(alpha.map((v, i) => v * a[i])) -
        sum(b.map((mass, j) => mass * Math.max(...alpha.map((v, i) => v - cost[i * n + j]))));
      const found = sparseSemiDual(of(alpha), matrix(cost), of(a), of(b), { nonzeros: 1, regularization });
      await expectClose(found, plain + (regularization / 2) * sum(b.map((v) => v * v)), { tolerance: 1e-12 });
    },
  );

  law(
    "has the plan for its slopes, up to sign: a − T1 in alpha, T in the costs",
    ...problems,
    async (cost, a, b, alpha, regularization, nonzeros) => {
      const options = { nonzeros, regularization };
      const plan = (await planFromSemiDual(of(alpha), matrix(cost), of(b), options).data()) as Float64Array;
      const slopes = grad((x: { alpha: Tensor; cost: Tensor; a: Tensor }) =>
        sparseSemiDual(x.alpha, x.cost, x.a, of(b), options),
      )({
        alpha: of(alpha),
        cost: matrix(cost),
        a: of(a),
      });
      await expectClose(slopes.cost, plan, { tolerance: 1e-12 });
      await expectClose(
        slopes.alpha,
        a.map((mass, i) => mass - sum(plan.slice(i * n, i * n + n))),
        { tolerance: 1e-12 },
      );
      await expectClose(slopes.a, alpha, { tolerance: 1e-12 });
    },
  );

  it("agrees with central differences to second order", async () => {
    const at = (length: number, phase: number) => Float64Array.from({ length }, (_, i) => Math.sin(phase + 2.3 * i));
    const [a, b] = [of(new Float64Array(m).fill(1 / m)), of(new Float64Array(n).fill(1 / n))];
    const f = (x: Record<"alpha" | "cost", Tensor>) =>
      sparseSemiDual(x.alpha, x.cost, a, b, { nonzeros: 2, regularization: 4 });
    await checkGradient(f, { alpha: of(at(m, 1)), cost: matrix(at(m * n, 3)) }, { order: 2 });
  });
});

describe("planFromSemiDual", () => {
  law(
    "has at most k entries above 0 in a column, of the column's mass",
    ...problems,
    async (cost, _a, b, alpha, regularization, nonzeros) => {
      const plan = await planFromSemiDual(of(alpha), matrix(cost), of(b), { nonzeros, regularization }).data();
      for (let j = 0; j < n; j++) {
        const column = Array.from({ length: m }, (_, i) => plan[i * n + j]);
        expect(column.every((v) => v >= 0)).toBe(true);
        expect(column.filter((v) => v > 0).length).toBeLessThanOrEqual(nonzeros);
        expect(Math.abs(sum(column) - b[j])).toBeLessThan(1e-14);
      }
    },
  );
});

const half = () => tensor(Float64Array.of(0.5, 0.5)) as Tensor;
const zero = () => tensor(new Float64Array(2)) as Tensor;
const square = () => tensor(Float64Array.of(0, 1, 1, 0), { shape: [2, 2] }) as Tensor;
describe.each([
  [
    "sparseDual",
    (p: { alpha: Tensor; cost: Tensor; b: Tensor; options: object }) =>
      sparseDual(p.alpha, zero(), p.cost, half(), p.b, p.options as never),
  ],
  [
    "sparseSemiDual",
    (p: { alpha: Tensor; cost: Tensor; b: Tensor; options: object }) =>
      sparseSemiDual(p.alpha, p.cost, half(), p.b, p.options as never),
  ],
  [
    "planFromSemiDual",
    (p: { alpha: Tensor; cost: Tensor; b: Tensor; options: object }) =>
      planFromSemiDual(p.alpha, p.cost, p.b, p.options as never),
  ],
] as const)("%s", (name, call) => {
  const good = () => ({ alpha: zero(), cost: square(), b: half(), options: { nonzeros: 1, regularization: 1 } });

  it("names what is wrong", () => {
    const f = (change: object) => () => call({ ...good(), ...change });
    expect(f({ cost: zero() })).toThrow(`${name}: cost has shape [2] but must have 2 axes`);
    expect(f({ cost: tensor(Float64Array.of(0, Number.NaN, 1, 0), { shape: [2, 2] }) })).toThrow(
      `${name}: cost holds NaN at 1 but must hold finite numbers`,
    );
    expect(f({ b: tensor(Float64Array.of(1, 0)) })).toThrow(`${name}: columnMasses[1] is 0 but must be > 0`);
    expect(f({ b: tensor(Float64Array.of(0.5, 0.75)) })).toThrow(
      `${name}: columnMasses has sum 1.25 but must have sum 1, within 1e-9`,
    );
    expect(f({ b: tensor([0.5, 0.5]) })).toThrow(
      `${name}: columnMasses is f32 but must match cost, f64; cast one of them`,
    );
    expect(f({ b: tensor(Float64Array.of(1)) })).toThrow(`${name}: columnMasses has shape [1] but must be [2]`);
    expect(f({ alpha: tensor(new Float64Array(3)) })).toThrow(`${name}: alpha has shape [3] but must be [2]`);
    expect(f({ alpha: tensor([0, 0]) })).toThrow(`${name}: alpha is f32 but must match cost, f64; cast one of them`);
    expect(f({ options: { nonzeros: 0, regularization: 1 } })).toThrow(
      `${name}: nonzeros is 0 but must be a whole number ≥ 1`,
    );
    expect(f({ options: { nonzeros: 3, regularization: 1 } })).toThrow(
      `${name}: nonzeros is 3 but must be at most 2, the rows of cost`,
    );
    expect(f({ options: { nonzeros: 1, regularization: 0 } })).toThrow(
      `${name}: regularization is 0 but must be a finite number > 0`,
    );
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const f32 = (values: number[]) => tensor(values, { backend });
      const cost = tensor(
        [
          [0, 1, 0.3],
          [1, 0.2, 0.7],
          [0.4, 0.9, 0.1],
        ],
        { backend },
      );
      const [masses, alpha] = [f32([0.25, 0.5, 0.25]), f32([0.1, 0.4, -0.2])];
      const options = { nonzeros: 2, regularization: 0.5 };
      if (name === "sparseDual") return sparseDual(alpha, f32([0.3, 0.5, 0.4]), cost, masses, masses, options);
      if (name === "sparseSemiDual") return sparseSemiDual(alpha, cost, masses, masses, options);
      return planFromSemiDual(alpha, cost, masses, options);
    });
  });
});

it("row masses may be 0 but not negative", () => {
  const options = { nonzeros: 1, regularization: 1 };
  const a = (values: number[]) => tensor(Float64Array.from(values)) as Tensor;
  expect(() => sparseSemiDual(zero(), square(), a([1, 0]), half(), options)).not.toThrow();
  expect(() => sparseSemiDual(zero(), square(), a([1.5, -0.5]), half(), options)).toThrow(
    "sparseSemiDual: rowMasses[1] is -0.5 but must be ≥ 0",
  );
  expect(() => sparseDual(zero(), a([1]), square(), half(), half(), options)).toThrow(
    "sparseDual: beta has shape [1] but must be [2]",
  );
});
