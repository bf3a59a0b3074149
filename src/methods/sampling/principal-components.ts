import { checkAtLeast, checkCount, checkRank } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import {
  type Csr,
  cast,
  csrMatmul,
  matmul,
  normal,
  read,
  type Tensor,
  type TypedArray,
  vjp,
} from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { keyOf } from "../../autodiff/random.js";
import { finestFloat } from "./draw-shape.js";
import { type SymmetricOperator, topEigenvectors } from "./top-eigenvectors.js";

/** Sparse rows that know how many columns there are. */
export interface SparseRows extends Csr {
  /** Number of columns K. */
  readonly width: number;
}

/** The directions in which rows vary most. An alias, so that it is a tree for `grad` and checkpoints. */
export type PrincipalComponents = {
  /** `[K]`. */
  readonly mean: Tensor;
  /** `[K, k]`, orthonormal columns, most variance first. */
  readonly components: Tensor;
  /** `[k]`, the variance along each. */
  readonly variances: Tensor;
};

export interface PrincipalComponentsOptions {
  /** Number of components k, a whole number in [1, K]. Default 16. */
  readonly components?: number;
  /** Largest residual `‖Σv − λv‖` of a component over the largest variance, ≥ 0. Default 1e-6. */
  readonly tolerance?: number;
  /** Products with the covariance at most, a whole number ≥ 1. Default 200; what has been reached by then is returned. */
  readonly maxIterations?: number;
}

/**
 * Principal components: the k orthonormal directions in which the rows of x vary most.
 *
 *     Σ = (1/N) · Σ_i (x_i − mean)(x_i − mean)ᵀ      Σ·v_j = variance_j · v_j
 *
 * By block power iteration with Rayleigh and Ritz's step. Of dense rows the covariance is formed, `[K, K]`; of sparse ones
 * never, so that millions of columns are no obstacle. The start is the same in every run, and signs are set so that the
 * largest entry of each component is positive.
 *
 * Reach for it to make few, centred features out of many, as for `fitAdversarialTree`.
 *
 * @param x - `[N, K]`, dense or sparse; N ≥ 1, finite
 * @returns mean, components and variances, in the dtype and on the backend of x; project with `projectOntoComponents`
 * @throws ShapeError if x has not two axes
 * @throws DTypeError if x is not f32 or f64
 * @throws RangeError if x has no row, or a value that is not finite
 * @throws RangeError if `components` is not a whole number in [1, K], `tolerance` negative or not finite, or
 * `maxIterations` not a whole number ≥ 1
 * @source Hotelling, "Analysis of a Complex of Statistical Variables into Principal Components", Journal of Educational
 * Psychology 1933; the iteration: Golub and Van Loan, "Matrix Computations", section 8.2
 */
export async function principalComponents(
  x: Tensor | SparseRows,
  { components = 16, tolerance = 1e-6, maxIterations = 200 }: PrincipalComponentsOptions = {},
): Promise<PrincipalComponents> {
  const caller = "principalComponents";
  const values = "values" in x ? x.values : x;
  checkFloat(caller, { x: values });
  if (!("values" in x)) checkRank(caller, { x }, 2);
  const [count, width] = "values" in x ? [x.offsets.size - 1, x.width] : x.shape;
  if (count < 1) throw new RangeError(`${caller}: x has ${count} rows but must have at least 1`);
  checkCount(caller, { components, maxIterations }, 1);
  checkAtLeast(caller, { tolerance }, 0);
  if (components > width) {
    throw new RangeError(
      `${caller}: components is ${components} but must be in [1, ${width}], as x has ${width} columns`,
    );
  }

  const { backend, dtype } = values;
  const place = { backend, dtype: finestFloat(backend) };
  const { mean, covariance } = "values" in x ? await ofSparse(x, count) : await ofDense(x, count);
  // A few vectors more than asked for: how fast the last one comes depends on the first that is left out.
  const block = Math.min(width, components + 8);
  const start = await normal(keyOf(0, backend), [block, width], place).data();
  const top = await topEigenvectors(covariance, Float64Array.from(start), width, components, {
    tolerance,
    maxIterations,
  });
  const columns = new Float64Array(width * components);
  for (let c = 0; c < components; c++) {
    const vector = top.vectors.subarray(c * width, (c + 1) * width);
    let largest = 0;
    for (let i = 1; i < width; i++) if (Math.abs(vector[i]) > Math.abs(vector[largest])) largest = i;
    const sign = vector[largest] < 0 ? -1 : 1;
    for (let i = 0; i < width; i++) columns[i * components + c] = sign * vector[i];
  }
  const made = (held: Float64Array, shape: readonly number[]) => fromValues(held, { backend, dtype, shape }) as Tensor;
  return {
    mean: made(mean, [width]),
    components: made(columns, [width, components]),
    variances: made(
      top.values.map((value) => Math.max(0, value)),
      [components],
    ),
  };
}

