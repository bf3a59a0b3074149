import type { LinearConstraint, LinearProgram, LinearProgramSolution } from "cotangent/methods/optimizers";
import fc, { type Arbitrary } from "fast-check";
import { expect } from "vitest";

type Relation = LinearConstraint["relation"];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((total, value, i) => total + value * b[i], 0);

/** Small programs of small whole numbers: many are degenerate, many infeasible or unbounded. */
export function smallPrograms(
  variables: number,
  constraints: number,
  relations: readonly Relation[] = ["<=", ">=", "="],
): Arbitrary<LinearProgram> {
  const row: Arbitrary<LinearConstraint> = fc.record({
    coefficients: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: variables, maxLength: variables }),
    relation: fc.constantFrom(...relations),
    bound: fc.integer({ min: -4, max: 4 }),
  });
  return fc.record({
    objective: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: variables, maxLength: variables }),
    constraints: fc.array(row, { maxLength: constraints }),
    free: fc.subarray([...Array(variables).keys()]),
  });
}

/** A program that has an optimum by its making: a point meets all constraints, and costs are a sum of what they allow. */
export function solvablePrograms(variables: number, constraints: number): Arbitrary<LinearProgram> {
  const number = fc.integer({ min: -9, max: 9 });
  const list = (length: number, of: Arbitrary<number>) => fc.array(of, { minLength: length, maxLength: length });
  const rows = fc.array(list(variables, number), { minLength: constraints, maxLength: constraints });
  const kinds = fc.array(fc.constantFrom<Relation[]>("<=", ">=", "="), {
    minLength: constraints,
    maxLength: constraints,
  });
  const weights = list(constraints, fc.integer({ min: 0, max: 4 }));
  const room = list(constraints, fc.integer({ min: 0, max: 3 }));
  const point = list(variables, fc.integer({ min: 0, max: 5 }));
  const spare = list(variables, fc.integer({ min: 0, max: 2 }));
  const free = fc.subarray([...Array(variables).keys()]);
  return fc
    .tuple(rows, kinds, weights, room, point, spare, free)
    .map(([matrix, relations, dual, gap, x, reduced, unsigned]) => {
      const sign = (i: number) => (relations[i] === "<=" ? 1 : -1);
      return {
        objective: reduced.map(
          (cost, j) =>
            (unsigned.includes(j) ? 0 : cost) + matrix.reduce((total, row, i) => total - sign(i) * dual[i] * row[j], 0),
        ),
        constraints: matrix.map((coefficients, i) => ({
          coefficients,
          relation: relations[i],
          bound: dot(coefficients, x) + (relations[i] === "=" ? 0 : sign(i) * gap[i]),
        })),
        free: unsigned,
      };
    });
}

/** Largest breach of: feasibility of x, of the dual, complementary slackness, equal values. Relative to the numbers met. */
export function breachOf(
  { objective, constraints, free = [] }: LinearProgram,
  solution: LinearProgramSolution,
): number {
  const { x, value, dual } = solution;
  const breaches = [Math.abs(dot(objective, x) - value)];
  const scale = 1 + Math.max(...Array.from(x, Math.abs), ...Array.from(dual, Math.abs));
  constraints.forEach(({ coefficients, relation, bound }, i) => {
    const room = dot(coefficients, x) - bound; // ≥ 0 is right for >=
    if (relation !== "<=") breaches.push(-room, relation === "=" ? room : -dual[i]);
    else breaches.push(room, dual[i]);
    breaches.push(Math.abs(room * dual[i]) / scale);
  });
  Array.from(objective).forEach((cost, j) => {
    const reduced = constraints.reduce((rest, { coefficients }, i) => rest - dual[i] * coefficients[j], cost);
    breaches.push(-reduced, Math.abs(reduced * x[j]) / scale);
    if (free.includes(j)) breaches.push(Math.abs(reduced));
    else breaches.push(-x[j]);
  });
  breaches.push(Math.abs(value - constraints.reduce((total, { bound }, i) => total + dual[i] * bound, 0)) / scale);
  return Math.max(...breaches) / scale;
}

/** Whether the least value over all vertices of the program inside a box is as said; the box shows what is unbounded. */
export function bruteForce(program: LinearProgram, box: number): { readonly value: number; readonly x: number[] } {
  const { objective, constraints, free = [] } = program;
  const n = objective.length;
  const unit = (j: number) => Array.from({ length: n }, (_, k) => Number(k === j));
  const planes: LinearConstraint[] = [
    ...constraints,
    ...Array.from({ length: n }, (_, j) => [
      { coefficients: unit(j), relation: ">=", bound: free.includes(j) ? -box : 0 } as const,
      { coefficients: unit(j), relation: "<=", bound: box } as const,
    ]).flat(),
  ];
  let [best, at]: [number, number[]] = [Number.POSITIVE_INFINITY, []];
  for (const chosen of subsets(planes.length, n)) {
    const x = solveByCramer(
      chosen.map((i) => Array.from(planes[i].coefficients)),
      chosen.map((i) => planes[i].bound),
    );
    if (x === undefined) continue;
    const isInside = planes.every(({ coefficients, relation, bound }) => {
      const room = dot(coefficients, x) - bound;
      return (relation === "<=" || room > -1e-7) && (relation === ">=" || room < 1e-7);
    });
    if (isInside && dot(objective, x) < best) [best, at] = [dot(objective, x), x];
  }
  return { value: best, x: at };
}

function subsets(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count - from }, (_, i) => from + i).flatMap((first) =>
    subsets(count, size - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

function determinant(a: readonly (readonly number[])[]): number {
  if (a.length === 1) return a[0][0];
  return a[0].reduce((total, value, j) => {
    const minor = a.slice(1).map((row) => row.filter((_, k) => k !== j));
    return value === 0 ? total : total + (j % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}

function solveByCramer(a: readonly (readonly number[])[], b: readonly number[]): number[] | undefined {
  const whole = determinant(a);
  if (whole === 0) return undefined;
  return b.map((_, j) => determinant(a.map((row, i) => row.map((value, k) => (k === j ? b[i] : value)))) / whole);
}

/** Asserts that the solution certifies itself. */
export function expectOptimal(program: LinearProgram, solution: LinearProgramSolution, tolerance = 1e-10): void {
  expect(breachOf(program, solution)).toBeLessThan(tolerance);
}
