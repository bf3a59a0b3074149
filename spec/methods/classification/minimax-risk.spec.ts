import {
  type MinimaxProblem,
  minimaxRiskLower,
  minimaxRiskObjective,
  minimaxRiskUpper,
} from "cotangent/methods/classification";
import { solveLp } from "cotangent/methods/optimizers";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { errorsOf, extremeRisk, minimaxProblems, normalized, sharesOf } from "./support/minimax-problems.js";

const anyWeights = fc.array(numbers({ min: -2, max: 2 }), { minLength: 4, maxLength: 4 });
const fewOf = (weights: readonly number[], { intervals }: MinimaxProblem) => weights.slice(0, intervals.low.length);

/** The learned rule at each configuration. */
function learned(problem: MinimaxProblem): { readonly risk: number; readonly rule: number[][] } {
  const { risk, weights, offset } = minimaxRiskUpper(problem);
  return { risk, rule: sharesOf(problem, weights, offset).map(normalized) };
}

const subsetsOf = (r: number) =>
  Array.from({ length: 2 ** r - 1 }, (_, bits) => [...Array(r).keys()].filter((y) => ((bits + 1) >> y) & 1));

describe("minimaxRiskUpper", () => {
  law("is the worst-case risk of its rule", minimaxProblems(), async (problem) => {
    const { risk, rule } = learned(problem);
    await expectClose([risk], [extremeRisk(problem, errorsOf(rule), "most")]);
  });

  law("is the least worst-case risk over all rules, by a program in the rule", minimaxProblems(3), async (problem) => {
    const { classes, configurations, intervals } = problem;
    const [features, pairs] = [intervals.low.length, classes * configurations.length];
    const width = 2 * features + 1 + pairs;
    const unit = (places: readonly number[]) => Array.from({ length: width }, (_, k) => Number(places.includes(k)));
    const program = {
      objective: [...intervals.high, ...intervals.low.map((a) => -a), 1, ...Array<number>(pairs).fill(0)],
      constraints: configurations.flatMap((values, i) => [
        {
          coefficients: unit(Array.from({ length: classes }, (_, y) => 2 * features + 1 + i * classes + y)),
          relation: "=" as const,
          bound: 1,
        },
        ...Array.from({ length: classes }, (_, y) => {
          const phi = Array.from(values.subarray(y * features, (y + 1) * features));
          const rest = unit([2 * features, 2 * features + 1 + i * classes + y]).slice(2 * features);
          return { coefficients: [...phi, ...phi.map((f) => -f), ...rest], relation: ">=" as const, bound: 1 };
        }),
      ]),
      free: [2 * features],
    };
    await expectClose([minimaxRiskUpper(problem).risk], [solveLp(program).value]);
  });

  law(
    "is at most the worst-case risk of 20 other rules",
    minimaxProblems(),
    fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }), {
      minLength: 20,
      maxLength: 20,
    }),
    (problem, rules) => {
      const { risk } = minimaxRiskUpper(problem);
      for (const shares of rules) {
        const rule = problem.configurations.map((_, i) =>
          normalized(shares.slice(i * problem.classes, (i + 1) * problem.classes)),
        );
        expect(extremeRisk(problem, errorsOf(rule), "most")).toBeGreaterThan(risk - 1e-9);
      }
    },
  );

  law("gives shares of sum at most 1 at every configuration", minimaxProblems(6), (problem) => {
    const { weights, offset } = minimaxRiskUpper(problem);
    for (const shares of sharesOf(problem, weights, offset)) {
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThan(1 + 1e-12);
    }
  });

  law("lies between 0 and 1 − 1/r", minimaxProblems(), (problem) => {
    const { risk } = minimaxRiskUpper(problem);
    expect(risk).toBeGreaterThan(-1e-12);
    expect(risk).toBeLessThan(1 - 1 / problem.classes + 1e-12);
  });

  law("does not fall when a configuration is added", minimaxProblems(5), (problem) => {
    const risks = problem.configurations.map((_, i) => {
      try {
        return minimaxRiskUpper({ ...problem, configurations: problem.configurations.slice(0, i + 1) }).risk;
      } catch {
        return 0; // no distribution on so few meets the intervals
      }
    });
    for (let i = 1; i < risks.length; i++) expect(risks[i]).toBeGreaterThan(risks[i - 1] - 1e-9);
  });

  law(
    "does not rise when a feature is added, and not change when one is repeated",
    minimaxProblems(),
    async (problem) => {
      const m = problem.intervals.low.length;
      const withFeatures = (places: readonly number[]): MinimaxProblem => ({
        classes: problem.classes,
        configurations: problem.configurations.map((values) =>
          Float64Array.from(
            Array.from({ length: problem.classes }, (_, y) => places.map((j) => values[y * m + j])).flat(),
          ),
        ),
        intervals: {
          low: Float64Array.from(places, (j) => problem.intervals.low[j]),
          high: Float64Array.from(places, (j) => problem.intervals.high[j]),
        },
      });
      const whole = learned(problem);
      const fewer = m === 1 ? whole : learned(withFeatures([...Array(m - 1).keys()]));
      expect(fewer.risk).toBeGreaterThan(whole.risk - 1e-9);
      const twice = withFeatures([0, ...Array(m).keys()]);
      await expectClose([minimaxRiskUpper(twice).risk], [whole.risk]);
      await expectClose([minimaxRiskLower(twice, whole.rule)], [minimaxRiskLower(problem, whole.rule)]);
    },
  );

  law("does not depend on the names of the classes", minimaxProblems(), async (problem) => {
    const m = problem.intervals.low.length;
    const turned = {
      ...problem,
      configurations: problem.configurations.map((values) =>
        Float64Array.of(...values.subarray(m), ...values.subarray(0, m)),
      ),
    };
    const { risk, rule } = learned(turned);
    await expectClose([risk], [minimaxRiskUpper(problem).risk]);
    const back = rule.map((row) => [row[row.length - 1], ...row.slice(0, -1)]);
    await expectClose([extremeRisk(problem, errorsOf(back), "most")], [risk]);
  });

  law("bounds the likeliest class's worst-case risk by twice itself", minimaxProblems(), (problem) => {
    const { risk, rule } = learned(problem);
    const likeliest = rule.map((row) => row.map((_, y) => Number(y === row.indexOf(Math.max(...row)))));
    expect(extremeRisk(problem, errorsOf(likeliest), "most")).toBeLessThan(2 * risk + 1e-9);
  });

  it("is 1 less the largest share of a class where only the shares are known", async () => {
    const configurations = [Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)];
    const shares = Float64Array.of(0.5, 0.3, 0.2);
    const { risk } = minimaxRiskUpper({ classes: 3, configurations, intervals: { low: shares, high: shares } });
    await expectClose([risk], [0.5]);
  });

  it("solves for four classes and many configurations", async () => {
    const wave = (i: number) => Math.sin(1 + 12.9898 * i * i + 78.233 * i);
    const configurations = Array.from({ length: 80 }, (_, i) =>
      Float64Array.from({ length: 24 }, (_, j) => wave(24 * i + j)),
    );
    const low = new Float64Array(6).fill(-0.02);
    const problem = { classes: 4, configurations, intervals: { low, high: low.map((a) => -a) } };
    const { risk, rule } = learned(problem);
    await expectClose([extremeRisk(problem, errorsOf(rule), "most")], [risk]);
  });
});

