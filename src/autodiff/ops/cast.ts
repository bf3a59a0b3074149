import { checkOneOf } from "../check.js";
import { type DType, isFloat } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";

/**
 * The elements in another dtype. Floats become integers by truncation, saturating at the integer's range, NaN becoming
 * 0; anything but 0 (NaN too) becomes true. Between floats the gradient is cast back; all other casts have none.
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<D> {
  checkOneOf("cast", "dtype", dtype, ["f32", "f64", "i32", "u32", "bool"]);
  if (x.dtype === dtype) return x as unknown as Tensor<D>;
  const differentiable = isFloat(x.dtype) && isFloat(dtype);
  const from = x.dtype as Tensor["dtype"];
  return apply("cast", "cast", [x], {
    shape: x.shape,
    dtype,
    pullback: differentiable ? (grad) => [cast(grad, from)] : undefined,
  });
}
