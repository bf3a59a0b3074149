import { checkOneOf } from "../check.js";
import { type DType, isFloat, type Kind } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";

/**
 * The elements in another dtype. Floats become integers by truncation, saturating at the integer's range, NaN becoming
 * 0; anything but 0 (NaN too) becomes true. Between floats the gradient is cast back; all other casts have none.
 */
export function cast<D extends DType>(x: Tensor<DType>, dtype: D): Tensor<Kind<D>> {
  checkOneOf("cast", "dtype", dtype, ["f32", "f64", "i32", "u32", "bool"]);
  if (x.dtype === dtype) return x as unknown as Tensor<Kind<D>>;
  const differentiable = isFloat(x.dtype) && isFloat(dtype);
  const from = x.dtype as Tensor["dtype"];
  const result: Tensor<DType> = apply("cast", "cast", [x], {
    shape: x.shape,
    dtype,
    pullback: differentiable ? (grad) => [cast(grad, from)] : undefined,
  });
  return result as unknown as Tensor<Kind<D>>;
}
