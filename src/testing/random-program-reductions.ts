import type { DType } from "../autodiff/index.js";
import * as ops from "../autodiff/index.js";
import { sizeOf } from "../autodiff/shape.js";
import type { ProgramBuilder } from "./random-program-builder.js";
import type { Draw } from "./random-program-claims.js";
import { positive } from "./random-program-functions.js";
import { boundOf, type Fact } from "./random-program-line.js";
import { joined, move } from "./random-program-operands.js";

interface Reduced {
  readonly axes: readonly number[];
  /** How many elements go into one. */
  readonly count: number;
  readonly keepDims: boolean;
  readonly text: string;
}

function axesOf(b: ProgramBuilder, { shape }: Fact): Reduced {
  const all = [...shape.keys()];
  const axes = b.chance(0.2) ? all : b.some(all);
  const keepDims = b.chance(0.4);
  return {
    axes,
    keepDims,
    count: sizeOf(axes.map((axis) => shape[axis])),
    text: `[${axes}]${keepDims ? ", keepDims" : ""}`,
  };
}

/** The error of a sum of `count` elements: backends add in any order, and roundings go both ways, so they grow like √count. */
export function sumError({ error }: { readonly error: number }, bound: number, count: number): number {
  return count * error + Math.sqrt(count) * count * bound;
}

const total: Draw = (b) => {
  const x = b.any({ dtype: b.dtype });
  const fact = b.fact(x);
  const { axes, count, keepDims, text } = axesOf(b, fact);
  const bound = boundOf(fact) * Math.max(1, count);
  const error = sumError(fact, boundOf(fact), Math.max(1, count));
  const claim = { low: fact.low < 0 ? -bound : 0, high: bound };
  if (count > 0 && b.chance(0.3)) {
    const small = boundOf(fact);
    return b.emit(`mean($0, ${text})`, [x], ([t]) => ops.mean(t, axes, { keepDims }), {
      low: -small,
      high: small,
      error: error / count + small,
    });
  }
  return b.emit(`sum($0, ${text})`, [x], ([t]) => ops.sum(t, axes, { keepDims }), { ...claim, grid: fact.grid, error });
};

/** The largest or smallest; of nothing, what is left of infinity when it is clamped. */
const extreme: Draw = (b) => {
  const { max, min } = ops;
  const [name, f] = b.named({ max, min });
  const exact = b.chance(0.7);
  const x = b.any({ dtype: b.dtype, exact });
  const fact = b.fact(x);
  const { axes, count, keepDims, text } = axesOf(b, fact);
  const smooth = fact.smooth && fact.grid !== undefined;
  const apply = ([t]: readonly ops.Tensor<never>[]) => f(t, axes, { keepDims });
  if (count > 0) return b.emit(`${name}($0, ${text})`, [x], apply, { ...joined([fact]), smooth });
  const claim = { low: -2, high: 2, grid: 1, smooth };
  return b.emit(`clamp(${name}($0, ${text}), -2, 2)`, [x], (ts) => ops.clamp(apply(ts), -2, 2), claim);
};

const product: Draw = (b) => {
  const x = b.any({ dtype: b.dtype }, (fact) => boundOf(fact) <= 1);
  const fact = b.fact(x);
  const { axes, count, keepDims, text } = axesOf(b, fact);
  if (count > 60) return undefined;
  const grid = fact.grid === undefined ? undefined : fact.grid * Math.max(1, count);
  const apply = ([t]: readonly ops.Tensor<never>[]) => ops.prod(t, axes, { keepDims });
  return b.emit(`prod($0, ${text})`, [x], apply, {
    low: -1,
    high: 1,
    grid,
    error: (fact.error + 1) * Math.max(1, count),
  });
};

const truth: Draw = (b) => {
  const { any, all } = ops;
  const [name, f] = b.named({ any, all });
  const x = b.any({ dtype: "bool" });
  const { axes, keepDims, text } = axesOf(b, b.fact(x));
  return b.emit(`${name}($0, ${text})`, [x], ([t]) => f(t, axes, { keepDims }), { low: 0, high: 1 });
};

const integerReduction: Draw = (b) => {
  const { sum, max, min, prod } = ops;
  const [name, f] = b.named({ sum, max, min, prod });
  const dtype = b.pick(["i32", "u32"] as const);
  const x = b.any({ dtype });
  const { axes, keepDims, text } = axesOf(b, b.fact(x));
  const [low, high] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return b.emit(`${name}($0, ${text})`, [x], ([t]) => f(t, axes, { keepDims }), { low, high });
};

