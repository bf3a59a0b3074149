import { type Tensor, tensor } from "cotangent";
import { sinkhornLogDomain, sparsityConstrainedOt } from "cotangent/methods/transport";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { leastCost } from "./support/brute-force.js";
import { matrixOf } from "./support/transport-problems.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2, 3, 4] : [0, 1];
const [m, n, gamma] = [8, 6, 0.2];
const of = (values: ArrayLike<number>, shape = [values.length]) =>
  tensor(Float64Array.from(values), { shape }) as Tensor;
const uniform = (size: number) => new Float64Array(size).fill(1 / size);

async function solved(cost: Float64Array, rows: number, columns: number, nonzeros: number, regularization?: number) {
  const options = { nonzeros, maxIterations: 3000, ...(regularization === undefined ? {} : { regularization }) };
  const result = await sparsityConstrainedOt(
    of(cost, [rows, columns]),
    of(uniform(rows)),
    of(uniform(columns)),
    options,
  );
  result.potential.dispose();
  result.plan.dispose();
  return result;
}

describe("sparsityConstrainedOt on uniform random costs", () => {
  it("goes from plain to quadratic transport as k grows", async () => {
    const runs: {
      values: number[];
      gap: number;
      from: number;
      residuals: [number, number];
      steps: [number, number];
    }[] = [];
    for (const seed of seeds) {
      const cost = Float64Array.from({ length: m * n }, sfc32(seed));
      const all: Awaited<ReturnType<typeof solved>>[] = [];
      for (let k = 1; k <= m; k++) all.push(await solved(cost, m, n, k, gamma));
      const widest = Math.max(...all[m - 1].columnNonzeros); // the support of quadratic transport
      runs.push({
        values: all.map(({ value }) => value),
        gap: leastCost(cost, uniform(m), uniform(n)) + gamma / 2 / n - all[0].value,
        from: widest,
        residuals: [all[0].rowResidual, all[widest - 1].rowResidual],
        steps: [all[0].iterations, all[m - 1].iterations],
      });
    }
    const falls = runs.every(({ values }) => values.every((value, k) => k === 0 || value <= values[k - 1] + 1e-7));
    const isNear = runs.every(({ gap }) => gap > -1e-9 && gap < 1e-3);
    const settles = runs.every(({ values, from }) =>
      values.slice(from - 1).every((value) => Math.abs(value - values[m - 1]) < 1e-7),
    );
    const meets = runs.every(({ residuals: [first, rest] }) => first > 0.1 && rest < 1e-6);
    const isHarder = runs.every(({ steps: [first, last] }) => first >= 2 * last);
    tellClaim({
      method: "sparsityConstrainedOt",
      claim:
        "the number of entries a column may have interpolates between plain and quadratically regularized transport",
      run: `${m} × ${n} uniform costs, γ = ${gamma}, k = 1 … ${m}, ${seeds.length} of 5 seeds`,
      figure: runs
        .map(
          ({ gap, from, residuals }) =>
            `below plain transport by ${gap.toExponential(1)} at k = 1, constant from ${from}, rows off by ${residuals[0].toFixed(2)} and ${residuals[1].toExponential(0)}`,
        )
        .join("; "),
      seen: falls && isNear && settles && meets,
    });
    tellClaim({
      method: "sparsityConstrainedOt",
      claim: "the fewer entries a column may have, the harder the optimization: twice the steps at k = 1",
      run: `the same problems, L-BFGS to a slope of 1e-9 or until it stalls`,
      figure: runs.map(({ steps }) => `${steps[0]} steps at k = 1, ${steps[1]} at k = ${m}`).join("; "),
      seen: isHarder,
    });
    expect(falls).toBe(true);
    expect(isNear).toBe(true);
    expect(settles).toBe(true);
    expect(meets).toBe(true);
    expect(isHarder).toBe(true);
  }, 120_000);

  it("keeps 8 experts to their capacity of 64 tokens, where Sinkhorn's plan uses all pairs", async () => {
    const [tokens, experts] = [64, 8];
    const cost = Float64Array.from({ length: tokens * experts }, sfc32(100));
    const taken: number[] = [];
    const capacities = long ? [8, 9, 10, 11, 12, 13, 14, 15, 16] : [8, 16];
    for (const capacity of capacities) {
      const { columnNonzeros } = await solved(cost, tokens, experts, capacity);
      taken.push(Math.max(...columnNonzeros));
    }
    const problem = {
      cost: matrixOf(tokens, experts, cost),
      rowMasses: uniform(tokens),
      columnMasses: uniform(experts),
    };
    const { plan } = sinkhornLogDomain(problem, { inverseTemperature: 20 });
    const dense = plan.values.filter((mass) => mass > 0).length;
    tellClaim({
      method: "sparsityConstrainedOt",
      claim: "no expert takes more tokens than its capacity",
      run: `${tokens} tokens, ${experts} experts, uniform costs, capacities ${capacities.join(", ")}`,
      figure: `at most ${taken.join(", ")} tokens; Sinkhorn's plan has ${dense} entries`,
      seen: taken.every((count, i) => count <= capacities[i]) && dense === tokens * experts,
    });
    taken.forEach((count, i) => {
      expect(count).toBeLessThanOrEqual(capacities[i]);
    });
    expect(dense).toBe(tokens * experts);
  }, 120_000);
});
