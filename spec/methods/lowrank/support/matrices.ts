import type { DenseMatrix } from "cotangent/methods/lowrank";
import { floats } from "cotangent/testing";
import type { Arbitrary } from "fast-check";

export function matrixOf(rows: number, columns: number, values: ArrayLike<number>): DenseMatrix {
  return { rows, columns, values: Float64Array.from(values) };
}

/** Matrices with a strong diagonal, so that their columns are independent. */
export function tallMatrices(rows: number, columns: number): Arbitrary<DenseMatrix> {
  return floats([rows, columns], { min: -1, max: 1 }).map((values) =>
    matrixOf(
      rows,
      columns,
      values.map((value, i) => value + (i % columns === Math.floor(i / columns) ? 3 : 0)),
    ),
  );
}

export function multiply(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const values = Array.from({ length: a.rows * b.columns }, (_, at) => {
    const [i, j] = [Math.floor(at / b.columns), at % b.columns];
    let sum = 0;
    for (let l = 0; l < a.columns; l++) sum += a.values[i * a.columns + l] * b.values[l * b.columns + j];
    return sum;
  });
  return matrixOf(a.rows, b.columns, values);
}

export function transposed({ rows, columns, values }: DenseMatrix): DenseMatrix {
  return matrixOf(
    columns,
    rows,
    Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]),
  );
}

export function norm(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values));
}