const logSumExp: Draw = (b) => {
  const x = b.any({ dtype: b.dtype });
  const fact = b.fact(x);
  const { axes, count, keepDims, text } = axesOf(b, fact);
  if (count === 0) return undefined;
  const [low, high] = [fact.low, fact.high + Math.log(count)];
  const error = fact.error + 8 * (Math.abs(high) + 1) + Math.sqrt(count);
  return b.emit(`logSumExp($0, ${text})`, [x], ([t]) => ops.logSumExp(t, axes, { keepDims }), {
    low: low - 1e-3,
    high: high + 1e-3,
    error,
  });
};

const softmax: Draw = (b) => {
  const name = b.pick(["softmax", "logSoftmax"] as const);
  const f = name === "softmax" ? ops.softmax : ops.logSoftmax;
  const x = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const fact = b.fact(x);
  const axis = b.int(0, fact.shape.length - 1);
  const width = fact.high - fact.low + Math.log(Math.max(1, fact.shape[axis]));
  const error = 2 * fact.error + 8 * (width + 1) + Math.sqrt(fact.shape[axis]);
  const claim = name === "softmax" ? { low: 0, high: 1.001, error } : { low: -width - 1e-3, high: 1e-3, error };
  return b.emit(`${name}($0, ${axis})`, [x], ([t]) => f(t, axis), claim);
};

/** A root of a sum of squares: what normalizes. */
const normalized: Draw = (b) => {
  const x = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const fact = b.fact(x);
  const axis = b.int(0, fact.shape.length - 1);
  const squares = b.emit("mul($0, $0)", [x], ([t]) => t.mul(t), {
    low: 0,
    high: boundOf(fact) ** 2,
    error: 2 * fact.error * boundOf(fact) + boundOf(fact) ** 2,
  });
  if (squares === undefined) return undefined;
  const below = b.fact(squares);
  const error = sumError(below, boundOf(below), Math.max(1, fact.shape[axis]));
  const claim = { low: 0, high: boundOf(below) * Math.max(1, fact.shape[axis]), error };
  const total = b.emit(`sum($0, ${axis}, keepDims)`, [squares], ([t]) => ops.sum(t, axis, { keepDims: true }), claim);
  const safe = total && positive(b, total);
  if (safe === undefined) return undefined;
  const least = b.fact(safe).low;
  const root = 1 / Math.sqrt(least);
  const norm = boundOf(fact) * root;
  const slack = fact.error * root + (norm * b.fact(safe).error) / least + 3 * norm;
  return b.emit("div($0, sqrt($1))", [x, safe], ([s, t]) => ops.div(s, ops.sqrt(t)), {
    low: -norm,
    high: norm,
    error: slack,
  });
};

const cumsum: Draw = (b) => {
  const x = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const fact = b.fact(x);
  const axis = b.int(0, fact.shape.length - 1);
  const options = { exclusive: b.chance(0.4), reverse: b.chance(0.4) };
  const count = Math.max(1, fact.shape[axis]);
  const bound = boundOf(fact) * count;
  const claim = { low: -bound, high: bound, grid: fact.grid, error: sumError(fact, boundOf(fact), count) };
  return b.emit(`cumsum($0, ${axis}, ${JSON.stringify(options)})`, [x], ([t]) => ops.cumsum(t, axis, options), claim);
};

const sort: Draw = (b) => {
  const x = b.any({ dtype: b.dtype, exact: true }, ({ shape }) => shape.length > 0);
  const axis = b.int(0, b.fact(x).shape.length - 1);
  if (b.chance(0.5)) {
    const descending = b.chance(0.5);
    return move(b, `sort($0, ${axis}, ${descending ? "descending" : "ascending"})`, [x], ([t]) =>
      ops.sort(t, axis, { descending }),
    );
  }
  const k = b.int(0, b.fact(x).shape[axis]);
  return move(b, `topK($0, ${k}, ${axis}).values`, [x], ([t]) => ops.topK(t, k, axis).values);
};

/** Positions along an axis, as ids for what follows. */
const positions: Draw = (b) => {
  const { argmax, argmin, argsort } = ops;
  const [name, f] = b.named<(x: ops.Tensor<DType>, axis: number) => ops.Tensor<"i32">>({ argmax, argmin, argsort });
  const dtype = b.pick([b.dtype, b.dtype, "i32"] as const);
  const x = b.any({ dtype, exact: true }, ({ shape }) => shape.length > 0 && sizeOf(shape) > 0);
  const { shape } = b.fact(x);
  const axis = b.int(0, shape.length - 1);
  return b.emit(`${name}($0, ${axis})`, [x], ([t]) => f(t, axis), { low: 0, high: shape[axis] - 1 });
};

export const reductions: readonly Draw[] = [
  total,
  total,
  total,
  extreme,
  extreme,
  product,
  truth,
  integerReduction,
  logSumExp,
  softmax,
  normalized,
  cumsum,
  sort,
  positions,
];
