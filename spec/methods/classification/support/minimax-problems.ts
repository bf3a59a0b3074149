import type { ClassFeatures, InputFeatures, MinimaxProblem } from "cotangent/methods/classification";
import { type LinearConstraint, solveLp } from "cotangent/methods/optimizers";
import fc, { type Arbitrary } from "fast-check";

const list = <T>(length: number, of: Arbitrary<T>) => fc.array(of, { minLength: length, maxLength: length });

/** Features of any kind on a few configurations, and intervals that some distribution on them meets. */
export function minimaxProblems(most = 4): Arbitrary<MinimaxProblem> {
  const sizes = fc.record({
    classes: fc.integer({ min: 2, max: 3 }),
    features: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 1, max: most }),
  });
  return sizes.chain(({ classes, features, count }) =>
    fc
      .record({
        values: list(count, list(classes * features, fc.integer({ min: -2, max: 2 }))),
        shares: list(count * classes, fc.integer({ min: 0, max: 4 })),
        below: list(features, fc.integer({ min: 0, max: 4 })),
        above: list(features, fc.integer({ min: 0, max: 4 })),
      })
      .map(({ values, shares, below, above }) => {
        const total = shares.reduce((sum, share) => sum + share, 0);
        const chances = total === 0 ? shares.map(() => 1 / shares.length) : shares.map((share) => share / total);
        const configurations = values.map((row) => Float64Array.from(row, (value) => value / 2));
        const mean = meanOf(configurations, chances, features);
        return {
          classes,
          configurations,
          intervals: {
            low: mean.map((value, j) => value - below[j] / 8),
            high: mean.map((value, j) => value + above[j] / 8),
          },
        };
      }),
  );
}

/** E_p[Φ] for p(x, y), row x first. */
export function meanOf(
  configurations: readonly Float64Array[],
  chances: ArrayLike<number>,
  features: number,
): Float64Array {
  const mean = new Float64Array(features);
  for (let i = 0; i < chances.length; i++) {
    const classes = chances.length / configurations.length;
    const start = (i % classes) * features;
    const values = configurations[Math.floor(i / classes)];
    for (let j = 0; j < features; j++) mean[j] += chances[i] * values[start + j];
  }
  return mean;
}

/** Extreme of Σ p(x, y)·cost(x, y) over the distributions on the configurations that meet the intervals, by its own program. */
export function extremeRisk(problem: MinimaxProblem, costs: readonly number[], which: "least" | "most"): number {
  const { classes, configurations, intervals } = problem;
  const features = intervals.low.length;
  const constraints: LinearConstraint[] = [{ coefficients: costs.map(() => 1), relation: "=", bound: 1 }];
  for (let j = 0; j < features; j++) {
    const coefficients = configurations.flatMap((values) =>
      Array.from({ length: classes }, (_, y) => values[y * features + j]),
    );
    constraints.push({ coefficients, relation: ">=", bound: intervals.low[j] });
    constraints.push({ coefficients, relation: "<=", bound: intervals.high[j] });
  }
  const sign = which === "least" ? 1 : -1;
  return sign * solveLp({ objective: costs.map((cost) => sign * cost), constraints }).value;
}

/** The rule of weights and offset at each configuration: `max(0, 1 − Φ·μ − ν)`, not normalized. */
export function sharesOf(
  { classes, configurations }: MinimaxProblem,
  weights: ArrayLike<number>,
  offset: number,
): number[][] {
  return configurations.map((values) =>
    Array.from({ length: classes }, (_, y) => {
      let score = 0;
      for (let j = 0; j < weights.length; j++) score += values[y * weights.length + j] * weights[j];
      return Math.max(0, 1 - score - offset);
    }),
  );
}

export function normalized(shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => (total > 0 ? share / total : 1 / shares.length));
}

/** 1 − h(y|x), row x first. */
export const errorsOf = (rule: readonly (readonly number[])[]): number[] =>
  rule.flatMap((row) => row.map((chance) => 1 - chance));

/** Points of a 3 by 3 grid with their classes. */
export interface Sample {
  readonly classes: number;
  readonly inputs: number[][];
  readonly labels: number[];
}

export const samples: Arbitrary<Sample> = fc.integer({ min: 2, max: 3 }).chain((classes) => {
  const example = fc.tuple(list(2, fc.integer({ min: 0, max: 2 })), fc.integer({ min: 0, max: classes - 1 }));
  return fc
    .array(example, { minLength: 1, maxLength: 9 })
    .map((examples) => ({ classes, inputs: examples.map(([x]) => x), labels: examples.map(([, y]) => y) }));
});

export const grid: number[][] = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => [a, b]));

/** ψ of a point of the grid: a constant, an indicator, and the first coordinate itself. */
export const gridFeatures: InputFeatures = {
  features: 3,
  low: Float64Array.of(1, 0, -1),
  high: Float64Array.of(1, 1, 1),
  of: (x) => Float64Array.of(1, Number(x[1] <= 0), x[0] - 1),
};

/** The features of Φ at the given places only. */
export function someFeatures(of: ClassFeatures, places: readonly number[]): ClassFeatures {
  return {
    classes: of.classes,
    features: places.length,
    low: Float64Array.from(places, (j) => of.low[j]),
    high: Float64Array.from(places, (j) => of.high[j]),
    of: (x) => {
      const values = of.of(x);
      return Float64Array.from(
        Array.from({ length: of.classes }, (_, y) => places.map((j) => values[y * of.features + j])).flat(),
      );
    },
  };
}
