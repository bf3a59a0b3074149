import type { DType } from "../../backend.js";
import { type Lanes, mathFunction } from "../math/index.js";
import { literal, valueType, vectorOf } from "./types.js";

/** The text of an elementwise operation, given those of its operands, and the functions that it calls. */
export interface ElementwiseText {
  readonly text: (...args: readonly string[]) => string;
  readonly definitions?: ReadonlyMap<string, string>;
}

type Text = (...args: readonly string[]) => string;

const operators: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*", and: "&", or: "|", xor: "^" };
const comparisons: Readonly<Record<string, string>> = { equal: "==", less: "<", lessEqual: "<=" };

const floatBuiltins: Readonly<Record<string, string>> = {
  abs: "abs",
  floor: "floor",
  ceil: "ceil",
  round: "round",
  truncate: "trunc",
};

const bools: Readonly<Record<string, Text>> = {
  and: (a, b) => `(${a} & ${b})`,
  or: (a, b) => `(${a} | ${b})`,
  xor: (a, b) => `(${a} != ${b})`,
  not: (a) => `!${a}`,
  maximum: (a, b) => `(${a} | ${b})`,
  minimum: (a, b) => `(${a} & ${b})`,
  equal: (a, b) => `(${a} == ${b})`,
  notEqual: (a, b) => `(${a} != ${b})`,
  less: (a, b) => `(!${a} & ${b})`,
  lessEqual: (a, b) => `(!${a} | ${b})`,
};

/** The operation whose first operand has dtype `from` and whose result has dtype `to`. */
export function elementwise(op: string, from: DType, to: DType, lanes: Lanes): ElementwiseText {
  if (op === "where") return { text: (mask, a, b) => `select(${b}, ${a}, ${mask})` };
  if (op === "cast") return cast(from, to, lanes);
  if (from === "bool") return { text: bools[op] };
  if (op in comparisons) return { text: (a, b) => `(${a} ${comparisons[op]} ${b})` };
  if (op === "notEqual") return { text: (a, b) => `!(${a} == ${b})` }; // also where one is NaN
  if (op in operators) return { text: (a, b) => `(${a} ${operators[op]} ${b})` };
  const found = from === "f32" ? onFloats(op, lanes) : onIntegers(op, from as "i32" | "u32", lanes);
  if (found === undefined) throw new Error(`webgpu: no text for ${op}`);
  return found;
}

function onFloats(op: string, lanes: Lanes): ElementwiseText | undefined {
  if (op in floatBuiltins) return { text: (x) => `${floatBuiltins[op]}(${x})` };
  if (op === "neg") return { text: (x) => `-(${x})` };
  if (op === "maximum" || op === "minimum") return extreme(op, lanes);
  if (op === "sign") {
    const [one, minusOne, zero] = [1, -1, 0].map((value) => literal(value, "f32", lanes));
    return called("sign", lanes, ["x"], `select(select(x, ${one}, x > ${zero}), ${minusOne}, x < ${zero})`);
  }
  const math = mathFunction(op, lanes);
  if (math !== undefined)
    return { text: (...args) => `${math.name}(${args.join(", ")})`, definitions: math.definitions };
  if (op === "div") return { text: (a, b) => `(${a} / ${b})` };
  if (op === "sqrt") return { text: (x) => `sqrt(${x})` };
  return undefined;
}

function onIntegers(op: string, dtype: "i32" | "u32", lanes: Lanes): ElementwiseText | undefined {
  const zero = literal(0, dtype, lanes);
  const shift = (by: string) => `(${bitcast("u32", lanes, by)} & ${literal(31, "u32", lanes)})`;
  switch (op) {
    case "neg":
      return { text: (x) => `(${zero} - ${x})` };
    case "not":
      return { text: (x) => `~(${x})` };
    case "maximum":
      return { text: (a, b) => `max(${a}, ${b})` };
    case "minimum":
      return { text: (a, b) => `min(${a}, ${b})` };
    case "div":
      return { text: (a, b) => `select(${a} / ${b}, ${zero}, ${b} == ${zero})` };
    case "remainder":
      return { text: (a, b) => `select(${a} % ${b}, ${zero}, ${b} == ${zero})` };
    case "shiftLeft":
      return { text: (a, b) => `(${a} << ${shift(b)})` };
    case "shiftRight":
      return { text: (a, b) => `(${a} >> ${shift(b)})` };
    default:
      return undefined;
  }
}

