import * as ops from "../autodiff/index.js";
import { zeros } from "../autodiff/ops/create.js";
import { sizeOf } from "../autodiff/shape.js";
import type { ProgramBuilder } from "./random-program-builder.js";
import type { Draw } from "./random-program-claims.js";
import { contraction } from "./random-program-contractions.js";
import { boundOf } from "./random-program-line.js";
import { anyDType } from "./random-program-movement.js";
import { joined, move, operand } from "./random-program-operands.js";
import { sumError } from "./random-program-reductions.js";

/** Row numbers in [0, rows): a list of their own, or integers that were computed. */
function ids(b: ProgramBuilder, shape: readonly number[], rows: number): number {
  if (b.chance(0.5)) return operand(b, shape, { dtype: "i32", low: 0, high: rows - 1 });
  const any = operand(b, shape, { dtype: "i32" });
  const wide = b.emit("and($0, 1023)", [any], ([t]) => ops.and(t, 1023), { low: 0, high: 1023 })!;
  return b.emit(`remainder($0, ${rows})`, [wide], ([t]) => ops.remainder(t, rows), { low: 0, high: rows - 1 })!;
}

const gather: Draw = (b) => {
  const table = b.any({ dtype: anyDType(b) }, ({ shape }) => shape.length > 0 && shape[0] > 0);
  const places = ids(b, b.shape(b.int(0, 2)), b.fact(table).shape[0]);
  return b.emit("gather($0, $1)", [table, places], ([t, i]) => ops.gather(t, i), joined([b.fact(table)]));
};

const scatterAdd: Draw = (b) => {
  const rows = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const fact = b.fact(rows);
  const [count, ...rest] = fact.shape;
  const height = b.int(1, 6);
  // Of computed ids some may be out of range: those rows are left out.
  const places = b.chance(0.8) ? ids(b, [count], height) : operand(b, [count], { dtype: "i32" });
  if (b.chance(0.5)) {
    const bound = boundOf(fact) * Math.max(1, count);
    const claim = {
      low: -bound,
      high: bound,
      grid: fact.grid,
      error: sumError(fact, boundOf(fact), Math.max(1, count)),
    };
    return b.emit(
      `scatterAdd(zeros([${[height, ...rest]}]), $1, $0)`,
      [rows, places],
      ([t, i]) => ops.scatterAdd(zeros([height, ...rest], t), i, t),
      claim,
    );
  }
  const base = operand(b, [height, ...rest], { dtype: b.dtype });
  const both = joined([b.fact(base), fact]);
  const most = Math.max(boundOf(fact), boundOf(b.fact(base)));
  const bound = most * (count + 1);
  const claim = { low: -bound, high: bound, grid: both.grid, error: sumError(both, most, count + 1) };
  return b.emit("scatterAdd($0, $1, $2)", [base, places, rows], ([t, i, r]) => ops.scatterAdd(t, i, r), claim);
};

const replaceRows: Draw = (b) => {
  const base = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0 && shape[0] > 0 && shape[0] < 40);
  const [height, ...rest] = b.fact(base).shape;
  const chosen = b.some(b.shuffled([...Array(height).keys()]));
  const places = b.leaf([chosen.length], { dtype: "i32", low: 0, high: height - 1 }, chosen);
  const rows = operand(b, [chosen.length, ...rest], { dtype: b.dtype });
  const claim = joined([b.fact(base), b.fact(rows)]);
  return b.emit("replaceRows($0, $1, $2)", [base, places, rows], ([t, i, r]) => ops.replaceRows(t, i, r), claim);
};

const takeAlongAxis: Draw = (b) => {
  const x = b.any({ dtype: anyDType(b) }, ({ shape }) => shape.length > 0 && !shape.includes(0));
  const { shape } = b.fact(x);
  const axis = b.int(0, shape.length - 1);
  const wanted = shape.map((size, i) => (i === axis ? b.size() : size));
  if (sizeOf(wanted) > 6000) return undefined;
  const places = ids(b, wanted, shape[axis]);
  return b.emit(
    `takeAlongAxis($0, $1, ${axis})`,
    [x, places],
    ([t, i]) => ops.takeAlongAxis(t, i, axis),
    joined([b.fact(x)]),
  );
};

const oneHot: Draw = (b) => {
  const classes = b.size();
  const x = b.any({ dtype: "i32" }, ({ shape }) => shape.length < 4);
  const { dtype } = b;
  return b.emit(`oneHot($0, ${classes})`, [x], ([t]) => ops.oneHot(t, classes, dtype), { low: 0, high: 1, grid: 0 });
};

/** Where the rows of a sparse matrix start, and the columns of its entries. */
function structure(
  b: ProgramBuilder,
  width: number,
): { readonly rows: number; readonly offsets: number; readonly columns: number; readonly count: number } {
  const lengths = Array.from({ length: b.int(0, 5) }, () => b.pick([0, 1, 2, 3]));
  const starts = [0];
  for (const length of lengths) starts.push(starts[starts.length - 1] + length);
  const count = starts[starts.length - 1];
  const offsets = b.leaf([starts.length], { dtype: "i32", low: 0, high: count }, starts);
  return { rows: lengths.length, offsets, columns: ids(b, [count], width), count };
}

const csrMatmul: Draw = (b) => {
  const dense = b.any({ dtype: b.dtype }, ({ shape }) => shape.length === 2 && shape[0] > 0);
  const { offsets, columns, count } = structure(b, b.fact(dense).shape[0]);
  const values = operand(b, [count], { dtype: b.dtype });
  const claim = contraction([b.fact(values), b.fact(dense)], 3);
  return b.emit(
    "csrMatmul({ offsets: $0, columns: $1, values: $2 }, $3)",
    [offsets, columns, values, dense],
    ([o, c, v, t]) => ops.csrMatmul({ offsets: o, columns: c, values: v }, t),
    claim,
  );
};

const segmentSum: Draw = (b) => {
  const { offsets, count } = structure(b, 1);
  const x = operand(b, [count, ...b.shape(1)], { dtype: b.dtype });
  const fact = b.fact(x);
  const bound = 3 * boundOf(fact);
  const claim = { low: -bound, high: bound, grid: fact.grid, error: sumError(fact, boundOf(fact), 3) };
  return b.emit("segmentSum($0, $1)", [x, offsets], ([t, o]) => ops.segmentSum(t, o), claim);
};

const firstOccurrence: Draw = (b) => {
  const places = operand(b, [b.int(1, 9)], { dtype: "i32", low: 0, high: 3 });
  return b.emit("firstOccurrence($0)", [places], ([t]) => ops.firstOccurrence(t), { low: 0, high: 8 });
};

/** An embedding: rows of a table by ids, and more than one reader of the table. */
const embedding: Draw = (b) => {
  const table = operand(b, [b.int(2, 9), b.int(1, 4)], { dtype: b.dtype });
  const [first, second] = [gatherOf(b, table), gatherOf(b, table)];
  return move(b, "concat([$0, $1], 0)", [first, second], (ts) => ops.concat(ts, 0));
};

function gatherOf(b: ProgramBuilder, table: number): number {
  const places = ids(b, [b.int(1, 4)], b.fact(table).shape[0]);
  return b.emit("gather($0, $1)", [table, places], ([t, i]) => ops.gather(t, i), joined([b.fact(table)]))!;
}

export const rowOperations: readonly Draw[] = [
  gather,
  gather,
  scatterAdd,
  scatterAdd,
  replaceRows,
  takeAlongAxis,
  oneHot,
  csrMatmul,
  segmentSum,
  firstOccurrence,
  embedding,
];
