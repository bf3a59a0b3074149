import { type Key, randomKey } from "cotangent";
import {
  encodeMoments,
  LdpcCode,
  type MomentEncoding,
  momentEncodedGradientDescent,
  regularParityCheck,
  replicationCode,
  type StragglerModel,
  simulatedWorkers,
} from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import {
  distance,
  extremeEigenvalues,
  gaussianProblem,
  type LeastSquares,
  secondMoments,
} from "./support/least-squares.js";

const long = process.env.COTANGENT_LONG === "1";
const [examples, parameters, workers, seeds] = [2000, 200, 40, long ? 20 : 3];
const counts = [0, 5, 10, 14]; // of stragglers
const zeros = new Float64Array(parameters);

interface Run {
  readonly steps: number;
  /** Mean share of coordinates that were not recovered. */
  readonly unrecovered: number;
}

/** Steps until the relative error is at most 1e-3. */
async function stepsNeeded(
  problem: LeastSquares,
  encoding: MomentEncoding,
  learningRate: number,
  stragglers: StragglerModel,
  key: Key,
): Promise<Run> {
  const crew = simulatedWorkers({ count: workers, stragglers }, key);
  let [steps, lost] = [0, 0];
  for await (const step of momentEncodedGradientDescent(encoding, crew, { learningRate, steps: 200 })) {
    steps++;
    lost += step.unrecovered / parameters;
    if (distance(step.parameters, problem.solution) <= 1e-3 * distance(problem.solution, zeros)) break;
  }
  return { steps, unrecovered: lost / steps };
}

const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;

describe("momentEncodedGradientDescent at n = 2000, k = 200, 40 workers", () => {
  it("takes as many steps with 10 stragglers as with none, and uncoded descent many more", async () => {
    const runs: Record<string, Run[]> = {};
    const record = (name: string, run: Run) => (runs[name] ??= []).push(run);
    for (let seed = 0; seed < seeds; seed++) {
      const key = randomKey(seed);
      const problem = await gaussianProblem(key.at("problem"), examples, parameters);
      const [least, most] = await extremeEigenvalues(secondMoments(problem.design));
      const rate = 2 / (least + most);
      const code = new LdpcCode(await regularParityCheck({}, key.at("code")));
      const coded = encodeMoments(problem.design, problem.target, code);
      const uncoded = encodeMoments(problem.design, problem.target, replicationCode({ dimension: workers, copies: 1 }));
      for (const count of counts) {
        const from = key.at("stragglers", count);
        const model = { kind: "count", count } as const;
        record(`coded ${count}`, await stepsNeeded(problem, coded, rate, model, from));
        record(`uncoded ${count}`, await stepsNeeded(problem, uncoded, rate, model, from));
      }
    }
    const steps = (name: string) => mean(runs[name].map((run) => run.steps));
    const unrecovered = (name: string) => mean(runs[name].map((run) => run.unrecovered));
    const figures = (kind: string) => counts.map((count) => steps(`${kind} ${count}`).toFixed(1)).join(", ");
    const about = {
      method: "momentEncodedGradientDescent",
      run: `n = ${examples}, k = ${parameters}, ${workers} workers, (3, 6) code, steps to a relative error of 1e-3, means over ${seeds} seeds`,
    };
    tellClaim({
      ...about,
      claim: "With up to a quarter of the workers missing in each step it takes as many steps as with none.",
      figure: `${figures("coded")} steps with ${counts.join(", ")} missing; ${percent(unrecovered("coded 10"))} of the coordinates lost with 10`,
      seen:
        steps("coded 5") <= 1.1 * steps("coded 0") &&
        steps("coded 10") <= 1.1 * steps("coded 0") &&
        unrecovered("coded 10") < 0.02,
    });
    tellClaim({
      ...about,
      claim: "Without a code, descent takes 1.3 times as many steps or more with a quarter of the workers missing.",
      figure: `${figures("uncoded")} steps with ${counts.join(", ")} missing`,
      seen: steps("uncoded 10") >= 1.3 * steps("coded 10"),
    });
    expect(steps("coded 0")).toBe(steps("uncoded 0"));
    expect(steps("coded 5")).toBeLessThanOrEqual(1.1 * steps("coded 0"));
    expect(steps("coded 10")).toBeLessThanOrEqual(1.1 * steps("coded 0"));
    expect(unrecovered("coded 10")).toBeLessThan(0.02);
    expect(unrecovered("uncoded 10")).toBeCloseTo(0.25, 12);
    expect(steps("uncoded 10")).toBeGreaterThanOrEqual(1.3 * steps("coded 10"));
  }, 600_000);

  it("waits a fraction of the time for all but the slowest", async () => {
    const code = new LdpcCode(await regularParityCheck({}, randomKey(1)));
    const encoding = encodeMoments([new Float64Array(20).fill(1)], [1], code);
    const waited = async (drop: number) => {
      const crew = simulatedWorkers({ count: workers, stragglers: { kind: "latency", drop } }, randomKey(2));
      const descent = momentEncodedGradientDescent(encoding, crew, { learningRate: 1e-3, steps: 500 });
      for await (const step of descent) expect(step.responding).toBe(workers - drop);
      return crew.clock.now;
    };
    // (H_40 − H_s) / H_40 of the time, with a standard deviation of a sum of 500 rounds of 3 %
    const all = await waited(0);
    const [fewer, least] = [all / (await waited(5)), all / (await waited(10))];
    tellClaim({
      method: "momentEncodedGradientDescent",
      claim: "To wait only for the fastest shortens a step: more than 2 times without the slowest 5, 3 without 10.",
      run: `${workers} workers of exponential latency, 500 steps, one seed`,
      figure: `${fewer.toFixed(2)} and ${least.toFixed(2)} times shorter`,
      seen: fewer > 2 && least > 3,
    });
    expect(fewer).toBeGreaterThan(2);
    expect(least).toBeGreaterThan(3);
  });
});
