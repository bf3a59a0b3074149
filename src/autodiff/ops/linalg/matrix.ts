import { ShapeError, showShape } from "../../check.js";
import { checkFloat } from "../../dtype.js";
import type { Tensor } from "../../tensor.js";
import { abs, pow } from "../arithmetic.js";
import { greaterEqual, lessEqual, where } from "../comparison.js";
import { arange } from "../create.js";
import { expandDims, transposeLast } from "../movement.js";
import { max } from "../reduce.js";

/** Throws unless `a` is a float tensor of two axes or more; gives the sizes of the two last. */
export function checkMatrices(caller: string, a: Tensor, name = "a"): readonly [rows: number, columns: number] {
  checkFloat(caller, { [name]: a });
  if (a.shape.length < 2) {
    throw new ShapeError(`${caller}: ${name} has shape ${showShape(a.shape)} but must have 2 axes or more`);
  }
  const [rows, columns] = a.shape.slice(-2);
  return [rows, columns];
}

/** Throws unless the matrices are square; gives their size. */
export function checkSquare(caller: string, a: Tensor): number {
  const [rows, columns] = checkMatrices(caller, a);
  if (rows !== columns) {
    throw new ShapeError(`${caller}: a has shape ${showShape(a.shape)} but its two last axes must have one size`);
  }
  return rows;
}

/** The elements on the diagonal and below, 0 elsewhere. */
export function lowerTriangle(x: Tensor): Tensor {
  const [rows, columns] = checkMatrices("lowerTriangle", x, "x");
  return where(lessEqual(arangeAs(columns, x), expandDims(arangeAs(rows, x), 1)), x, 0);
}

/** The elements on the diagonal and above, 0 elsewhere. */
export function upperTriangle(x: Tensor): Tensor {
  const [rows, columns] = checkMatrices("upperTriangle", x, "x");
  return where(greaterEqual(arangeAs(columns, x), expandDims(arangeAs(rows, x), 1)), x, 0);
}

function arangeAs(length: number, { backend }: Tensor): Tensor<"i32"> {
  return arange(length, { backend, dtype: "i32" });
}

/** `(x + xᵀ) / 2`. */
export function symmetricPart(x: Tensor): Tensor {
  return x.add(transposeLast(x)).mul(0.5);
}

/** `(x − xᵀ) / 2`. */
export function skewPart(x: Tensor): Tensor {
  return x.sub(transposeLast(x)).mul(0.5);
}

/** `result[i, j] = values[j] − values[i]` for the last axis. */
export function differences(values: Tensor): Tensor {
  const last = values.shape.length - 1;
  return expandDims(values, last).sub(expandDims(values, last + 1));
}

/** `result[i, j] = values[i] + values[j]` for the last axis. */
export function pairSums(values: Tensor): Tensor {
  const last = values.shape.length - 1;
  return expandDims(values, last).add(expandDims(values, last + 1));
}

/**
 * `1/x`, and 0 where `|x|` is no more than rounding leaves of a zero: 16·size·ε times the largest magnitude among
 * `values`, of which `x` is made. Neither branch ever divides by 0, so no gradient of any order does.
 *
 * @param x - `[..., k]` or `[..., k, k]`, made of the values
 * @param values - `[..., k]`
 * @param size - the largest size of the matrix
 */
export function reciprocalUnlessZero(x: Tensor, values: Tensor, size: number): Tensor {
  const unit = x.dtype === "f32" ? 2 ** -23 : 2 ** -52;
  const largest = max(abs(values), -1, { keepDims: true }).mul(16 * size * unit);
  const cutoff = x.shape.length > values.shape.length ? expandDims(largest, largest.shape.length) : largest;
  const zero = lessEqual(abs(x), cutoff);
  return where(zero, 0, pow(where(zero, 1, x), -1));
}
