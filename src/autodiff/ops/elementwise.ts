import type { Scalar } from "../../backends/backend.js";
import { checkFloat, checkSameDType, type DType } from "../dtype.js";
import { apply, operand } from "../graph.js";
import { broadcastShapes } from "../shape.js";
import type { Operand, Tensor } from "../tensor.js";
import { broadcastTo } from "./movement.js";

/**
 * An elementwise function of one float tensor; `rule(cotangent, output)` takes the cotangent back, `scalar` is the
 * function itself where not every backend is to know it.
 */
export function unary(
  op: string,
  x: Tensor,
  rule?: (cotangent: Tensor, output: Tensor) => Tensor,
  scalar?: Scalar,
): Tensor {
  checkFloat(op, { x });
  const pullback = rule && ((cotangent: Tensor, output: Tensor) => [rule(cotangent, output)]);
  return apply(op, op, [x], { shape: x.shape, dtype: x.dtype, pullback, scalar });
}

function align<D extends DType>(caller: string, a: Operand<D>, b: Operand<D>): readonly [Tensor<D>, Tensor<D>] {
  if (typeof a === "number" && typeof b === "number") {
    throw new TypeError(`${caller}: a and b are both plain numbers but one must be a tensor`);
  }
  const left = operand(a, b as Tensor<D>);
  const right = operand(b, left);
  checkSameDType(caller, { a: left, b: right });
  const shape = broadcastShapes(caller, left.shape, right.shape);
  return [broadcastTo(left, shape), broadcastTo(right, shape)];
}

/** The cotangents of both operands, which have one shape. */
export type BinaryRule = (
  cotangent: Tensor,
  a: Tensor,
  b: Tensor,
  output: Tensor,
) => readonly [Tensor | undefined, Tensor | undefined];

/** An elementwise function of two tensors under broadcasting. */
export function binary<D extends DType>(op: string, a: Operand<D>, b: Operand<D>, rule?: BinaryRule): Tensor<D> {
  const [left, right] = align(op, a, b);
  // A rule runs only where a float gradient flows, so both operands are floats by then.
  const [x, y] = [left, right] as unknown as [Tensor, Tensor];
  const pullback = rule && ((cotangent: Tensor, output: Tensor) => rule(cotangent, x, y, output));
  return apply(op, op, [left, right], { shape: left.shape, dtype: left.dtype, pullback });
}

/** A truth value for each pair of elements. */
export function comparison<D extends DType>(op: string, a: Operand<D>, b: Operand<D>): Tensor<"bool"> {
  const [left, right] = align(op, a, b);
  return apply(op, op, [left, right], { shape: left.shape, dtype: "bool" });
}
