import { solveLp } from "cotangent/methods/optimizers";

/** All choices of k of m places. */
export function subsetsOf(m: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: Math.max(0, m - from) }, (_, i) => from + i).flatMap((first) =>
    subsetsOf(m, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

/** The least cost of a plan from a to b, by linear programming; `cost` is `[m, n]`, row by row. */
export function leastCost(cost: ArrayLike<number>, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [m, n] = [a.length, b.length];
  const row = (i: number) => Array.from({ length: m * n }, (_, at) => Number(Math.floor(at / n) === i));
  const column = (j: number) => Array.from({ length: m * n }, (_, at) => Number(at % n === j));
  const { value } = solveLp({
    objective: Array.from(cost),
    constraints: [
      ...Array.from(a, (bound, i) => ({ coefficients: row(i), relation: "=" as const, bound })),
      ...Array.from(b, (bound, j) => ({ coefficients: column(j), relation: "=" as const, bound })),
    ],
  });
  return value;
}