/**
 * Centred coordinates of rows along principal components: `(x − mean) · components`.
 *
 * Reach for it to give `fitAdversarialTree` and its tree their features, for examples of the fit and for new ones.
 *
 * @param x - `[B, K]`, dense or sparse
 * @param basis - what `principalComponents` found
 * @returns `[B, k]`
 * @throws ShapeError if x does not have K columns
 * @source Hotelling, "Analysis of a Complex of Statistical Variables into Principal Components", Journal of Educational
 * Psychology 1933
 */
export function projectOntoComponents(x: Tensor | SparseRows, { mean, components }: PrincipalComponents): Tensor {
  const rotated = "values" in x ? csrMatmul(x, components) : matmul(x, components);
  return rotated.sub(matmul(mean.reshape([1, -1]), components));
}

interface Moments {
  readonly mean: Float64Array;
  readonly covariance: SymmetricOperator;
}

async function ofDense(x: Tensor, count: number): Promise<Moments> {
  const fine = cast(x, finestFloat(x.backend)) as Tensor;
  const average = fine.mean(0);
  const centred = fine.sub(average);
  const host = await read({ average, products: centred.transpose().matmul(centred).div(count) });
  checkFinite(host.average);
  checkFinite(host.products);
  const [mean, matrix] = [Float64Array.from(host.average), Float64Array.from(host.products)];
  const width = mean.length;
  const covariance = async (block: Float64Array) => {
    const result = new Float64Array(block.length);
    for (let row = 0; row < block.length; row += width) {
      for (let i = 0; i < width; i++) {
        let sum = 0;
        for (let j = 0; j < width; j++) sum += matrix[i * width + j] * block[row + j];
        result[row + i] = sum;
      }
    }
    return result;
  };
  return { mean, covariance };
}

async function ofSparse({ offsets, columns, values, width }: SparseRows, count: number): Promise<Moments> {
  const { backend } = values;
  const dtype = finestFloat(backend);
  const rows: Csr = { offsets, columns, values: cast(values, dtype) as Tensor };
  const made = (held: Float64Array, shape: readonly number[]) => fromValues(held, { backend, dtype, shape }) as Tensor;
  /** X·V and the map u ↦ Xᵀ·u. */
  const product = (dense: Tensor) => vjp((v: Tensor) => csrMatmul(rows, v), dense);
  const sums = product(made(new Float64Array(width), [width, 1])).pullback(
    made(new Float64Array(count).fill(1), [count, 1]),
  );
  const mean = Float64Array.from(await sums.div(count).data());
  checkFinite(mean);
  const covariance = async (block: Float64Array) => {
    const dense = made(block, [block.length / width, width]).transpose();
    const { value, pullback } = product(dense);
    const centred = value.sub(matmul(made(mean, [1, width]), dense));
    return Float64Array.from(await pullback(centred).div(count).transpose().data());
  };
  return { mean, covariance };
}

function checkFinite(values: TypedArray | Float64Array): void {
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError("principalComponents: x has a value that is not finite");
  }
}
