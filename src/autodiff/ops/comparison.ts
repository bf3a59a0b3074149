import { checkDType, checkSameDType, type DType } from "../dtype.js";
import { apply, operand } from "../graph.js";
import { broadcastShapes } from "../shape.js";
import type { Operand, Tensor } from "../tensor.js";
import { binary, comparison } from "./elementwise.js";
import { broadcastTo } from "./movement.js";

/** `a = b`, elementwise; NaN equals nothing. */
export function equal<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("equal", a, b);
}

/** `a ≠ b`, elementwise; NaN differs from everything. */
export function notEqual<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("notEqual", a, b);
}

/** `a < b`, elementwise. */
export function less<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("less", a, b);
}

/** `a ≤ b`, elementwise. */
export function lessEqual<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("lessEqual", a, b);
}

/** `a > b`, elementwise. */
export function greater<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("less", b, a);
}

/** `a ≥ b`, elementwise. */
export function greaterEqual<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  return comparison("lessEqual", b, a);
}

/** Bitwise on integers, logical on booleans. */
export function and<D extends "i32" | "u32" | "bool">(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return bitwise("and", a, b);
}

/** Bitwise on integers, logical on booleans. */
export function or<D extends "i32" | "u32" | "bool">(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return bitwise("or", a, b);
}

/** Bitwise on integers, logical on booleans. */
export function xor<D extends "i32" | "u32" | "bool">(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return bitwise("xor", a, b);
}

/** All bits flipped; the other truth value. */
export function not<D extends "i32" | "u32" | "bool">(x: Tensor<D>): Tensor<D> {
  checkDType("not", { x }, "i32", "u32", "bool");
  return apply("not", "not", [x], { shape: x.shape, dtype: x.dtype });
}

/** `a · 2^b` for `b` in 0..31, bits lost on the left. */
export function shiftLeft<D extends "i32" | "u32">(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return bitwise("shiftLeft", a, b);
}

/** `⌊a / 2^b⌋` for `b` in 0..31: i32 keeps its sign, u32 fills with zeros. */
export function shiftRight<D extends "i32" | "u32">(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return bitwise("shiftRight", a, b);
}

function bitwise<D extends DType>(op: string, a: Operand<D>, b: Operand<D>): Tensor<D> {
  const result = binary(op, a, b);
  checkDType(op, { a: result }, "i32", "u32", "bool");
  return result;
}

/** `a` where the condition holds, else `b`; all three broadcast. What is not chosen gets no gradient, even if NaN. */
export function where<D extends DType>(condition: Tensor<"bool">, a: Operand<D>, b: Operand<D>): Tensor<D> {
  checkDType("where", { condition }, "bool");
  if (typeof a === "number" && typeof b === "number") {
    throw new TypeError("where: a and b are both plain numbers but one must be a tensor");
  }
  const left = operand(a, b as Tensor<D>);
  const right = operand(b, left);
  checkSameDType("where", { a: left, b: right });
  const shape = broadcastShapes("where", broadcastShapes("where", left.shape, right.shape), condition.shape);
  const [mask, x, y] = [broadcastTo(condition, shape), broadcastTo(left, shape), broadcastTo(right, shape)];
  return apply("where", "where", [mask, x, y], {
    shape,
    dtype: left.dtype,
    pullback: (grad) => [undefined, where(mask, grad, 0), where(mask, 0, grad)],
  });
}
