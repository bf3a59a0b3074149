import { type DType, isFloat } from "../autodiff/dtype.js";
import type { ProgramNode } from "../backends/backend.js";
import { erf, lgamma, polygamma } from "../backends/reference/special.js";

/** An element of the result, from an element of each input; storing it rounds floats and wraps integers. */
type Element = (x: number, y: number, z: number) => number;

const floats: Readonly<Record<string, Element>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  remainder: (x, y) => x % y,
  pow: (x, y) => x ** y,
  maximum: (x, y) => Math.max(x, y),
  minimum: (x, y) => Math.min(x, y),
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sign: (x) => Math.sign(x),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  round: (x) => nearestEven(x),
  truncate: (x) => Math.trunc(x),
  exp: (x) => Math.exp(x),
  expm1: (x) => Math.expm1(x),
  log: (x) => Math.log(x),
  log1p: (x) => Math.log1p(x),
  sqrt: (x) => Math.sqrt(x),
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  erf: (x) => erf(x),
  lgamma: (x) => lgamma(x),
};

const integers: Readonly<Record<string, Element>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => Math.imul(x, y),
  div: (x, y) => (y === 0 ? 0 : Math.trunc(x / y)),
  remainder: (x, y) => (y === 0 ? 0 : x % y),
  maximum: (x, y) => Math.max(x, y),
  minimum: (x, y) => Math.min(x, y),
  neg: (x) => -x,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  not: (x) => -1 - x,
  shiftLeft: (x, y) => x << y,
  shiftRight: (x, y) => Math.floor(x / 2 ** y),
};

const anything: Readonly<Record<string, Element>> = {
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  where: (condition, x, y) => (condition === 1 ? x : y),
};

function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

function saturated(x: number, low: number, high: number): number {
  return Number.isNaN(x) ? 0 : Math.min(high, Math.max(low, Math.trunc(x)));
}

function castTo(from: DType, to: DType): Element {
  if (to === "bool") return (x) => Number(x !== 0);
  if (isFloat(to) || !isFloat(from)) return (x) => x;
  return to === "i32" ? (x) => saturated(x, -(2 ** 31), 2 ** 31 - 1) : (x) => saturated(x, 0, 2 ** 32 - 1);
}

/** What an elementwise operation does to inputs of the given dtypes. */
export function elementOf({ op, dtype }: ProgramNode, [from]: readonly DType[]): Element {
  if (op === "cast") return castTo(from, dtype);
  if (op === "not" && dtype === "bool") return (x) => 1 - x;
  if (op.startsWith("polygamma")) return (x) => polygamma(Number(op.slice("polygamma".length)), x);
  const element = anything[op] ?? (isFloat(from) ? floats : integers)[op];
  if (element === undefined) throw new Error(`interpreter: no definition of ${op}`);
  return element;
}