describe("minimaxRiskLower", () => {
  law(
    "is the least risk of any rule over the distributions that meet the intervals",
    minimaxProblems(),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 }),
    async (problem, shares) => {
      const rule = problem.configurations.map((_, i) =>
        normalized(shares.slice(i * problem.classes, (i + 1) * problem.classes)),
      );
      const risk = minimaxRiskLower(problem, rule);
      await expectClose([risk], [extremeRisk(problem, errorsOf(rule), "least")]);
      expect(risk).toBeGreaterThan(-1e-12);
      expect(risk).toBeLessThan(extremeRisk(problem, errorsOf(rule), "most") + 1e-9);
    },
  );

  law("is at most the upper bound for the learned rule", minimaxProblems(), (problem) => {
    const { risk, rule } = learned(problem);
    expect(minimaxRiskLower(problem, rule)).toBeLessThan(risk + 1e-12);
  });
});

describe("minimaxRiskObjective", () => {
  law("is the upper bound at its weights, and nowhere less", minimaxProblems(), anyWeights, async (problem, other) => {
    const { risk, weights, offset } = minimaxRiskUpper(problem);
    const least = minimaxRiskObjective(problem, weights);
    await expectClose([least.value, least.offset], [risk, offset], { tolerance: 1e-12 });
    expect(minimaxRiskObjective(problem, fewOf(other, problem)).value).toBeGreaterThan(risk - 1e-9);
  });

  law(
    "has a subgradient: it lies above the plane at any weights",
    minimaxProblems(),
    anyWeights,
    anyWeights,
    (problem, a, b) => {
      const [at, to] = [fewOf(a, problem), fewOf(b, problem)];
      const here = minimaxRiskObjective(problem, at);
      const plane = at.reduce((value, from, j) => value + here.subgradient[j] * (to[j] - from), here.value);
      expect(minimaxRiskObjective(problem, to).value).toBeGreaterThan(plane - 1e-12);
    },
  );

  law("has 0 among its subgradients at the optimum", minimaxProblems(), async (problem) => {
    const { configurations, intervals, classes } = problem;
    const { weights, offset } = minimaxRiskUpper(problem);
    const m = weights.length;
    const near = 1e-9;
    const active = configurations.flatMap((values) =>
      subsetsOf(classes).flatMap((chosen) => {
        const mean = weights.map((_, j) => chosen.reduce((sum, y) => sum + values[y * m + j], 0) / chosen.length);
        const needed = (chosen.length - 1) / chosen.length - mean.reduce((sum, f, j) => sum + f * weights[j], 0);
        return needed > offset - near ? [mean] : [];
      }),
    );
    // Weights of the pieces, and for each feature how far its slope is from what the pieces make of it.
    const program = {
      objective: [...active.map(() => 0), ...Array<number>(2 * m).fill(1)],
      constraints: [
        { coefficients: [...active.map(() => 1), ...Array<number>(2 * m).fill(0)], relation: "=" as const, bound: 1 },
        ...Array.from(weights, (weight, j) => {
          const from = weight > near ? intervals.high[j] : intervals.low[j];
          const to = weight < -near ? intervals.low[j] : intervals.high[j];
          const slopes = active.map((mean) => mean[j]);
          const beyond = (sign: number) =>
            Array.from({ length: 2 * m }, (_, k) => (k === j ? sign : k === m + j ? -sign : 0));
          return [
            { coefficients: [...slopes, ...beyond(1)], relation: ">=" as const, bound: from },
            { coefficients: [...slopes, ...beyond(1)], relation: "<=" as const, bound: to },
          ];
        }).flat(),
      ],
    };
    await expectClose([solveLp(program).value], [0]);
  });

  law("takes ν as small as every set of classes allows", minimaxProblems(), anyWeights, async (problem, some) => {
    const { classes, configurations } = problem;
    const weights = fewOf(some, problem);
    const scores = configurations.map((values) =>
      Array.from({ length: classes }, (_, y) =>
        weights.reduce((sum, weight, j) => sum + weight * values[y * weights.length + j], 0),
      ),
    );
    const needed = scores.flatMap((row) =>
      subsetsOf(classes).map((chosen) => (chosen.length - 1 - chosen.reduce((s, y) => s + row[y], 0)) / chosen.length),
    );
    const { offset } = minimaxRiskObjective(problem, weights);
    await expectClose([offset], [Math.max(...needed)], { tolerance: 1e-12 });
    const fullest = (nu: number) =>
      Math.max(...sharesOf(problem, weights, nu).map((shares) => shares.reduce((sum, share) => sum + share, 0)));
    await expectClose([fullest(offset)], [1], { tolerance: 1e-12 });
  });

  it("has the middle of an interval in its subgradient where a weight is 0, else an end", async () => {
    const configurations = [Float64Array.of(0, 0, 0, 0, 0, 0)];
    const intervals = { low: Float64Array.of(-1, -1, -1), high: Float64Array.of(2, 2, 2) };
    const { subgradient } = minimaxRiskObjective({ classes: 2, configurations, intervals }, [0, -1, 1]);
    await expectClose(subgradient, [0.5, -1, 2]);
  });

  it("is the paper's convex form where the intervals are symmetric", async () => {
    const configurations = [Float64Array.of(1, 0, 0.5, -1), Float64Array.of(0, 1, -0.5, 0.25)];
    const [mean, slack, u] = [[0.3, -0.1], 0.05, [0.7, -1.3]];
    const low = Float64Array.from(mean, (t) => t - slack);
    const high = Float64Array.from(mean, (t) => t + slack);
    const phi = Math.max(
      ...configurations.flatMap((values) => {
        const scores = [0, 1].map((y) => values[2 * y] * u[0] + values[2 * y + 1] * u[1]).sort((a, b) => b - a);
        return [scores[0] - 1, (scores[0] + scores[1] - 1) / 2];
      }),
    );
    const expected = 1 - mean[0] * u[0] - mean[1] * u[1] + phi + slack * (Math.abs(u[0]) + Math.abs(u[1]));
    const { value } = minimaxRiskObjective({ classes: 2, configurations, intervals: { low, high } }, [-u[0], -u[1]]);
    await expectClose([value], [expected], { tolerance: 1e-14 });
  });
});

