import { constantOf, leaf } from "./graph.js";
import { maximum } from "./ops/arithmetic.js";
import { cast } from "./ops/cast.js";
import { equal, where } from "./ops/comparison.js";
import { arange, zeros } from "./ops/create.js";
import { firstOccurrence, gather, scatterAdd } from "./ops/gather.js";
import { concat, reshape } from "./ops/movement.js";
import { sizeOf } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** A tensor of zeros but for some rows: row `ids[i]` is the sum of all `rows[i]` with that id. */
export interface RowSparse {
  /** `[n]`. */
  readonly ids: Tensor<"i32">;
  /** `[n, ...shape[1:]]`. */
  readonly rows: Tensor;
  /** Of the whole tensor. */
  readonly shape: readonly number[];
  /** Whether no id in range occurs twice. */
  readonly distinct: boolean;
}

/**
 * The rows of a gradient that is zero elsewhere, as those of `gather` and `csrMatmul` are, also scaled, negated, or
 * summed. Undefined for any other tensor. Nothing of the whole tensor's size is computed.
 */
export function rowSparse(x: Tensor): RowSparse | undefined {
  const { op, inputs, attributes } = x.origin;
  const [first, second] = inputs as unknown as readonly Tensor[];
  switch (op) {
    case "scatterAdd": {
      if (constantOf(first) !== 0) return undefined;
      const [, ids, rows] = inputs as unknown as [Tensor, Tensor<"i32">, Tensor];
      const [, ...rest] = x.shape;
      const distinct = attributes.distinct === true;
      return { ids: reshape(ids, [ids.size]), rows: reshape(rows, [ids.size, ...rest]), shape: x.shape, distinct };
    }
    case "add": {
      const [a, b] = [rowSparse(first), rowSparse(second)];
      return a && b && joined(a, b);
    }
    case "neg":
      return withRows(rowSparse(first), (rows) => rows.neg());
    case "cast":
      return withRows(rowSparse(first), (rows) => cast(rows, x.dtype));
    case "mul":
      return scaled(first, second, (rows, by) => rows.mul(by)) ?? scaled(second, first, (rows, by) => rows.mul(by));
    case "div":
      return scaled(first, second, (rows, by) => rows.div(by));
    default:
      return constantOf(x) === 0 && x.shape.length > 0 ? nothing(x) : undefined;
  }
}

function withRows(sparse: RowSparse | undefined, f: (rows: Tensor) => Tensor): RowSparse | undefined {
  return sparse && { ...sparse, rows: f(sparse.rows) };
}

/** A row-sparse tensor times (or over) a number that is one for all elements. */
function scaled(x: Tensor, by: Tensor, f: (rows: Tensor, by: Tensor) => Tensor): RowSparse | undefined {
  let factor: Tensor = by;
  while (factor.origin.op === "broadcast") factor = factor.origin.inputs[0] as unknown as Tensor;
  if (sizeOf(factor.shape) !== 1) return undefined;
  return withRows(rowSparse(x), (rows) => f(rows, reshape(factor, [])));
}

function nothing({ backend, shape, dtype }: Tensor): RowSparse {
  const [, ...rest] = shape;
  const ids = leaf(backend, new Int32Array(0), [0], "i32");
  return { ids, rows: zeros([0, ...rest], { backend, dtype }), shape, distinct: true };
}

function joined(a: RowSparse, b: RowSparse): RowSparse {
  if (a.ids.size === 0) return b;
  if (b.ids.size === 0) return a;
  return { ids: concat([a.ids, b.ids]), rows: concat([a.rows, b.rows]), shape: a.shape, distinct: false };
}

/** The tensor that a list of rows stands for. */
export function dense({ ids, rows, shape, distinct }: RowSparse): Tensor {
  return scatterAdd(zeros(shape, rows), ids, rows, { distinct });
}

/** The same with each id once: rows of equal ids are summed where the id first stands; the others are zero, their id −1. */
export function coalesce(sparse: RowSparse): RowSparse {
  if (sparse.distinct) return sparse;
  const { ids, rows, shape } = sparse;
  const first = firstOccurrence(ids);
  const isFirst = equal(first, arange(ids.size, ids));
  return {
    ids: where(isFirst, ids, -1),
    rows: scatterAdd(zeros(rows.shape, rows), first, rows),
    shape,
    distinct: true,
  };
}

/** The rows of a table that a row-sparse tensor has an entry for; for entries that stand for nothing, some row. */
export function rowsOf(table: Tensor, { ids }: RowSparse): Tensor {
  return gather(table, maximum(ids, 0));
}

/** `a + b`, which stays row-sparse if both are, and makes no zeros if one is. */
export function addSparse(a: Tensor, b: Tensor): Tensor {
  if (a.origin.op !== "scatterAdd" && b.origin.op !== "scatterAdd") return a.add(b);
  const [left, right] = [rowSparse(a), rowSparse(b)];
  if (left && right) return dense(joined(left, right));
  if (right) return scatterAdd(a, right.ids, right.rows, right);
  if (left) return scatterAdd(b, left.ids, left.rows, left);
  return a.add(b);
}
