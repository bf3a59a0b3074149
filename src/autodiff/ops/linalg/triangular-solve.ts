import type { HostKernel } from "../../../backends/backend.js";
import { ShapeError, showShape } from "../../check.js";
import { checkSameDType } from "../../dtype.js";
import { apply } from "../../graph.js";
import { broadcastShapes } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import { broadcastTo, transposeLast } from "../movement.js";
import { checkMatrices, checkSquare, lowerTriangle, upperTriangle } from "./matrix.js";

export interface TriangularSolveOptions {
  /** Whether the lower triangle of `a` counts, or the upper. The other is not looked at. Default true. */
  readonly lower?: boolean;
  /** Solve with `aᵀ` instead: the triangle is taken first. Default false. */
  readonly transpose?: boolean;
}

/**
 * The `x` with `a·x = b` for triangular `a`.
 *
 * Computed on the host in f64 on every backend. A zero on the diagonal gives infinities or NaN.
 *
 * @param a - `[..., n, n]`
 * @param b - `[..., n, k]`, a column for each system; the leading axes of both broadcast
 * @returns `[..., n, k]`
 * @throws ShapeError if `a` is not square, `b` has another number of rows, or the leading axes do not broadcast
 * @throws DTypeError if `a` and `b` are not of one dtype, f32 or f64
 */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  { lower = true, transpose = false }: TriangularSolveOptions = {},
): Tensor {
  const [left, right] = alignSystems("triangularSolve", a, b);
  return substitute(left, right, lower, transpose);
}

/** Throws unless `b` has a row for each of the square `a`; gives both with the same leading axes. */
export function alignSystems(caller: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const size = checkSquare(caller, a);
  const [rows, columns] = checkMatrices(caller, b, "b");
  checkSameDType(caller, { a, b });
  if (rows !== size) {
    throw new ShapeError(
      `${caller}: b has shape ${showShape(b.shape)} but must be [..., ${size}, any] for a, ${showShape(a.shape)}`,
    );
  }
  const lead = broadcastShapes(caller, a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [broadcastTo(a, [...lead, size, size]), broadcastTo(b, [...lead, size, columns])];
}

function substitute(a: Tensor, b: Tensor, lower: boolean, transpose: boolean): Tensor {
  const [size, columns] = b.shape.slice(-2);
  return apply("triangularSolve", "triangularSolve", [a, b], {
    shape: b.shape,
    dtype: b.dtype,
    attributes: { size, columns, lower, transpose },
    host: triangularSolution,
    //   b̄ = a⁻ᵀ·x̄      ā = −b̄·xᵀ, of which only the triangle counts
    pullback: (grad, x) => {
      const towardsB = substitute(a, grad, lower, !transpose);
      const product = transpose ? x.matmul(transposeLast(towardsB)) : towardsB.matmul(transposeLast(x));
      return [(lower ? lowerTriangle(product) : upperTriangle(product)).neg(), towardsB];
    },
  });
}

const triangularSolution: HostKernel = ([a, b], output, attributes) => {
  const [n, columns] = [attributes.size as number, attributes.columns as number];
  const transpose = attributes.transpose as boolean;
  const forward = attributes.lower !== transpose;
  const [rowStep, columnStep] = transpose ? [1, n] : [n, 1];
  const x = new Float64Array(n * columns);
  for (let batch = 0; batch * n * columns < b.length; batch++) {
    const matrix = batch * n * n;
    const systems = batch * n * columns;
    for (let done = 0; done < n; done++) {
      const i = forward ? done : n - 1 - done;
      for (let c = 0; c < columns; c++) {
        let rest = b[systems + i * columns + c];
        for (let k = 0; k < done; k++) {
          const j = forward ? k : n - 1 - k;
          rest -= a[matrix + i * rowStep + j * columnStep] * x[j * columns + c];
        }
        x[i * columns + c] = rest / a[matrix + i * rowStep + i * columnStep];
      }
    }
    output.set(x, systems);
  }
};
