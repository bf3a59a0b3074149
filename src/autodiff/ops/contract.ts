import { ShapeError, showShape } from "../check.js";
import { checkDType, checkSameDType, type DType } from "../dtype.js";
import { apply } from "../graph.js";
import { broadcastShapes } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { broadcastTo, reshape, transposeLast } from "./movement.js";

/**
 * The matrix product of the two last axes, batched over the others, which broadcast. A vector counts as a row on the
 * left and as a column on the right, and that axis goes from the result.
 */
export function matmul<D extends DType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  checkSameDType("matmul", { a, b });
  checkDType("matmul", { a }, "f32", "f64", "i32", "u32");
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new ShapeError(`matmul: shapes are ${showShape(a.shape)} by ${showShape(b.shape)} but both need an axis`);
  }
  const left = a.shape.length === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.size, 1]) : b;
  const [rows, inner] = left.shape.slice(-2);
  const [height, columns] = right.shape.slice(-2);
  if (inner !== height) {
    const turned = b.shape.length > 1 && b.shape[b.shape.length - 1] === inner ? "; did you mean b.transpose()?" : "";
    throw new ShapeError(`matmul: inner sizes differ, ${showShape(a.shape)} by ${showShape(b.shape)}${turned}`);
  }
  const batch = broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
  const product = batchedMatmul(
    broadcastTo(left, [...batch, rows, inner]),
    broadcastTo(right, [...batch, inner, columns]),
  );
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return reshape(product, shape);
}

function batchedMatmul<D extends DType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  const [x, y] = [a, b] as unknown as [Tensor, Tensor];
  return apply("matmul", "matmul", [a, b], {
    shape: [...a.shape.slice(0, -1), b.shape[b.shape.length - 1]],
    dtype: a.dtype,
    pullback: (grad) => [batchedMatmul(grad, transposeLast(y)), batchedMatmul(transposeLast(x), grad)],
  });
}
