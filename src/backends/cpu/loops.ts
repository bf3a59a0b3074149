import type { DType, Scalar, TypedArray } from "../backend.js";

/** A run of operand elements: `array[offset + i·stride]` for i = 0, 1, …; stride 0 repeats one element. */
export interface Run {
  array: TypedArray;
  offset: number;
  stride: number;
}

/** Computes `count` elements, one after the other, into `out[at…]`. */
export type Loop = (out: TypedArray, at: number, count: number, a: Run, b: Run, c: Run) => void;

// Indices are kept in 32 bits by `| 0`, which spares the engine its overflow checks: a fifth of a loop's time.

function unary(f: Scalar): Loop {
  return (out, at, count, { array, offset, stride }) => {
    const end = (at + count) | 0;
    for (let i = at | 0, j = offset | 0; i < end; i = (i + 1) | 0, j = (j + stride) | 0) out[i] = f(array[j]);
  };
}

function binary(f: (x: number, y: number) => number): Loop {
  return (out, at, count, { array: a, offset: fromA, stride: stepA }, { array: b, offset: fromB, stride: stepB }) => {
    const end = (at + count) | 0;
    let j = fromA | 0;
    let k = fromB | 0;
    for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) out[i] = f(a[j], b[k]);
  };
}

// The operations that training spends its time on are written out: a call through `binary` costs several times the
// arithmetic.

const add: Loop = (
  out,
  at,
  count,
  { array: a, offset: fromA, stride: stepA },
  { array: b, offset: fromB, stride: stepB },
) => {
  const end = (at + count) | 0;
  let j = fromA | 0;
  let k = fromB | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) out[i] = a[j] + b[k];
};

const sub: Loop = (
  out,
  at,
  count,
  { array: a, offset: fromA, stride: stepA },
  { array: b, offset: fromB, stride: stepB },
) => {
  const end = (at + count) | 0;
  let j = fromA | 0;
  let k = fromB | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) out[i] = a[j] - b[k];
};

const mul: Loop = (
  out,
  at,
  count,
  { array: a, offset: fromA, stride: stepA },
  { array: b, offset: fromB, stride: stepB },
) => {
  const end = (at + count) | 0;
  let j = fromA | 0;
  let k = fromB | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) out[i] = a[j] * b[k];
};

const div: Loop = (
  out,
  at,
  count,
  { array: a, offset: fromA, stride: stepA },
  { array: b, offset: fromB, stride: stepB },
) => {
  const end = (at + count) | 0;
  let j = fromA | 0;
  let k = fromB | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) out[i] = a[j] / b[k];
};

const equal: Loop = (
  out,
  at,
  count,
  { array: a, offset: fromA, stride: stepA },
  { array: b, offset: fromB, stride: stepB },
) => {
  const end = (at + count) | 0;
  let j = fromA | 0;
  let k = fromB | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0)
    out[i] = a[j] === b[k] ? 1 : 0;
};

const sqrt: Loop = (out, at, count, { array, offset, stride }) => {
  const end = (at + count) | 0;
  for (let i = at | 0, j = offset | 0; i < end; i = (i + 1) | 0, j = (j + stride) | 0) out[i] = Math.sqrt(array[j]);
};

const exp: Loop = (out, at, count, { array, offset, stride }) => {
  const end = (at + count) | 0;
  for (let i = at | 0, j = offset | 0; i < end; i = (i + 1) | 0, j = (j + stride) | 0) out[i] = Math.exp(array[j]);
};

const where: Loop = (out, at, count, { array: mask, offset: fromMask, stride: stepMask }, a, b) => {
  const { array: chosen, stride: stepA } = a;
  const { array: other, stride: stepB } = b;
  const end = (at + count) | 0;
  let m = fromMask | 0;
  let j = a.offset | 0;
  let k = b.offset | 0;
  for (let i = at | 0; i < end; i = (i + 1) | 0, m = (m + stepMask) | 0, j = (j + stepA) | 0, k = (k + stepB) | 0) {
    out[i] = mask[m] ? chosen[j] : other[k];
  }
};

const floats: Readonly<Record<string, Loop>> = {
  add,
  sub,
  mul,
  div,
  where,
  remainder: binary((x, y) => x % y),
  pow: binary((x, y) => x ** y),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfToEven),
  truncate: unary(Math.trunc),
  exp,
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sqrt,
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
};

const integers: Readonly<Record<string, Loop>> = {
  add,
  sub,
  mul: binary(Math.imul),
  div: binary((x, y) => (y === 0 ? 0 : Math.trunc(x / y))),
  where,
  remainder: binary((x, y) => (y === 0 ? 0 : x % y)),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  neg: unary((x) => -x),
  and: binary((x, y) => x & y),
  or: binary((x, y) => x | y),
  xor: binary((x, y) => x ^ y),
  not: unary((x) => ~x),
  shiftLeft: binary((x, y) => x << y),
};

const comparisons: Readonly<Record<string, Loop>> = {
  equal,
  notEqual: binary((x, y) => (x === y ? 0 : 1)),
  less: binary((x, y) => (x < y ? 1 : 0)),
  lessEqual: binary((x, y) => (x <= y ? 1 : 0)),
};

/** Typed arrays wrap on a store, so casts to integers saturate by hand. */
const casts: Readonly<Record<DType, Loop>> = {
  f32: unary((x) => x),
  f64: unary((x) => x),
  i32: unary((x) => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), x))),
  u32: unary((x) => Math.min(2 ** 32 - 1, Math.max(0, x))),
  bool: unary((x) => (x === 0 ? 0 : 1)),
};

function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The loop of an elementwise operation whose first operand has dtype `from` and whose result has dtype `to`. */
export function loopOf(op: string, from: DType, to: DType, scalar?: Scalar): Loop {
  if (scalar !== undefined) return unary(scalar);
  if (op === "cast") {
    const reinterprets = from === "i32" || from === "u32"; // integers to integers wrap, as typed arrays do
    return casts[reinterprets && to !== "bool" ? "f64" : to];
  }
  if (op === "shiftRight") return binary(from === "u32" ? (x, y) => x >>> y : (x, y) => x >> y);
  if (op === "not" && from === "bool") return unary((x) => 1 - x);
  const loop = comparisons[op] ?? (from === "f32" || from === "f64" || op === "where" ? floats : integers)[op];
  if (loop === undefined) throw new Error(`cpu: no kernel for ${op}`);
  return loop;
}
