import * as kernels from "../../backends/reference/sparse-rows.js";
import { checkCount, checkRank, checkSameShape, ShapeError, showShape } from "../check.js";
import { checkDType, checkSameDType } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";
import { zeros } from "./create.js";
import { transposeCsr } from "./csr-transpose.js";
import { gather, scatterAdd } from "./gather.js";
import { expandDims } from "./movement.js";
import { sum } from "./reduce.js";

/** Rows of a sparse matrix: row `i` has `values[j]` in column `columns[j]` for `offsets[i] ≤ j < offsets[i + 1]`. */
export interface Csr {
  /** `[rows + 1]`, ascending from 0 to the number of values. */
  readonly offsets: Tensor<"i32">;
  /** `[n]`, each in [0, width). */
  readonly columns: Tensor<"i32">;
  /** `[n]`. */
  readonly values: Tensor;
}

/** For each of `count` entries the row that it belongs to. */
export function segmentIds(offsets: Tensor<"i32">, count: number): Tensor<"i32"> {
  checkRank("segmentIds", { offsets }, 1);
  checkDType("segmentIds", { offsets }, "i32");
  checkCount("segmentIds", { count }, 0);
  return apply("segmentIds", "segmentIds", [offsets], { shape: [count], dtype: "i32", host: kernels.segmentIds });
}

/**
 * Sparse rows times a dense matrix: `result[i] = Σ_j values[j] · dense[columns[j]]` over the entries `j` of row `i`.
 * With a table of embeddings this is the embedding bag. The gradient of `dense` is row-sparse.
 *
 * @param rows - `[rows, width]` in CSR form
 * @param dense - `[width, d]`
 * @returns `[rows, d]`
 * @throws ShapeError if the parts of `rows` do not fit, or `dense` is no matrix
 */
export function csrMatmul({ offsets, columns, values }: Csr, dense: Tensor): Tensor {
  checkRank("csrMatmul", { offsets, columns, values }, 1);
  checkRank("csrMatmul", { dense }, 2);
  checkSameShape("csrMatmul", { values, columns });
  checkSameDType("csrMatmul", { values, dense });
  checkDType("csrMatmul", { offsets, columns }, "i32");
  if (offsets.size === 0) {
    throw new ShapeError(
      `csrMatmul: offsets has shape ${showShape(offsets.shape)} but must hold the number of rows + 1`,
    );
  }
  const [, width] = dense.shape;
  return apply("csrMatmul", "csrMatmul", [offsets, columns, values, dense], {
    shape: [offsets.size - 1, width],
    dtype: dense.dtype,
    host: kernels.csrMatmul,
    pullback: (grad) => {
      const ofEntry = gather(grad, segmentIds(offsets, values.size));
      const towardsValues = sum(ofEntry.mul(gather(dense, columns)), 1);
      return [undefined, undefined, towardsValues, towardsDense({ offsets, columns, values }, dense, grad)];
    },
  });
}

/** `rowsᵀ · grad`: only the columns that hold anything, each once where the structure is known on the host. */
function towardsDense({ offsets, columns, values }: Csr, dense: Tensor, grad: Tensor): Tensor {
  const base = zeros(dense.shape, grad);
  const transposed = transposeCsr(offsets, columns);
  if (transposed === undefined) {
    const rows = gather(grad, segmentIds(offsets, values.size)).mul(expandDims(values, 1));
    return scatterAdd(base, columns, rows);
  }
  const rows = csrMatmul({ ...transposed, values: gather(values, transposed.order) }, grad);
  return scatterAdd(base, transposed.ids, rows, { distinct: true });
}

/** Sums of consecutive rows: `result[i] = Σ x[j]` over `offsets[i] ≤ j < offsets[i + 1]`; of nothing, 0. */
export function segmentSum(x: Tensor, offsets: Tensor<"i32">): Tensor {
  if (x.shape.length === 0) throw new ShapeError("segmentSum: x has shape [] but must have an axis");
  const [count, ...rest] = x.shape;
  const base = zeros([Math.max(0, offsets.size - 1), ...rest], x);
  return scatterAdd(base, segmentIds(offsets, count), x);
}
