import { type Code, float, signed, unsigned } from "./encoding.js";
import { instructionOf, type ValueType, vectorPrefix } from "./instructions.js";

/** Code that leaves one value of a known type. It is run where it is used, each time that it is used. */
export interface Value {
  readonly type: ValueType;
  readonly code: Code;
}

/** Code that leaves nothing. */
export interface Statement {
  readonly type: undefined;
  readonly code: Code;
}

/** A variable of a function. */
export interface Local extends Value {
  readonly index: number;
}

/** A number stands for an i32 constant. */
export type Operand = Value | number;

export function i32(value: number): Value {
  return { type: "i32", code: [0x41, signed(value | 0)] };
}

export function i64(value: bigint): Value {
  return { type: "i64", code: [0x42, signed(BigInt.asIntN(64, value))] };
}

export function f32(value: number): Value {
  return { type: "f32", code: [0x43, float(value, 4)] };
}

export function f64(value: number): Value {
  return { type: "f64", code: [0x44, float(value, 8)] };
}

/** One value in all lanes. */
export function f32x4(value: number): Value {
  const lane = float(value, 4);
  return { type: "v128", code: [vectorPrefix, 12, lane, lane, lane, lane] };
}

export function f64x2(value: number): Value {
  const lane = float(value, 8);
  return { type: "v128", code: [vectorPrefix, 12, lane, lane] };
}

export function i32x4(a: number, b: number = a, c: number = a, d: number = b): Value {
  const bytes = new Uint8Array(Int32Array.of(a, b, c, d).buffer);
  return { type: "v128", code: [vectorPrefix, 12, [...bytes]] };
}

export function i64x2(value: bigint): Value {
  const bytes = new Uint8Array(BigInt64Array.of(value, value).buffer);
  return { type: "v128", code: [vectorPrefix, 12, [...bytes]] };
}

/** An instruction by its name in the text format, without immediates. */
export function op(name: string, ...operands: readonly Operand[]): Value {
  return instruction(name, operands, []) as Value;
}

/** Reads memory at `address + offset`; lanes take the vector to put the lane into, and its number. */
export function load(name: string, address: Operand, offset = 0, into?: Value, lane = 0): Value {
  const immediates = [0, unsigned(offset)];
  return (
    into === undefined
      ? instruction(name, [address], immediates)
      : instruction(name, [address, into], [...immediates, lane])
  ) as Value;
}

/** Writes memory at `address + offset`. */
export function store(name: string, address: Operand, value: Value, offset = 0, lane?: number): Statement {
  const immediates = [0, unsigned(offset), ...(lane === undefined ? [] : [lane])];
  return instruction(name, [address, value], immediates) as Statement;
}

/** An instruction on one lane of a vector. */
export function atLane(name: string, lane: number, ...operands: readonly Operand[]): Value {
  return instruction(name, operands, [lane]) as Value;
}

/** Bytes of two vectors: `lanes` counts through the first, then the second. */
export function shuffle(a: Value, b: Value, lanes: readonly number[]): Value {
  return { type: "v128", code: [a.code, b.code, vectorPrefix, 13, lanes] };
}

/** `condition ? a : b`; both are computed. */
export function select(condition: Value, a: Value, b: Value): Value {
  return { type: a.type, code: [a.code, b.code, condition.code, a.type === "v128" ? [0x1c, 1, 0x7b] : 0x1b] };
}

/** Copies `bytes` bytes; the ranges may overlap. */
export function copy(to: Operand, from: Operand, bytes: Operand): Statement {
  return { type: undefined, code: [code(to), code(from), code(bytes), 0xfc, 10, 0, 0] };
}

/** Sets `bytes` bytes to zero. */
export function clear(to: Operand, bytes: Operand): Statement {
  return { type: undefined, code: [code(to), code(0), code(bytes), 0xfc, 11, 0] };
}

function instruction(name: string, operands: readonly Operand[], immediates: Code): Value | Statement {
  const { opcode, operands: expected, result } = instructionOf(name);
  const values = operands.map((operand) => (typeof operand === "number" ? i32(operand) : operand));
  const types = values.map(({ type }) => type);
  if (types.join() !== expected.join()) {
    throw new Error(`assembler: ${name} takes ${expected.join(", ")} but got ${types.join(", ")}`);
  }
  const head = opcode < 0x100 ? opcode : [vectorPrefix, unsigned(opcode - 0x100)];
  return { type: result, code: [values.map((value) => value.code), head, immediates] } as Value | Statement;
}

function code(operand: Operand): Code {
  return typeof operand === "number" ? i32(operand).code : operand.code;
}
