import type { DType } from "../autodiff/dtype.js";
import type { Tensor } from "../autodiff/index.js";
import { isWithin } from "./within.js";

export interface CloseOptions {
  /** Allowed difference, relative to the larger of 1 and the expected magnitude. Default 1e-9. */
  readonly tolerance?: number;
}

/**
 * Throws unless two sequences of numbers agree, element by element: `|a − b| ≤ tolerance · max(1, |b|)`. Equal infinities
 * agree, and so do two NaN.
 */
export async function checkClose(
  actual: Tensor<DType> | ArrayLike<number>,
  expected: Tensor<DType> | ArrayLike<number> | number,
  { tolerance = 1e-9 }: CloseOptions = {},
): Promise<void> {
  const got = await valuesOf(actual);
  const wanted = typeof expected === "number" ? [expected] : await valuesOf(expected);
  if (got.length !== wanted.length)
    throw new Error(`checkClose: there are ${got.length} values but must be ${wanted.length}`);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i], wanted[i]];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    if (!Number.isFinite(b) || !isWithin(difference, tolerance * Math.max(1, Math.abs(b)))) {
      throw new Error(
        `checkClose: element ${i} is ${a} but must be ${b}; they differ by ${difference}, allowed ${tolerance}`,
      );
    }
  }
}

async function valuesOf(x: Tensor<DType> | ArrayLike<number>): Promise<ArrayLike<number>> {
  return "data" in x ? x.data() : x;
}
