import { firstOccurrence as firstOccurrenceKernel } from "../../backends/reference/sparse-rows.js";
import { checkRank, ShapeError, showShape } from "../check.js";
import { checkDType, checkSameDType, type DType, type Kind } from "../dtype.js";
import { hostValues } from "../evaluate.js";
import { apply } from "../graph.js";
import { normalizeAxis, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { and, equal, greaterEqual, less, where } from "./comparison.js";
import { arange, zeros } from "./create.js";
import { broadcastTo, expandDims, reshape, transpose } from "./movement.js";

/** Throws where the ids are at hand: those that a device computes are not read back for it. */
function checkIds(caller: string, ids: Tensor<"i32">, rows: number): void {
  checkDType(caller, { ids }, "i32");
  for (const id of hostValues(ids) ?? []) {
    if (id < 0 || id >= rows) throw new RangeError(`${caller}: an id is ${id} but must be in [0, ${rows})`);
  }
}

/**
 * Rows of a table: `table[ids]`. Its gradient is row-sparse: a `scatterAdd` of as many rows as there are ids.
 *
 * @param table - `[rows, ...]`
 * @param ids - any shape, each in [0, rows)
 * @returns `[...ids.shape, ...table.shape[1:]]`. Ids that a device computes are not checked: out of range they give NaN
 * (0 in integers).
 */
export function gather<D extends DType>(table: Tensor<D>, ids: Tensor<"i32">): Tensor<D> {
  if (table.shape.length === 0) throw new ShapeError("gather: table has shape [] but must have an axis");
  const [rows, ...rest] = table.shape;
  checkIds("gather", ids, rows);
  return apply("gather", "gather", [table, ids], {
    shape: [...ids.shape, ...rest],
    dtype: table.dtype,
    pullback: (grad) => [scatterAdd(zeros(table.shape, grad), ids, grad)],
  });
}

export interface ScatterOptions {
  /** Promises that no id in range occurs twice. Default false. */
  readonly distinct?: boolean;
}

/**
 * `base` with rows added: `base[ids[i]] += rows[i]`, also where ids repeat.
 *
 * @param base - `[rows, ...]`; zeros take no memory, and a sum of scatters into zeros is one
 * @param ids - any shape, each in [0, rows)
 * @param rows - `[...ids.shape, ...base.shape[1:]]`. Ids that a device computes are not checked: rows out of range are
 * left out.
 */
export function scatterAdd<D extends DType>(
  base: Tensor<D>,
  ids: Tensor<"i32">,
  rows: Tensor<D>,
  { distinct = false }: ScatterOptions = {},
): Tensor<D> {
  if (base.shape.length === 0) throw new ShapeError("scatterAdd: base has shape [] but must have an axis");
  checkSameDType("scatterAdd", { base, rows });
  checkDType("scatterAdd", { base }, "f32", "f64", "i32", "u32");
  const wanted = [...ids.shape, ...base.shape.slice(1)];
  if (!sameShape(rows.shape, wanted)) {
    throw new ShapeError(`scatterAdd: rows has shape ${showShape(rows.shape)} but must be ${showShape(wanted)}`);
  }
  return apply("scatterAdd", "scatterAdd", [base, ids, rows], {
    shape: base.shape,
    dtype: base.dtype,
    attributes: { distinct },
    pullback: (grad) => [grad, undefined, gatherOrZero(grad, ids)],
  });
}

/** Rows of a table; zeros for ids out of range. */
function gatherOrZero(table: Tensor, ids: Tensor<"i32">): Tensor {
  const inRange = and(greaterEqual(ids, 0), less(ids, table.shape[0]));
  const rows = gather(table, where(inRange, ids, 0));
  return where(reshape(inRange, [...ids.shape, ...table.shape.slice(1).map(() => 1)]), rows, 0);
}

/**
 * `base` with rows replaced: `base[ids[i]] = rows[i]`. The ids must differ from each other; rows whose id is out of range
 * (−1, say) are left out.
 *
 * @param base - `[rows, ...]`
 * @param ids - `[n]`
 * @param rows - `[n, ...base.shape[1:]]`
 */
export function replaceRows<D extends DType>(base: Tensor<D>, ids: Tensor<"i32">, rows: Tensor<D>): Tensor<D> {
  checkDType("replaceRows", { ids }, "i32");
  checkSameDType("replaceRows", { base, rows });
  const wanted = [...ids.shape, ...base.shape.slice(1)];
  if (!sameShape(rows.shape, wanted)) {
    throw new ShapeError(`replaceRows: rows has shape ${showShape(rows.shape)} but must be ${showShape(wanted)}`);
  }
  return apply("replaceRows", "replaceRows", [base, ids, rows], {
    shape: base.shape,
    dtype: base.dtype,
    pullback: (grad) => [replaceRows(grad, ids, zeros(wanted, grad)), undefined, gatherOrZero(grad, ids)],
  });
}

/**
 * For each id the position of its first occurrence among the ids: what it takes to sum the rows of repeated ids.
 *
 * @param ids - `[n]`
 * @returns `[n]`, `result[i] ≤ i`, and equal for equal ids
 */
export function firstOccurrence(ids: Tensor<"i32">): Tensor<"i32"> {
  checkRank("firstOccurrence", { ids }, 1);
  checkDType("firstOccurrence", { ids }, "i32");
  return apply("firstOccurrence", "firstOccurrence", [ids], {
    shape: ids.shape,
    dtype: "i32",
    host: firstOccurrenceKernel,
  });
}

/**
 * One element of `x` for each index, along an axis: `result[i, j] = x[i, indices[i, j]]` for the last of two axes.
 *
 * @param x - any shape
 * @param indices - the shape of `x`, but of any size along the axis
 */
export function takeAlongAxis<D extends DType>(x: Tensor<D>, indices: Tensor<"i32">, axis = -1): Tensor<D> {
  const rank = x.shape.length;
  const place = normalizeAxis("takeAlongAxis", axis, rank);
  if (indices.shape.length !== rank || indices.shape.some((size, i) => i !== place && size !== x.shape[i])) {
    throw new ShapeError(
      `takeAlongAxis: indices has shape ${showShape(indices.shape)} but must match x, ${showShape(x.shape)}, outside of axis ${place}`,
    );
  }
  checkIds("takeAlongAxis", indices, x.shape[place]);
  const last = x.shape.map((_, i) => i).filter((i) => i !== place);
  const order = [...last, place];
  const moved = transpose(x, order);
  const width = x.shape[place];
  const wanted = transpose(indices, order);
  const outer = sizeOf(moved.shape.slice(0, -1));
  const starts = arange(outer, indices).mul(width);
  const inRow = reshape(wanted, [outer, indices.shape[place]]);
  const valid = and(greaterEqual(inRow, 0), less(inRow, width));
  const flat = where(valid, inRow.add(expandDims(starts, 1)), -1); // never an element of another row
  const taken = gather(reshape(moved, [outer * width]), flat);
  const inverse = order.map((_, i) => order.indexOf(i));
  return transpose(reshape(taken, wanted.shape), inverse);
}

/** 1 at each id and 0 elsewhere, along a new last axis of the given size; ids out of range give a row of zeros. */
export function oneHot<D extends DType>(ids: Tensor<"i32">, classes: number, dtype: D): Tensor<Kind<D>> {
  checkDType("oneHot", { ids }, "i32");
  const columns = arange(classes, ids);
  return cast(equal(expandDims(ids, ids.shape.length), columns), dtype);
}

/** The elements whose positions on the two last axes agree, along a new last axis. */
export function diagonal<D extends DType>(x: Tensor<D>): Tensor<D> {
  if (x.shape.length < 2) throw new ShapeError(`diagonal: x has shape ${showShape(x.shape)} but must have 2 axes`);
  const [rows, columns] = x.shape.slice(-2);
  const size = Math.min(rows, columns);
  const lead: Shape = x.shape.slice(0, -2);
  const flat = reshape(x, [sizeOf(lead), rows * columns]);
  const places = arange(size, { backend: x.backend, dtype: "i32" }).mul(columns + 1);
  return reshape(takeAlongAxis(flat, broadcastTo(places, [sizeOf(lead), size])), [...lead, size]);
}

/** The identity matrix. */
export function eye<D extends DType>(
  size: number,
  { backend, dtype }: { backend: Tensor["backend"]; dtype: D },
): Tensor<Kind<D>> {
  return oneHot(arange(size, { backend, dtype: "i32" }), size, dtype);
}
