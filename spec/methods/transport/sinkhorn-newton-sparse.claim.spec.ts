import { sinkhornLogDomain, sinkhornNewtonSparse } from "cotangent/methods/transport";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { apart, uniformProblem } from "./support/transport-problems.js";

const long = process.env.COTANGENT_LONG === "1";
/** Sinkhorn's rounds are counted up to here. */
const most = 7000;
/** n, and the inverse temperature. */
const sizes: readonly (readonly [number, number])[] = long
  ? [
      [60, 100],
      [100, 300],
    ]
  : [[60, 300]];
const seeds = long ? [0, 1, 2] : [0];

describe("sinkhornNewtonSparse on uniform random costs", () => {
  it.each(sizes)(
    "takes few of Sinkhorn's iterations for an error of 1e-9: n = %i, inverse temperature %i",
    (n, inverseTemperature) => {
      const runs = seeds.map((seed) => {
        const problem = uniformProblem(n, seed);
        const slow = sinkhornLogDomain(problem, { inverseTemperature, maxIterations: most });
        const dense = sinkhornNewtonSparse(problem, { inverseTemperature, density: 10 / n });
        const sparse = sinkhornNewtonSparse(problem, { inverseTemperature, newtonIterations: 100 });
        return { slow, dense, sparse };
      });
      const totals = runs.map(({ dense }) => dense.sinkhornIterations + dense.newtonIterations);
      const shares = runs.map(({ slow }, i) => totals[i] / slow.iterations);
      const bar = inverseTemperature === 300 ? 0.01 : 0.2;
      tellClaim({
        method: "sinkhornNewtonSparse",
        claim: "it reaches 1e-9 in tens of iterations where Sinkhorn's algorithm takes thousands",
        run: `n = ${n}, η = ${inverseTemperature}, uniform costs and masses, ${seeds.length} of 3 seeds`,
        figure: runs
          .map(
            ({ slow, dense, sparse }, i) =>
              `${slow.iterations}${slow.iterations === most ? " and more" : ""} rounds against ${dense.sinkhornIterations} + ${dense.newtonIterations} with 10/n and ${sparse.sinkhornIterations} + ${sparse.newtonIterations} with 2/n of the Hessian (${percent(shares[i])})`,
          )
          .join("; "),
        seen: runs.every(({ dense, sparse }, i) => dense.converged && sparse.converged && shares[i] <= bar),
      });
      runs.forEach(({ slow, dense, sparse }, i) => {
        expect(dense.converged).toBe(true);
        expect(sparse.converged).toBe(true);
        expect(shares[i]).toBeLessThanOrEqual(bar);
        expect(apart(dense.plan.values, sparse.plan.values)).toBeLessThan(1e-7);
        if (slow.converged) expect(apart(dense.plan.values, slow.plan.values)).toBeLessThan(1e-7);
      });
    },
    300_000,
  );
});
