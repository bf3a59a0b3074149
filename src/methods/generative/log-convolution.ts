import { concat, full, gather, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";

/**
 * Lines up log-weights of counts for a convolution: `result[j, i] = x[j − i]`, −∞ where there is none. Added to other
 * log-weights at i and summed over i in the log domain, that is the product of two generating polynomials.
 *
 * @param x - `[degree + 1, ...]`
 * @param largest - the largest j that matters; counts beyond it go
 * @returns `[min(2 · degree, largest) + 1, degree + 1, ...]`
 */
export function shiftedCounts(x: Tensor, largest: number): Tensor {
  const [counts, ...rest] = x.shape;
  const degree = counts - 1;
  const wanted = Math.min(2 * degree, largest) + 1;
  const ids = Int32Array.from({ length: wanted * counts }, (_, at) => {
    const position = Math.floor(at / counts) - (at % counts);
    return position >= 0 && position <= degree ? position : counts;
  });
  const padded = concat([x, full([1, ...rest], Number.NEGATIVE_INFINITY, x)]);
  return gather(padded, fromValues(ids, { backend: x.backend, shape: [wanted, counts] }) as Tensor<"i32">);
}

/** The least power of two that is at least n. */
export function powerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

/** `[..., n]` as `[size, batch]`, with a filler where there is no element. */
export function paddedElements(z: Tensor, size: number, filler: number): Tensor {
  const n = z.shape[z.shape.length - 1];
  const batch = z.size / n;
  const elements = z.reshape([batch, n]).transpose();
  return n === size ? elements : concat([elements, full([size - n, batch], filler, z)]);
}
