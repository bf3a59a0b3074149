import * as kernels from "../../backends/reference/ordering.js";
import { checkCount, ShapeError, showShape } from "../check.js";
import { checkDType, type DType } from "../dtype.js";
import { apply } from "../graph.js";
import { normalizeAxis } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { takeAlongAxis } from "./gather.js";
import { transpose } from "./movement.js";

/** Applies `f`, which works along the last axis, along another. */
function along<A extends DType, B extends DType>(
  caller: string,
  x: Tensor<A>,
  axis: number,
  f: (moved: Tensor<A>) => Tensor<B>,
): Tensor<B> {
  const rank = x.shape.length;
  const place = normalizeAxis(caller, axis, rank);
  const order = [...x.shape.keys()].filter((i) => i !== place).concat(place);
  return transpose(
    f(transpose(x, order)),
    order.map((_, i) => order.indexOf(i)),
  );
}

export interface SortOptions {
  /** Largest first. Default false. */
  readonly descending?: boolean;
}

/** The positions that sort `x` along the axis; equal elements keep their order, NaN counts as largest. */
export function argsort(x: Tensor<DType>, axis = -1, { descending = false }: SortOptions = {}): Tensor<"i32"> {
  return along("argsort", x, axis, (moved) =>
    apply("argsort", "argsort", [moved], {
      shape: moved.shape,
      dtype: "i32",
      attributes: { descending },
      host: kernels.argsort,
    }),
  );
}

/** `x` in order along the axis. The gradient follows the elements to their places; among equals, in their order. */
export function sort<D extends DType>(x: Tensor<D>, axis = -1, options?: SortOptions): Tensor<D> {
  return takeAlongAxis(x, argsort(x, axis, options), axis);
}

export interface TopK<D extends DType> {
  readonly values: Tensor<D>;
  readonly indices: Tensor<"i32">;
}

/** The `k` largest along the axis, largest first, the earlier of equals first; NaN counts as largest. */
export function topK<D extends DType>(x: Tensor<D>, k: number, axis = -1): TopK<D> {
  checkCount("topK", { k }, 0);
  const place = normalizeAxis("topK", axis, x.shape.length);
  if (k > x.shape[place]) {
    throw new ShapeError(`topK: k is ${k} but x, ${showShape(x.shape)}, has ${x.shape[place]} along axis ${place}`);
  }
  const indices = along("topK", x, axis, (moved) =>
    apply("topK", "topK", [moved], {
      shape: [...moved.shape.slice(0, -1), k],
      dtype: "i32",
      attributes: { k },
      host: kernels.topK,
    }),
  );
  return { values: takeAlongAxis(x, indices, axis), indices };
}

export interface CumsumOptions {
  /** Leave out the element itself. Default false. */
  readonly exclusive?: boolean;
  /** Sum from the end. Default false. */
  readonly reverse?: boolean;
}

/** Running sums along the axis. */
export function cumsum<D extends DType>(
  x: Tensor<D>,
  axis = -1,
  { exclusive = false, reverse = false }: CumsumOptions = {},
): Tensor<D> {
  checkDType("cumsum", { x }, "f32", "f64", "i32", "u32");
  return along("cumsum", x, axis, (moved) =>
    apply("cumsum", "cumsum", [moved], {
      shape: moved.shape,
      dtype: moved.dtype,
      attributes: { exclusive, reverse },
      host: kernels.cumsum,
      pullback: (grad) => [cumsum(grad, -1, { exclusive, reverse: !reverse })],
    }),
  );
}
