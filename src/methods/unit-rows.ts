import { hostValues } from "../autodiff/evaluate.js";
import { abs, max, sqrt, square, stopGradient, type Tensor } from "../autodiff/index.js";

/** Vectors `[..., d]` over their lengths, also where squares would overflow or vanish; NaN for zeros. */
export function unitRows(vectors: Tensor): Tensor {
  const largest = stopGradient(max(abs(vectors), -1, { keepDims: true })); // the result does not depend on it
  const scaled = vectors.div(largest);
  return scaled.div(sqrt(square(scaled).sum(-1, { keepDims: true })));
}

/** Throws where vectors are at hand and one of them is zero or not finite. */
export function checkDirections(caller: string, name: string, vectors: Tensor, rows?: Iterable<number>): void {
  const values = hostValues(vectors);
  if (values === undefined) return;
  const width = vectors.shape[vectors.shape.length - 1];
  for (const row of rows ?? Array(values.length / width).keys()) {
    let largest = 0;
    for (let i = row * width; i < (row + 1) * width; i++) largest = Math.max(largest, Math.abs(values[i])); // NaN stays
    if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) {
      const what = largest === 0 ? "zero" : "not finite";
      throw new RangeError(`${caller}: row ${row} of ${name} is ${what} but must have a direction`);
    }
  }
}
