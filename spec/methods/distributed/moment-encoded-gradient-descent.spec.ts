import { randomKey } from "cotangent";
import {
  encodeMoments,
  type MomentEncodedGradientDescentOptions,
  type MomentEncodedStep,
  type MomentEncoding,
  mdsCode,
  momentEncodedGradientDescent,
  recoveryProbabilities,
  replicationCode,
  type StragglerModel,
  simulatedWorkers,
} from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { positionsOf } from "./support/codes.js";
import {
  distance,
  dot,
  extremeEigenvalues,
  gradientOf,
  type LeastSquares,
  secondMoments,
} from "./support/least-squares.js";
import { problems, smallCode } from "./support/problems.js";

async function descend(
  encoding: MomentEncoding,
  stragglers: StragglerModel,
  options: Partial<MomentEncodedGradientDescentOptions>,
  seed = 1,
): Promise<MomentEncodedStep[]> {
  const workers = simulatedWorkers({ count: encoding.code.length, stragglers }, randomKey(seed));
  const steps: MomentEncodedStep[] = [];
  const all = { learningRate: 0.01, steps: 6, ...options };
  for await (const step of momentEncodedGradientDescent(encoding, workers, all)) steps.push(step);
  return steps;
}

const nobody: StragglerModel = { kind: "given", stragglers: [] };
const norm = (x: ArrayLike<number>) => Math.sqrt(dot(x, x));
const nonZero = (x: Float64Array) => x.filter((value) => value !== 0).length;

function lossOf({ design, target }: LeastSquares, theta: ArrayLike<number>): number {
  return design.reduce((sum, row, i) => sum + 0.5 * (target[i] - dot(row, theta)) ** 2, 0);
}

