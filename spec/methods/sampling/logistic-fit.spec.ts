import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { LogisticFit } from "../../../src/methods/sampling/logistic-fit.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { sumOf } from "./support/one-row.js";

interface Problem {
  readonly rows: Float64Array;
  readonly signs: Float64Array;
  /** Weights, then bias. */
  readonly theta: Float64Array;
}

const [width, regularization] = [2, 0.1];
const problems: Arbitrary<Problem> = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    rows: floats([count, width]),
    signs: fc
      .array(fc.constantFrom(-1, 1), { minLength: count, maxLength: count })
      .map((list) => Float64Array.from(list)),
    theta: floats([width + 1], { min: -1, max: 1 }),
  }),
);

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** a = [z; 1] of each example. */
const inputsOf = ({ rows, signs }: Problem) =>
  Array.from(signs, (_, i) => [...rows.slice(i * width, (i + 1) * width), 1]);
const scoresOf = (problem: Problem) => inputsOf(problem).map((a) => sumOf(a.map((x, j) => x * problem.theta[j])));

function objectiveOf(problem: Problem): number {
  const { signs, theta } = problem;
  const likelihood = sumOf(scoresOf(problem).map((s, i) => Math.log(sigmoid(signs[i] * s))));
  return likelihood - regularization * sumOf(theta.map((value) => value * value));
}

function gradientOf(problem: Problem): number[] {
  const { signs, theta } = problem;
  const [inputs, scores] = [inputsOf(problem), scoresOf(problem)];
  return Array.from(theta, (value, j) => {
    const pulls = inputs.map((a, i) => signs[i] * sigmoid(-signs[i] * scores[i]) * a[j]);
    return sumOf(pulls) - 2 * regularization * value;
  });
}

function hessianOf(problem: Problem): number[][] {
  const [inputs, scores] = [inputsOf(problem), scoresOf(problem)];
  return Array.from(problem.theta, (_, j) =>
    Array.from(problem.theta, (_, l) => {
      const curvatures = inputs.map((a, i) => sigmoid(scores[i]) * sigmoid(-scores[i]) * a[j] * a[l]);
      return -sumOf(curvatures) - (j === l ? 2 * regularization : 0);
    }),
  );
}

/** A fit that holds the problem; it has room for more. */
function fitOf({ rows, signs, theta }: Problem): LogisticFit {
  const fit = new LogisticFit(signs.length + 2, width, regularization);
  fit.count = signs.length;
  fit.rows.set(rows);
  fit.signs.set(signs);
  fit.theta.set(theta);
  fit.start();
  return fit;
}

