import type { TransportProblem } from "cotangent/methods/transport";
import { numbers, sfc32, simplex } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

export const matrixOf = (rows: number, columns: number, values: ArrayLike<number>): TransportProblem["cost"] => ({
  rows,
  columns,
  values: Float64Array.from(values),
});

/** Costs in [0, 1] and masses, none below 0.01. */
export const transportProblems: Arbitrary<TransportProblem> = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 5 }))
  .chain(([m, n]) =>
    fc.record({
      cost: fc
        .array(numbers({ min: 0, max: 1 }), { minLength: m * n, maxLength: m * n })
        .map((values) => matrixOf(m, n, values)),
      rowMasses: simplex(m),
      columnMasses: simplex(n),
    }),
  )
  .map(({ cost, rowMasses, columnMasses }) => {
    const total = rowMasses.reduce((a, b) => a + b, 0) / columnMasses.reduce((a, b) => a + b, 0);
    return { cost, rowMasses, columnMasses: columnMasses.map((mass) => mass * total) };
  });

/** n × n costs uniform in [0, 1), uniform masses. */
export function uniformProblem(n: number, seed: number): TransportProblem {
  const random = sfc32(seed);
  const masses = new Float64Array(n).fill(1 / n);
  return {
    cost: matrixOf(n, n, Float64Array.from({ length: n * n }, random)),
    rowMasses: masses,
    columnMasses: masses,
  };
}

export const sumsOf = ({ rows, columns, values }: TransportProblem["cost"]): { rows: number[]; columns: number[] } => ({
  rows: Array.from({ length: rows }, (_, i) =>
    values.subarray(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0),
  ),
  columns: Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[i * columns + j];
    return sum;
  }),
});

/** ‖a − b‖₁. */
export const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
