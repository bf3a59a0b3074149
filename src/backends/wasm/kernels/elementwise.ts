import type { DType } from "../../backend.js";
import {
  atLane,
  call,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32x4,
  type Local,
  type ModuleBuilder,
  op,
  type Value,
} from "../assembler/index.js";
import { mathFunction, mathInline } from "../math/index.js";
import { highHalf, lowHalves, lowWords, type Quad, widen } from "./quad.js";

/** An operand, held in variables. */
export interface Held extends Quad {
  readonly parts: readonly Local[];
  /** The one value of all lanes of an integer constant. */
  readonly scalar?: Local | undefined;
}

const floatInstructions: Readonly<Record<string, string>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  maximum: "max",
  minimum: "min",
  neg: "neg",
  abs: "abs",
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  round: "nearest",
  truncate: "trunc",
};

const integerInstructions: Readonly<Record<string, string>> = {
  add: "i32x4.add",
  sub: "i32x4.sub",
  mul: "i32x4.mul",
  neg: "i32x4.neg",
  and: "v128.and",
  or: "v128.or",
  xor: "v128.xor",
  not: "v128.not",
};

const boolInstructions: Readonly<Record<string, string>> = {
  and: "v128.and",
  or: "v128.or",
  xor: "v128.xor",
  not: "v128.not",
  maximum: "v128.or",
  minimum: "v128.and",
  notEqual: "v128.xor",
};

const comparisons: Readonly<Record<string, string>> = { equal: "eq", notEqual: "ne", less: "lt", lessEqual: "le" };

/** Writes one elementwise operation on held operands; undefined if there is no vector code for it. */
export type ElementwiseCode = (module: ModuleBuilder, f: FunctionBuilder, args: readonly Held[]) => Quad;

/**
 * The vector code of an operation whose first operand has dtype `from` and whose result has dtype `to`. Where it is hot, a
 * function's code is written in place, which is faster and longer than a call.
 */
export function elementwise(name: string, from: DType, to: DType, isHot = false): ElementwiseCode | undefined {
  if (name === "where") return (_module, _f, [mask, a, b]) => chosen(mask, a, b);
  if (name === "cast") return (_module, _f, [x]) => cast(x, to);
  if (from === "bool") return onBools(name);
  if (name in comparisons) return (_module, _f, [a, b]) => compare(comparisons[name], a, b);
  if (from === "f32" || from === "f64") return onFloats(name, from, isHot);
  return onIntegers(name, from);
}

function onFloats(name: string, dtype: "f32" | "f64", isHot: boolean): ElementwiseCode | undefined {
  const lanes = dtype === "f32" ? "f32x4" : "f64x2";
  if (name in floatInstructions) return partwise(`${lanes}.${floatInstructions[name]}`);
  const inline = mathInline(name, dtype);
  const library = mathFunction(name, dtype);
  if (inline === undefined || library === undefined) return undefined;
  return (module, f, args) => ({
    dtype,
    parts: args[0].parts.map((_, i) => {
      const operands = args.map(({ parts }) => parts[i]);
      return isHot ? inline(module, f, ...operands) : call(module.use(library), ...operands);
    }),
  });
}

function onIntegers(name: string, dtype: DType): ElementwiseCode | undefined {
  const sign = dtype === "u32" ? "u" : "s";
  if (name in integerInstructions) return partwise(integerInstructions[name]);
  if (name === "maximum") return partwise(`i32x4.max_${sign}`);
  if (name === "minimum") return partwise(`i32x4.min_${sign}`);
  if (name === "shiftLeft") return shift("shl");
  if (name === "shiftRight") return shift(`shr_${sign}`);
  if (name === "div") return (_module, f, [a, b]) => divide(f, a, b);
  if (name === "remainder") {
    return (_module, f, [a, b]) => {
      const quotient = divide(f, a, b).parts[0];
      const rest = op("i32x4.sub", a.parts[0], op("i32x4.mul", quotient, b.parts[0]));
      return { dtype, parts: [op("v128.andnot", rest, op("i32x4.eq", b.parts[0], i32x4(0)))] };
    };
  }
  return undefined;
}

function onBools(name: string): ElementwiseCode | undefined {
  if (name in boolInstructions) return partwise(boolInstructions[name]);
  const compared = (a: Held, b: Held): Value => {
    if (name === "equal") return op("v128.not", op("v128.xor", a.parts[0], b.parts[0]));
    if (name === "less") return op("v128.andnot", b.parts[0], a.parts[0]);
    return op("v128.or", op("v128.not", a.parts[0]), b.parts[0]);
  };
  if (!(name in comparisons)) return undefined;
  return (_module, _f, [a, b]) => ({ dtype: "bool", parts: [compared(a, b)] });
}

function partwise(instruction: string): ElementwiseCode {
  return (_module, _f, args) => ({
    dtype: args[0].dtype,
    parts: args[0].parts.map((_, i) => op(instruction, ...args.map(({ parts }) => parts[i]))),
  });
}