describe("LogisticFit", () => {
  law("starts at L = Σ log σ(ζ s) − λ‖θ‖², with gradient Σ ζ σ(−ζ s) a − 2λθ", problems, async (problem) => {
    const fit = fitOf(problem);
    await expectClose([fit.value], [objectiveOf(problem)], { tolerance: 1e-13 });
    await expectClose(fit.gradient, gradientOf(problem), { tolerance: 1e-13 });
  });

  it("adds up the logarithms of more examples than one product can hold, near 1 or far above", async () => {
    const count = 1300;
    for (const scale of [1, 100]) {
      const problem = {
        rows: Float64Array.from({ length: count * width }, (_, i) => Math.sin(i)),
        signs: Float64Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 1 : -1)),
        theta: Float64Array.of(0.5 * scale, -1 * scale, 0.25 * scale),
      };
      await expectClose([fitOf(problem).value / count], [objectiveOf(problem) / count], { tolerance: 1e-12 });
    }
  });

  it("goes uphill where features are so large that the penalty drowns in rounding", () => {
    const fit = fitOf({
      rows: Float64Array.of(1e9, 1e9, 2e9, 2e9, -1e9, -1e9, 3e9, 3e9),
      signs: Float64Array.of(1, -1, 1, -1),
      theta: new Float64Array(3),
    });
    const start = fit.value;
    fit.maximize(1e-9);
    expect(fit.value).toBeGreaterThan(start);
    expect(fit.theta.every(Number.isFinite)).toBe(true);
  });

  law(
    "changes L by exactly ±Δ = ±Σ (w·z + b), where the sign of a label's examples is flipped",
    problems,
    async (problem) => {
      const fit = fitOf(problem);
      const half = Math.ceil(problem.signs.length / 2);
      const sign = problem.signs[0];
      const signs = problem.signs.map((old, i) => (i < half ? sign : old)); // a label's examples have one sign
      const before = fitOf({ ...problem, signs });
      const delta = sumOf(scoresOf(problem).slice(0, half));
      const ofHalf = Float64Array.from([0, 1], (j) =>
        sumOf(
          inputsOf(problem)
            .slice(0, half)
            .map((a) => a[j]),
        ),
      );
      before.flip(0, half, -sign, ofHalf);
      const flipped = { ...problem, signs: signs.map((old, i) => (i < half ? -old : old)) };
      await expectClose([before.value], [objectiveOf({ ...problem, signs }) - sign * delta], { tolerance: 1e-12 });
      await expectClose([before.value], [objectiveOf(flipped)], { tolerance: 1e-12 });
      await expectClose(before.gradient, gradientOf(flipped), { tolerance: 1e-12 });
      expect([...before.signs.slice(0, problem.signs.length)]).toEqual([...flipped.signs]);
      expect(fit.value).toBeLessThan(0);
    },
  );

  law("steps by −H⁻¹g, cut to length 1; H ≤ −2λ I", problems, floats([width + 1]), async (problem, u) => {
    const [hessian, gradient] = [hessianOf(problem), gradientOf(problem)];
    const curved = sumOf(hessian.flatMap((row, j) => row.map((value, l) => value * u[j] * u[l])));
    expect(curved).toBeLessThanOrEqual(-2 * regularization * sumOf(u.map((x) => x * x)) + 1e-12);

    const fit = fitOf(problem);
    fit.maximize(Number.POSITIVE_INFINITY); // any step is short enough
    const step = fit.theta.map((value, j) => value - problem.theta[j]);
    // H·(−H⁻¹g) = −g, scaled where the step would be longer than 1
    const image = hessian.map((row) => sumOf(row.map((value, l) => value * step[l])));
    const scale = Math.hypot(...image) / Math.max(Math.hypot(...gradient), 1e-300);
    await expectClose(
      image,
      gradient.map((slope) => -slope * scale),
      { tolerance: 1e-9 },
    );
    expect(scale).toBeLessThanOrEqual(1 + 1e-9);
    if (scale < 1 - 1e-6) await expectClose([Math.hypot(...step)], [1], { tolerance: 1e-9 });
    expect(fit.value).toBeGreaterThanOrEqual(objectiveOf(problem) - 1e-12);
    await expectClose([fit.value], [objectiveOf({ ...problem, theta: fit.theta })], { tolerance: 1e-12 });
  });

  it("halves a step that would go downhill, and measures what is left of it", async () => {
    const theta = Float64Array.of(0.4, 0, 0);
    const fit = fitOf({ rows: Float64Array.of(50, 0, 50, 0), signs: Float64Array.of(1, -1), theta });
    const start = fit.value;
    fit.maximize(0.75); // a step of 1, halved, is shorter than this
    await expectClose([Math.hypot(...fit.theta.map((value, j) => value - theta[j]))], [0.5], { tolerance: 1e-14 });
    expect(fit.value).toBeGreaterThan(start);
  });

  law("ends where the gradient is 0", problems, (problem) => {
    const fit = fitOf(problem);
    fit.maximize(1e-8);
    const size = 1 + sumOf(inputsOf(problem).map((a) => Math.max(...a.map(Math.abs))));
    for (const slope of gradientOf({ ...problem, theta: fit.theta })) expect(Math.abs(slope)).toBeLessThan(1e-9 * size);
  });
});
