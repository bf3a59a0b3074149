import { checkDType, type DType, type Float } from "../dtype.js";
import { apply, constantOf } from "../graph.js";
import type { Operand, Tensor } from "../tensor.js";
import { and, equal, greater, less, where } from "./comparison.js";
import { binary, unary } from "./elementwise.js";
import { log } from "./exponential.js";

/** `a + b` under broadcasting; integers wrap. */
export function add<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("add", a, b, (grad) => [grad, grad]);
}

/** `a − b` under broadcasting; integers wrap. */
export function sub<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("sub", a, b, (grad) => [grad, grad.neg()]);
}

/** `a · b` elementwise, under broadcasting; integers wrap. */
export function mul<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("mul", a, b, (grad, x, y) => [grad.mul(y), grad.mul(x)]);
}

/** `a / b` elementwise, under broadcasting; integers truncate, and an integer divided by 0 is 0. */
export function div<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("div", a, b, (grad, _x, y, output) => [grad.div(y), grad.mul(output).div(y).neg()]);
}

/** `a − b·trunc(a / b)` elementwise: the remainder has the sign of `a`; an integer modulo 0 is 0. */
export function remainder<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("remainder", a, b, (grad, x, y) => [grad, grad.mul(truncate(x.div(y))).neg()]);
}

/** `−x`; u32 wraps. */
export function neg<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkDType("neg", { x }, "f32", "f64", "i32", "u32");
  return apply("neg", "neg", [x], { shape: x.shape, dtype: x.dtype, pullback: (grad) => [grad.neg()] });
}

/** `x²`. */
export function square<D extends DType>(x: Tensor<D>): Tensor<D> {
  return mul(x, x);
}

/** `|x|`; its gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return unary("abs", x, (grad) => grad.mul(sign(x)));
}

/** −1, 0 or 1; NaN stays NaN. Its gradient is 0. */
export function sign(x: Tensor): Tensor {
  return unary("sign", x);
}

/** The largest whole number ≤ `x`. Its gradient is 0. */
export function floor(x: Tensor): Tensor {
  return unary("floor", x);
}

/** The smallest whole number ≥ `x`. Its gradient is 0. */
export function ceil(x: Tensor): Tensor {
  return unary("ceil", x);
}

/** The nearest whole number, ties to even. Its gradient is 0. */
export function round(x: Tensor): Tensor {
  return unary("round", x);
}

/** `x` without its fraction. Its gradient is 0. */
export function truncate(x: Tensor): Tensor {
  return unary("truncate", x);
}

/** The larger of each pair; NaN if either is. Where they are equal each gets half of the gradient. */
export function maximum<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("maximum", a, b, (grad, x, y) => shareBetween(grad, greater(x, y), equal(x, y)));
}

/** The smaller of each pair; NaN if either is. Where they are equal each gets half of the gradient. */
export function minimum<D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("minimum", a, b, (grad, x, y) => shareBetween(grad, less(x, y), equal(x, y)));
}

function shareBetween(grad: Tensor, first: Tensor<"bool">, tie: Tensor<"bool">): [Tensor, Tensor] {
  const half = grad.mul(0.5);
  return [where(tie, half, where(first, grad, 0)), where(tie, half, where(first, 0, grad))];
}

/** `x` limited to [low, high]; at a limit the gradient is 1/2, outside 0. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw new RangeError(`clamp: low is ${low} but must be ≤ high, ${high}`);
  return minimum(maximum(x, low), high);
}

/**
 * `a^b` elementwise, under broadcasting.
 *
 * Where `a` is 0 the slope in `a` is `b·0^(b−1)` if `b ≥ 1` and 0 otherwise, though the limit may be infinite; the
 * slope in `b` is 0. Where `a` is negative the value needs a whole `b`, and the slope in `b` is NaN.
 */
export function pow<D extends Float>(a: Operand<D>, b: Operand<D>): Tensor<D> {
  return binary("pow", a, b, (grad, x, y, output) => {
    const steep = and(equal(x, 0), less(y, 1));
    const slope = where(steep, 0, y.mul(pow(where(steep, 1, x), y.sub(1))));
    if (constantOf(y) !== undefined) return [grad.mul(slope), undefined];
    const logBase = where(equal(x, 0), 0, log(where(equal(x, 0), 1, x)));
    return [grad.mul(slope), grad.mul(output).mul(logBase)];
  });
}