/** Shifts all lanes by one count where that is a constant, else lane by lane. */
function shift(direction: string): ElementwiseCode {
  return (
    _module,
    _f,
    [
      {
        dtype,
        parts: [x],
      },
      {
        parts: [y],
        scalar,
      },
    ],
  ) => {
    if (scalar !== undefined) return { dtype, parts: [op(`i32x4.${direction}`, x, scalar)] };
    const lane = (of: Value, i: number) => atLane("i32x4.extract_lane", i, of);
    const shifted = [0, 1, 2, 3].reduce<Value>(
      (sofar, i) => atLane("i32x4.replace_lane", i, sofar, op(`i32.${direction}`, lane(x, i), lane(y, i))),
      x,
    );
    return { dtype, parts: [shifted] };
  };
}

/** `⌊a/b⌋` towards zero, 0 where b is 0: f64 holds every quotient of 32-bit integers well enough to truncate. */
function divide(f: FunctionBuilder, a: Held, b: Held): Quad {
  const { dtype } = a;
  const [lowA, highA] = cast(a, "f64").parts;
  const [lowB, highB] = cast(b, "f64").parts;
  const parts = [op("f64x2.div", lowA, lowB), op("f64x2.div", highA, highB)];
  const quotient = f.let(cast({ dtype: "f64", parts }, dtype).parts[0]);
  const isZero = op("i32x4.eq", b.parts[0], i32x4(0));
  if (dtype === "u32") return { dtype, parts: [op("v128.andnot", quotient, isZero)] };
  // −2³¹ / −1 does not fit and wraps, where the conversion saturates.
  const negated = op("i32x4.neg", a.parts[0]);
  const wrapped = op("v128.bitselect", negated, quotient, op("i32x4.eq", b.parts[0], i32x4(-1)));
  return { dtype, parts: [op("v128.andnot", wrapped, isZero)] };
}

function compare(relation: string, a: Held, b: Held): Quad {
  const { dtype } = a;
  const pairs = a.parts.map((part, i) => [part, b.parts[i]] as const);
  if (dtype === "f64") {
    const [low, high] = pairs.map(([x, y]) => op(`f64x2.${relation}`, x, y));
    return { dtype: "bool", parts: [lowWords(low, high)] };
  }
  const sign = relation === "eq" || relation === "ne" ? "" : dtype === "u32" ? "_u" : "_s";
  const instruction = dtype === "f32" ? `f32x4.${relation}` : `i32x4.${relation}${sign}`;
  return { dtype: "bool", parts: pairs.map(([x, y]) => op(instruction, x, y)) };
}

/** `mask ? a : b`, lane by lane. */
export function chosen(mask: Quad, a: Quad, b: Quad): Quad {
  const masks = a.dtype === "f64" ? widen(mask.parts[0]) : mask.parts;
  return { dtype: a.dtype, parts: a.parts.map((part, i) => op("v128.bitselect", part, b.parts[i], masks[i])) };
}

/** Floats to integers truncate and saturate, NaN to 0; integers to integers keep their bits; anything but 0 is true. */
export function cast(x: Quad, dtype: DType): Quad {
  const { dtype: from, parts } = x;
  if (from === dtype) return x;
  const [first, second] = parts;
  if (dtype === "bool") return { dtype, parts: [isNonzero(x)] };
  if (from === "bool") return cast({ dtype: "i32", parts: [op("i32x4.neg", first)] }, dtype);
  const sign = (from === "u32" || dtype === "u32") && !(from === "i32") ? "u" : "s";
  if (from === "f32" && dtype === "f64") {
    return { dtype, parts: [op("f64x2.promote_low_f32x4", first), op("f64x2.promote_low_f32x4", highHalf(first))] };
  }
  if (from === "f32") return { dtype, parts: [op(`i32x4.trunc_sat_f32x4_${sign}`, first)] };
  if (from === "f64") {
    const instruction = dtype === "f32" ? "f32x4.demote_f64x2_zero" : `i32x4.trunc_sat_f64x2_${sign}_zero`;
    return { dtype, parts: [lowHalves(op(instruction, first), op(instruction, second))] };
  }
  if (dtype === "f32") return { dtype, parts: [op(`f32x4.convert_i32x4_${sign}`, first)] };
  if (dtype === "f64") {
    const instruction = `f64x2.convert_low_i32x4_${sign}`;
    return { dtype, parts: [op(instruction, first), op(instruction, highHalf(first))] };
  }
  return { dtype, parts };
}

function isNonzero({ dtype, parts: [first, second] }: Quad): Value {
  if (dtype === "f32") return op("f32x4.ne", first, f32x4(0));
  if (dtype === "f64") return lowWords(op("f64x2.ne", first, f64x2(0)), op("f64x2.ne", second, f64x2(0)));
  return op("i32x4.ne", first, i32x4(0));
}
