import { type Tensor, tensor } from "cotangent";
import { l2Potential, lion, lionK, type Optimizer, optimize } from "cotangent/methods/optimizers";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [size, weightDecay] = [6, 2];
/** Rates, each with its number of steps. */
const stages = long
  ? ([
      [1e-3, 20_000],
      [1e-4, 60_000],
    ] as const)
  : ([
      [1e-2, 2000],
      [1e-3, 3000],
    ] as const);
const seeds = long ? [0, 1, 2, 3, 4] : [0];

interface Quadratic {
  readonly matrix: number[][];
  readonly minimizer: number[];
  readonly start: Float64Array;
}

/** Eigenvalues in [0.5, 3]; a minimizer beyond 10; a start at 5·N(0, I). */
function drawn(seed: number): Quadratic {
  const random = sfc32(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const axes: number[][] = [];
  while (axes.length < size) {
    const v = Array.from({ length: size }, normal);
    for (const u of axes) {
      const along = u.reduce((sum, x, i) => sum + x * v[i], 0);
      u.forEach((x, i) => {
        v[i] -= along * x;
      });
    }
    const length = Math.hypot(...v);
    axes.push(v.map((x) => x / length));
  }
  const eigenvalues = axes.map(() => 0.5 + 2.5 * random());
  const cell = (i: number, j: number) => axes.reduce((sum, u, k) => sum + eigenvalues[k] * u[i] * u[j], 0);
  const raw = Array.from({ length: size }, normal);
  const most = Math.max(...raw.map(Math.abs));
  return {
    matrix: raw.map((_, i) => raw.map((__, j) => cell(i, j))),
    minimizer: raw.map((x) => (Math.abs(x) === most ? 12 * Math.sign(x) : x)), // the others may end inside
    start: Float64Array.from({ length: size }, () => 5 * normal()),
  };
}

const valueAt = ({ matrix, minimizer }: Quadratic, x: ArrayLike<number>) =>
  matrix.reduce(
    (sum, row, i) => sum + 0.5 * (x[i] - minimizer[i]) * row.reduce((s, a, j) => s + a * (x[j] - minimizer[j]), 0),
    0,
  );

/** The optimum in the box, coordinate by coordinate. */
function inBox({ matrix, minimizer }: Quadratic): number[] {
  const x = minimizer.map(() => 0);
  for (let round = 0; round < 3000; round++) {
    x.forEach((_, i) => {
      const slope = matrix[i].reduce((sum, a, j) => sum + a * (x[j] - minimizer[j]), 0);
      x[i] = Math.max(-1 / weightDecay, Math.min(1 / weightDecay, x[i] - slope / matrix[i][i]));
    });
  }
  return x;
}

const violation = (x: ArrayLike<number>) => Math.max(0, ...Array.from(x, (v) => Math.abs(v) - 1 / weightDecay));

interface Run {
  readonly x: Float64Array;
  /** The most by which a step left of the violation more than (1 − rate·decay) of it. */
  readonly slack: number;
}

async function descended(problem: Quadratic, rules: readonly (readonly [Optimizer, number, number])[]): Promise<Run> {
  const matrix = tensor(Float64Array.from(problem.matrix.flat()), { shape: [size, size] }) as Tensor;
  const minimizer = tensor(Float64Array.from(problem.minimizer)) as Tensor;
  const loss = (x: Tensor) => {
    const away = x.sub(minimizer).reshape([size, 1]);
    return away.mul(matrix.matmul(away)).sum().mul(0.5);
  };
  let [x, slack] = [problem.start, 0];
  for (const [rule, rate, steps] of rules) {
    using training = optimize(loss, tensor(x) as Tensor, rule);
    for (let step = 0; step < steps; step++) {
      await training.step();
      if (violation(x) === 0 && step < steps - 1) continue;
      const next = (await training.params.data()) as Float64Array;
      slack = Math.max(slack, violation(next) - (1 - rate * weightDecay) * violation(x));
      x = next;
    }
  }
  return { x, slack };
}

describe("lionK on a quadratic whose minimizer lies outside the constraint", () => {
  it("solves the constrained problem", async () => {
    let [gap, distance, slack, ball, free] = [0, 0, 0, 0, Number.POSITIVE_INFINITY];
    for (const seed of seeds) {
      const problem = drawn(seed);
      const optimum = inBox(problem);
      const boxed = stages.map(([rate, steps]) => [lion({ learningRate: rate, weightDecay }), rate, steps] as const);
      const run = await descended(problem, boxed);
      gap = Math.max(gap, valueAt(problem, run.x) - valueAt(problem, optimum));
      distance = Math.max(distance, ...Array.from(run.x, (v, i) => Math.abs(v - optimum[i])));
      slack = Math.max(slack, run.slack);
      const potential = l2Potential();
      const round = stages.map(
        ([rate, steps]) => [lionK({ learningRate: rate, weightDecay, potential }), rate, steps] as const,
      );
      const { x } = await descended(problem, round);
      ball = Math.max(ball, Math.abs(Math.hypot(...x) - 1 / weightDecay));
      const [[rate, steps]] = stages;
      const unbound = await descended(problem, [[lion({ learningRate: rate }), rate, steps]]);
      free = Math.min(free, Math.max(...unbound.x.map(Math.abs)));
    }
    // elements inside the box go on swinging by about a step of the last rate
    const bars = long ? { gap: 1e-6, distance: 2e-4, ball: 1e-3 } : { gap: 1e-4, distance: 1e-3, ball: 1e-2 };
    tellClaim({
      method: "lionK",
      claim:
        "weight decay makes Lion minimize under a constraint on the largest element, or on another norm by another K",
      run: `quadratics of ${size} dimensions, ${stages.map(([rate, steps]) => `${steps} steps of ${rate}`).join(" and ")}, ${seeds.length} of 5 seeds`,
      figure: `gap ${gap.toExponential(1)}, distance ${distance.toExponential(1)} (at most ${bars.distance}), Euclidean norm off by ${ball.toExponential(1)}, largest element without decay ${free.toFixed(1)}`,
      seen: gap < bars.gap && distance < bars.distance && slack < 1e-12 && ball < bars.ball && free > 10,
    });
    expect(gap).toBeLessThan(bars.gap);
    expect(distance).toBeLessThan(bars.distance);
    expect(slack).toBeLessThan(1e-12);
    expect(ball).toBeLessThan(bars.ball);
    expect(free).toBeGreaterThan(10);
  }, 900_000);
});