function bitcast(to: string, lanes: Lanes, text: string): string {
  return `bitcast<${vectorOf(to, lanes)}>(${text})`;
}

/** A function of floats, and the call of it. */
function called(op: string, lanes: Lanes, parameters: readonly string[], value: string): ElementwiseText {
  const type = vectorOf("f32", lanes);
  const name = `${op}_${lanes}`;
  const list = parameters.map((parameter) => `${parameter}: ${type}`).join(", ");
  const definition = `fn ${name}(${list}) -> ${type} { return ${value}; }`;
  return { text: (...args) => `${name}(${args.join(", ")})`, definitions: new Map([[name, definition]]) };
}

/** Whether a float is NaN, by its bits: shaders may be compiled as though there were none. */
export function isNaNText(lanes: Lanes, text: string): string {
  const magnitude = `(${bitcast("u32", lanes, text)} & ${literal(0x7fffffff, "u32", lanes)})`;
  return `(${magnitude} > ${literal(0x7f800000, "u32", lanes)})`;
}

/** NaN if either is; of two zeros the positive one is larger. */
function extreme(op: "maximum" | "minimum", lanes: Lanes): ElementwiseText {
  const [relation, join] = op === "maximum" ? [">", "&"] : ["<", "|"];
  const joined = bitcast("f32", lanes, `${bitcast("u32", lanes, "a")} ${join} ${bitcast("u32", lanes, "b")}`);
  const chosen = `select(select(b, a, a ${relation} b), ${joined}, a == b)`;
  return called(op, lanes, ["a", "b"], `select(${chosen}, a + b, ${isNaNText(lanes, "a")} | ${isNaNText(lanes, "b")})`);
}

/** Floats to integers truncate and saturate, NaN to 0; integers to integers keep their bits; anything but 0 is true. */
function cast(from: DType, to: DType, lanes: Lanes): ElementwiseText {
  if (from === to) return { text: (x) => x };
  const type = valueType(to, lanes);
  if (from === "bool") {
    const scalar = to as "f32" | "i32" | "u32";
    return { text: (x) => `select(${literal(0, scalar, lanes)}, ${literal(1, scalar, lanes)}, ${x})` };
  }
  if (to === "bool") return { text: (x) => `!(${x} == ${literal(0, from as "f32" | "i32" | "u32", lanes)})` };
  if (to === "f32") return { text: (x) => `${type}(${x})` };
  if (from !== "f32") return { text: (x) => bitcast(to, lanes, x) };
  return truncation(to as "i32" | "u32", lanes);
}

function truncation(to: "i32" | "u32", lanes: Lanes): ElementwiseText {
  const [low, high, least, most] =
    to === "i32"
      ? [-(2 ** 31), 2 ** 31, "bitcast<i32>(2147483648u)", "2147483647i"]
      : [0, 2 ** 32, "0u", "4294967295u"];
  const name = `${to}_of_${lanes}`;
  const type = vectorOf(to, lanes);
  const all = (text: string) => (lanes === 1 ? text : `${type}(${text})`);
  const definition = [
    `fn ${name}(x: ${vectorOf("f32", lanes)}) -> ${type} {`,
    `let inside = ${type}(select(x, ${literal(0, "f32", lanes)}, ${isNaNText(lanes, "x")} | (abs(x) >= ${literal(2 ** 32, "f32", lanes)})));`,
    `let high = select(inside, ${all(most)}, x >= ${literal(high, "f32", lanes)});`,
    `return select(high, ${all(least)}, x <= ${literal(low, "f32", lanes)});`,
    "}",
  ].join("\n");
  return { text: (x) => `${name}(${x})`, definitions: new Map([[name, definition]]) };
}