describe("momentEncodedGradientDescent", () => {
  law("is gradient descent without stragglers, or with few", problems, async ({ seed, ...problem }) => {
    const encoding = encodeMoments(problem.design, problem.target, await smallCode(seed));
    const theta = Float64Array.from(problem.point);
    const sum = new Float64Array(10);
    const expected = positionsOf(6).map((step) => {
      for (const [j, value] of theta.entries()) sum[j] += value;
      const gradient = gradientOf(problem, theta);
      for (const j of theta.keys()) theta[j] -= 1e-3 * gradient[j];
      return { parameters: theta.slice(), average: sum.map((value) => value / (step + 1)) };
    });
    for (const stragglers of [nobody, { kind: "count", count: 1 } as const]) {
      const steps = await descend(encoding, stragglers, { start: problem.point, learningRate: 1e-3 });
      expect(steps.length).toBe(6);
      for (const [i, step] of steps.entries()) {
        await expectClose(step.parameters, expected[i].parameters, { tolerance: 1e-10 });
        await expectClose(step.average, expected[i].average, { tolerance: 1e-10 });
        expect([step.unrecovered, step.elapsed]).toEqual([0, 1]);
        expect(step.responding).toBe(stragglers === nobody ? 10 : 9);
      }
    }
  });

  law("comes nearer by 1 − η·μ in each step without stragglers", problems, async ({ seed, ...problem }) => {
    const exact = { ...problem, target: Float64Array.from(problem.design, (row) => dot(row, problem.solution)) };
    const moments = secondMoments(exact.design);
    const [least, most] = await extremeEigenvalues(moments);
    const learningRate = 2 / (least + most);
    const encoding = encodeMoments(exact.design, exact.target, await smallCode(seed));
    let before = norm(exact.solution);
    for (const { parameters } of await descend(encoding, nobody, { learningRate, steps: 20 })) {
      const now = distance(parameters, exact.solution);
      expect(now).toBeLessThanOrEqual((1 - learningRate * least) * before + 1e-12 * norm(exact.solution));
      before = now;
    }
  });

  law("stays where it is when nobody answers", problems, async ({ seed, ...problem }) => {
    const encoding = encodeMoments(problem.design, problem.target, await smallCode(seed));
    const steps = await descend(encoding, { kind: "count", count: 10 }, { start: problem.point });
    for (const { parameters, unrecovered, responding } of steps) {
      expect(parameters).toEqual(problem.point);
      expect([unrecovered, responding]).toEqual([10, 0]);
    }
  });

  law("keeps to its ball and to its number of parameters", problems, async ({ seed, ...problem }) => {
    const encoding = encodeMoments(problem.design, problem.target, await smallCode(seed));
    const model = { kind: "independent", probability: 0.4 } as const;
    const options = { start: problem.point, radius: 1.5, sparsity: 3 };
    for (const { parameters } of await descend(encoding, model, options, seed)) {
      expect(norm(parameters)).toBeLessThanOrEqual(1.5 * (1 + 1e-12));
      expect(nonZero(parameters)).toBeLessThanOrEqual(3);
    }
    const [first] = await descend(encoding, nobody, {
      start: problem.point,
      radius: 0.5,
      learningRate: 1e-3,
      steps: 1,
    });
    const start = problem.point.map((x) => (norm(problem.point) > 0.5 ? (0.5 * x) / norm(problem.point) : x));
    await expectClose(first.average, start, { tolerance: 1e-12 });
    const moved = start.map((x, j) => x - 1e-3 * gradientOf(problem, start)[j]);
    const shrink = Math.min(1, 0.5 / norm(moved));
    await expectClose(
      first.parameters,
      moved.map((x) => shrink * x),
      { tolerance: 1e-11 },
    );
  });

  law("keeps the largest parameters", problems, async ({ seed, ...problem }) => {
    const encoding = encodeMoments(problem.design, problem.target, await smallCode(seed));
    const [first] = await descend(encoding, nobody, { learningRate: 1e-3, steps: 1, sparsity: 4 });
    const moved = gradientOf(problem, new Float64Array(10)).map((slope) => -1e-3 * slope);
    const sizes = [...moved.map(Math.abs)].sort((a, b) => b - a);
    const bound = (sizes[3] + sizes[4]) / 2;
    if (sizes[3] - sizes[4] < 1e-9) return; // a tie
    await expectClose(
      first.parameters,
      moved.map((x) => (Math.abs(x) > bound ? x : 0)),
      { tolerance: 1e-11 },
    );
  });

  law(
    "has the loss of its average within R·B / √T of the best, if unbiased",
    problems,
    async ({ seed, ...problem }) => {
      const exact = { ...problem, target: Float64Array.from(problem.design, (row) => dot(row, problem.solution)) };
      const code = await smallCode(seed);
      const encoding = encodeMoments(exact.design, exact.target, code);
      const probabilities = await recoveryProbabilities(code, { erasureProbability: 0.2 }, randomKey(0));
      const radius = norm(exact.solution);
      const [, most] = await extremeEigenvalues(secondMoments(exact.design));
      const bound = (most * 2 * radius) / Math.min(...probabilities); // of any estimate in the ball
      const options = { steps: 50, learningRate: radius / (bound * Math.sqrt(50)), radius, probabilities };
      let mean = 0;
      for (let run = 0; run < 5; run++) {
        const steps = await descend(encoding, { kind: "independent", probability: 0.2 }, options, seed + run);
        mean += lossOf(exact, steps[49].average) / 5;
      }
      expect(mean).toBeLessThanOrEqual((radius * bound) / Math.sqrt(50));
    },
  );

  it("divides by the chances of recovery", async () => {
    const encoding = encodeMoments([[1, 2]], [3], replicationCode({ dimension: 2, copies: 1 }));
    const [plain] = await descend(encoding, nobody, { steps: 1 });
    const [divided] = await descend(encoding, nobody, { steps: 1, probabilities: [0.5, 0.25] });
    expect([...plain.parameters]).toEqual([0.03, 0.06]);
    expect([...divided.parameters]).toEqual([0.06, 0.24]);
  });

  it("works with one block, with codes of full rate, and for one parameter", async () => {
    const design = [
      [1, 2, 3],
      [0, 1, -1],
      [2, 0, 1],
      [1, 1, 1],
    ];
    const target = [14, -1, 5, 6]; // solved by [1, 2, 3]
    const codes = [
      replicationCode({ dimension: 3, copies: 1 }),
      await mdsCode({ length: 3, dimension: 3 }, randomKey(1)),
      await mdsCode({ length: 5, dimension: 3 }, randomKey(1)),
    ];
    for (const code of codes) {
      const steps = await descend(encodeMoments(design, target, code), nobody, { steps: 2000, learningRate: 0.05 });
      await expectClose(steps[1999].parameters, [1, 2, 3]);
    }
    const single = encodeMoments([[2]], [6], replicationCode({ dimension: 1 }));
    const steps = await descend(single, { kind: "given", stragglers: [0] }, { steps: 100, learningRate: 0.1 });
    await expectClose(steps[99].parameters, [3]);
  });

  it("lets the workers go when it is left early", async () => {
    const encoding = encodeMoments([[1]], [1], replicationCode({ dimension: 1, copies: 1 }));
    const simulated = simulatedWorkers({ count: 1 }, randomKey(1));
    let released = 0;
    const workers: typeof simulated = {
      ...simulated,
      async assign(program, shares) {
        const crew = await simulated.assign(program, shares);
        return { ask: (task) => crew.ask(task), release: () => released++ };
      },
    };
    for await (const _step of momentEncodedGradientDescent(encoding, workers, { learningRate: 0.1, steps: 9 })) break;
    expect(released).toBe(1);
  });

  it("names the argument that is wrong", () => {
    const encoding = encodeMoments([[1, 2]], [1], replicationCode({ dimension: 1 }));
    const call =
      (options: Partial<MomentEncodedGradientDescentOptions>, count = 2) =>
      () =>
        momentEncodedGradientDescent(encoding, simulatedWorkers({ count }, randomKey(1)), {
          learningRate: 0.1,
          steps: 1,
          ...options,
        });
    const name = "momentEncodedGradientDescent:";
    expect(call({ learningRate: 0 })).toThrow(`${name} learningRate is 0 but must be a finite number > 0`);
    expect(call({ steps: 0 })).toThrow(`${name} steps is 0 but must be a whole number ≥ 1`);
    expect(call({ radius: 0 })).toThrow(`${name} radius is 0 but must be a finite number > 0`);
    expect(call({ sparsity: 0 })).toThrow(`${name} sparsity is 0 but must be a whole number ≥ 1`);
    expect(call({ start: [1] })).toThrow(`${name} start has 1 numbers but must have 2, the parameters`);
    expect(call({ start: [1, Number.NaN] })).toThrow(`${name} start holds NaN at 1 but must hold finite numbers`);
    expect(call({ probabilities: [0] })).toThrow(`${name} probabilities holds 0 at 0 but must hold numbers in (0, 1]`);
    expect(call({ probabilities: [] })).toThrow(
      `${name} probabilities has 0 numbers but must have 1, the code's dimension`,
    );
    expect(call({}, 3)).toThrow(`${name} there are 3 workers but must be 2, one for each position of the code`);
  });
});
