import { position as positionKernel } from "../../backends/reference/ordering.js";
import { checkDType, checkFloat, type DType } from "../dtype.js";
import { apply } from "../graph.js";
import { normalizeAxes, normalizeAxis, type Shape } from "../shape.js";
import type { Pullback, Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { equal } from "./comparison.js";
import { broadcastTo, concat, pad, reshape, slice } from "./movement.js";

export interface ReduceOptions {
  /** Keep the reduced axes, with size 1. Default false. */
  readonly keepDims?: boolean;
}

type Axes = number | readonly number[] | undefined;

/** The sum over the axes, all of them by default. Of nothing it is 0. */
export function sum<D extends DType>(x: Tensor<D>, axes?: Axes, options?: ReduceOptions): Tensor<D> {
  checkDType("sum", { x }, "f32", "f64", "i32", "u32");
  return reduce("sum", x, axes, options, (kept) => (grad) => [broadcastTo(reshape(grad, kept), x.shape)]);
}

/** The mean over the axes, all of them by default. Of nothing it is NaN. */
export function mean(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  checkFloat("mean", { x });
  const total = sum(x, axes, options);
  const count = normalizeAxes("mean", axes, x.shape.length).reduce((size, axis) => size * x.shape[axis], 1);
  return total.mul(1 / count); // of nothing 0 · ∞, which is NaN
}

/** The largest over the axes; NaN if any is. Of nothing it is −∞ or the least integer. Ties share the gradient equally. */
export function max<D extends DType>(x: Tensor<D>, axes?: Axes, options?: ReduceOptions): Tensor<D> {
  return reduce("max", x, axes, options, sharedAmongTies(x));
}

/** The smallest over the axes; NaN if any is. Of nothing it is +∞ or the greatest integer. Ties share the gradient equally. */
export function min<D extends DType>(x: Tensor<D>, axes?: Axes, options?: ReduceOptions): Tensor<D> {
  return reduce("min", x, axes, options, sharedAmongTies(x));
}

function sharedAmongTies(x: Tensor<DType>): (kept: Shape, axes: readonly number[]) => Pullback {
  return (kept, axes) => (grad, output) => {
    const floats = x as unknown as Tensor;
    const best = cast(equal(floats, broadcastTo(reshape(output, kept), x.shape)), floats.dtype);
    const share = reshape(grad, kept).div(sum(best, axes, { keepDims: true }));
    return [best.mul(broadcastTo(share, x.shape))];
  };
}

/** Whether any holds; of nothing, false. */
export function any(x: Tensor<"bool">, axes?: Axes, options?: ReduceOptions): Tensor<"bool"> {
  checkDType("any", { x }, "bool");
  return max(x, axes, options);
}

/** Whether all hold; of nothing, true. */
export function all(x: Tensor<"bool">, axes?: Axes, options?: ReduceOptions): Tensor<"bool"> {
  checkDType("all", { x }, "bool");
  return min(x, axes, options);
}

/**
 * The product over the axes, all of them by default; of nothing it is 1.
 *
 * Multiplied as a balanced tree, so that its gradient is exact where factors are 0, to any order.
 */
export function prod<D extends DType>(x: Tensor<D>, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor<D> {
  checkDType("prod", { x }, "f32", "f64", "i32", "u32");
  const reduced = normalizeAxes("prod", axes, x.shape.length);
  let product = x;
  for (const axis of reduced) product = productAlong(product, axis);
  return keepDims
    ? product
    : reshape(
        product,
        x.shape.filter((_, axis) => !reduced.includes(axis)),
      );
}

function productAlong<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  const only = (value: number) => x.shape.map((_, i) => (i === axis ? value : 0));
  const upTo = (value: number, shape: Shape) => shape.map((size, i) => (i === axis ? value : size));
  let factors = x.shape[axis] === 0 ? pad(x, only(1), only(0), { value: 1 }) : x;
  while (factors.shape[axis] > 1) {
    const { shape } = factors;
    const half = shape[axis] >> 1;
    const pairs = slice(factors, [], upTo(half, shape)).mul(slice(factors, only(half), upTo(2 * half, shape)));
    factors = shape[axis] % 2 === 0 ? pairs : concat([pairs, slice(factors, only(2 * half), shape)], axis);
  }
  return factors;
}

/** The position of the largest element along the axis; the first of equals. NaN counts as largest. */
export function argmax(x: Tensor<DType>, axis = -1): Tensor<"i32"> {
  return position("argmax", x, axis);
}

/** The position of the smallest element along the axis; the first of equals. NaN counts as smallest. */
export function argmin(x: Tensor<DType>, axis = -1): Tensor<"i32"> {
  return position("argmin", x, axis);
}

function position(op: string, x: Tensor<DType>, axis: number): Tensor<"i32"> {
  const place = normalizeAxis(op, axis, x.shape.length);
  if (x.shape[place] === 0) throw new RangeError(`${op}: axis ${place} of x is empty but must hold an element`);
  const shape = x.shape.filter((_, i) => i !== place);
  const attributes = { axis: place, largest: op === "argmax" };
  return apply(op, op, [x], { shape, dtype: "i32", attributes, host: positionKernel });
}

function reduce<D extends DType>(
  op: string,
  x: Tensor<D>,
  axes: Axes,
  { keepDims = false }: ReduceOptions = {},
  rule: (kept: Shape, axes: readonly number[]) => Pullback,
): Tensor<D> {
  const reduced = normalizeAxes(op, axes, x.shape.length);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  if (reduced.length === 0) return x;
  const shape = x.shape.filter((_, axis) => !reduced.includes(axis));
  const attributes = { axes: reduced };
  const result = apply(op, op, [x], { shape, dtype: x.dtype, attributes, pullback: rule(kept, reduced) });
  return keepDims ? reshape(result, kept) : result;
}
