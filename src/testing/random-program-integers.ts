import type { DType, Tensor } from "../autodiff/index.js";
import * as ops from "../autodiff/index.js";
import { arange } from "../autodiff/ops/create.js";
import { keyOf } from "../autodiff/random.js";
import { type ProgramBuilder, widest } from "./random-program-builder.js";
import type { Draw } from "./random-program-claims.js";
import { boundOf } from "./random-program-line.js";
import { joined, move, operand, partnerShape } from "./random-program-operands.js";

function rangeOf(dtype: DType): { readonly low: number; readonly high: number } {
  const [low, high] = widest[dtype];
  return { low, high };
}

type Binary = (s: Tensor<never>, t: Tensor<never>) => Tensor<DType>;

/** Two lines of a dtype that broadcast against each other. */
function pair(b: ProgramBuilder, dtype: DType): readonly [number, number] {
  const x = b.any({ dtype, exact: true });
  const y = operand(b, partnerShape(b, b.fact(x).shape), { dtype, exact: true });
  return b.chance(0.5) ? [x, y] : [y, x];
}

const arithmetic: Draw = (b) => {
  const dtype = b.pick(["i32", "u32"] as const);
  const { add, sub, mul, div, remainder, maximum, minimum, and, or, xor } = ops;
  const [name, f] = b.named<Binary>({ add, sub, mul, div, remainder, maximum, minimum, and, or, xor });
  return b.emit(`${name}($0, $1)`, pair(b, dtype), ([s, t]) => f(s, t), rangeOf(dtype));
};

const shift: Draw = (b) => {
  const dtype = b.pick(["i32", "u32"] as const);
  const { shiftLeft, shiftRight } = ops;
  const [name, f] = b.named({ shiftLeft, shiftRight });
  const x = b.any({ dtype });
  const count = b.pick([0, 1, 7, 31]);
  return b.emit(`${name}($0, ${count})`, [x], ([t]) => f(t, count), rangeOf(dtype));
};

const single: Draw = (b) => {
  const dtype = b.pick(["i32", "u32", "bool"] as const);
  if (dtype === "bool" || b.chance(0.5))
    return b.emit("not($0)", [b.any({ dtype })], ([t]) => ops.not(t), rangeOf(dtype));
  return b.emit("neg($0)", [b.any({ dtype })], ([t]) => ops.neg(t), rangeOf(dtype));
};

const logic: Draw = (b) => {
  const { and, or, xor } = ops;
  const [name, f] = b.named<Binary>({ and, or, xor });
  return b.emit(`${name}($0, $1)`, pair(b, "bool"), ([s, t]) => f(s, t), rangeOf("bool"));
};

const comparison: Draw = (b) => {
  const { equal, notEqual, less, lessEqual, greater, greaterEqual } = ops;
  const [name, f] = b.named<Binary>({ equal, notEqual, less, lessEqual, greater, greaterEqual });
  const dtype = b.pick([b.dtype, b.dtype, "i32", "u32"] as const);
  return b.emit(`${name}($0, $1)`, pair(b, dtype), ([s, t]) => f(s, t), rangeOf("bool"));
};

const where: Draw = (b) => {
  const dtype = b.chance(0.7) ? b.dtype : b.pick(["i32", "u32", "bool"] as const);
  const x = b.any({ dtype });
  const y = operand(b, partnerShape(b, b.fact(x).shape), { dtype });
  const condition = operand(b, b.fact(b.chance(0.5) ? x : y).shape, { dtype: "bool" });
  return b.emit(
    "where($0, $1, $2)",
    [condition, x, y],
    ([c, s, t]) => ops.where(c, s, t),
    joined([b.fact(x), b.fact(y)]),
  );
};

/** Floats in steps of 1/8 as whole numbers. */
const toInteger: Draw = (b) => {
  const dtype = b.pick(["i32", "u32", "bool"] as const);
  const x = b.any({ dtype: b.dtype, exact: true });
  const range = dtype === "bool" ? { low: 0, high: 1 } : { low: dtype === "u32" ? 0 : -16, high: 16 };
  return b.emit(`cast(mul($0, 8), ${dtype})`, [x], ([t]) => ops.cast(t.mul(8), dtype), range);
};

const toFloat: Draw = (b) => {
  const from = b.pick(["i32", "u32", "bool"] as const);
  const { dtype } = b;
  const x = b.any({ dtype: from });
  const fact = b.fact(x);
  const small =
    boundOf(fact) <= 512
      ? x
      : b.emit("and($0, 127)", [x], ([t]) => ops.and(t as ops.Tensor<"i32">, 127), { low: 0, high: 127 });
  return (
    small && b.emit(`cast($0, ${dtype})`, [small], ([t]) => ops.cast(t, dtype), { ...joined([b.fact(small)]), grid: 0 })
  );
};

const betweenIntegers: Draw = (b) => {
  const [from, to] = b.shuffled(["i32", "u32", "bool"] as const);
  return b.emit(`cast($0, ${to})`, [b.any({ dtype: from })], ([t]) => ops.cast(t, to), rangeOf(to));
};

/** f64 to f32 and back, with something exact done there; its slopes are rounded to f32. */
const throughHalfWidth: Draw = (b) => {
  if (b.dtype === "f32") return undefined;
  const x = b.any({ dtype: "f64", exact: true });
  const narrow = b.emit("cast($0, f32)", [x], ([t]) => ops.cast(t, "f32"), { ...joined([b.fact(x)]), smooth: false });
  if (narrow === undefined) return undefined;
  const other = operand(b, b.fact(narrow).shape, { dtype: "f32", exact: true });
  const inputs = [narrow, other];
  const larger = b.emit("maximum($0, $1)", inputs, ([s, t]) => ops.maximum(s, t), {
    ...joined(inputs.map((line) => b.fact(line))),
    smooth: false,
  });
  return (
    larger &&
    b.emit("cast($0, f64)", [larger], ([t]) => ops.cast(t, "f64"), { ...joined([b.fact(larger)]), smooth: false })
  );
};

const bits: Draw = (b) => {
  const shape = b.shape(b.int(0, 2));
  const seed = b.int(0, 999);
  return b.emit(
    `randomBits(randomKey(${seed}), [${shape}])`,
    [],
    (_, backend) => ops.randomBits(keyOf(seed, backend), shape),
    rangeOf("u32"),
  );
};

const draws: Draw = (b) => {
  const shape = b.shape(b.int(0, 2));
  const [seed, outcomes] = [b.int(0, 999), b.int(1, 9)];
  const text = `randomInt(randomKey(${seed}), [${shape}], ${outcomes})`;
  return b.emit(text, [], (_, backend) => ops.randomInt(keyOf(seed, backend), shape, outcomes), {
    low: 0,
    high: outcomes - 1,
  });
};

const positions: Draw = (b) => {
  const length = b.pick([0, 1, 2, 3, 5, 9, 1030]);
  const line = b.emit(`arange(${length})`, [], (_, backend) => arange(length, { backend, dtype: "i32" }), {
    low: 0,
    high: Math.max(0, length - 1),
  });
  if (line === undefined || b.chance(0.5)) return line;
  return move(b, "expandDims($0, 1)", [line], ([t]) => ops.expandDims(t, 1));
};

export const integers: readonly Draw[] = [
  arithmetic,
  arithmetic,
  shift,
  single,
  logic,
  comparison,
  comparison,
  where,
  where,
  toInteger,
  toFloat,
  toFloat,
  betweenIntegers,
  throughHalfWidth,
  bits,
  draws,
  positions,
];