describe("minimax risks, wrong arguments", () => {
  const good: MinimaxProblem = {
    classes: 2,
    configurations: [Float64Array.of(1, 0)],
    intervals: { low: Float64Array.of(0.2), high: Float64Array.of(0.6) },
  };
  const upper = (change: Partial<MinimaxProblem>) => () => minimaxRiskUpper({ ...good, ...change });

  it("names what is wrong with the problem, whoever is asked", () => {
    expect(upper({ classes: 1 })).toThrow("minimaxRiskUpper: classes is 1 but must be a whole number ≥ 2");
    expect(upper({ configurations: [] })).toThrow("minimaxRiskUpper: configurations is empty but must have one");
    expect(upper({ intervals: { low: Float64Array.of(), high: Float64Array.of() } })).toThrow(
      "minimaxRiskUpper: low is empty but must have a feature",
    );
    expect(upper({ intervals: { low: Float64Array.of(0), high: Float64Array.of(1, 1) } })).toThrow(
      "minimaxRiskUpper: high has length 2 but must have that of low, 1",
    );
    expect(upper({ intervals: { low: Float64Array.of(0.5), high: Float64Array.of(0.4) } })).toThrow(
      "minimaxRiskUpper: interval 0 is [0.5, 0.4] but must have finite ends in order",
    );
    expect(upper({ intervals: { low: Float64Array.of(Number.NaN), high: Float64Array.of(0.4) } })).toThrow(
      "minimaxRiskUpper: interval 0 is [NaN, 0.4] but must have finite ends in order",
    );
    expect(upper({ configurations: [Float64Array.of(1, 0, 0)] })).toThrow(
      "minimaxRiskUpper: configurations[0] has length 3 but must have 2, classes by features",
    );
    expect(upper({ configurations: [Float64Array.of(1, Number.NaN)] })).toThrow(
      "minimaxRiskUpper: configurations[0][1] is NaN but must be finite",
    );
    expect(() => minimaxRiskLower({ ...good, classes: 1 }, [[0.5, 0.5]])).toThrow(
      "minimaxRiskLower: classes is 1 but must be a whole number ≥ 2",
    );
    expect(() => minimaxRiskObjective({ ...good, classes: 1 }, [0])).toThrow(
      "minimaxRiskObjective: classes is 1 but must be a whole number ≥ 2",
    );
  });

  it("says when no distribution meets the intervals", () => {
    const intervals = { low: Float64Array.of(1.5), high: Float64Array.of(2) };
    const message =
      "intervals has no distribution on the configurations that meets it (the linear program is unbounded) but must have one; widen it";
    expect(upper({ intervals })).toThrow(`minimaxRiskUpper: ${message}`);
    expect(() => minimaxRiskLower({ ...good, intervals }, [[0.5, 0.5]])).toThrow(`minimaxRiskLower: ${message}`);
  });

  it("names what is wrong with a rule and with weights", () => {
    expect(() => minimaxRiskLower(good, [])).toThrow(
      "minimaxRiskLower: rule has 0 rows but must have 1, one a configuration",
    );
    for (const row of [[0.5, 0.4], [1.5, -0.5], [1]]) {
      expect(() => minimaxRiskLower(good, [row])).toThrow(
        `minimaxRiskLower: rule[0] is [${row.join(", ")}] but must be 2 probabilities that sum to 1`,
      );
    }
    expect(() => minimaxRiskObjective(good, [1, 2])).toThrow(
      "minimaxRiskObjective: weights has length 2 but must have 1, one a feature",
    );
    expect(() => minimaxRiskObjective(good, [Infinity])).toThrow(
      "minimaxRiskObjective: weights[0] is Infinity but must be finite",
    );
  });
});
