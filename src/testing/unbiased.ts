import { ShapeError } from "../autodiff/check.js";
import type { Key, Tensor } from "../autodiff/index.js";
import { leavesOf } from "../autodiff/index.js";
import { type ExpectationOptions, expectation } from "./expectation.js";
import { isWithin } from "./within.js";

export interface CheckUnbiasedOptions extends ExpectationOptions {
  /** Allowed bias, relative to 1 + the largest target. Default 1e-10. */
  readonly tolerance?: number;
}

/**
 * Proves an estimator unbiased: its expected value over all outcomes of its draws equals the target, to rounding.
 *
 *     ‖E[estimate] − target‖_∞ ≤ tolerance · (1 + ‖target‖_∞)
 *
 * @param estimate - builds a tree of tensors from a key
 * @param target - the tree that it estimates
 * @param key - any key; it says where to compute
 * @returns the largest bias that was found
 * @throws ShapeError if estimate and target differ in the number of tensors or elements
 * @throws Error that names the largest bias if it exceeds what is allowed
 */
export async function checkUnbiased<T>(
  estimate: (key: Key) => T,
  target: T,
  key: Key,
  { tolerance = 1e-10, ...options }: CheckUnbiasedOptions = {},
): Promise<number> {
  const wanted = await Promise.all(leavesOf<Tensor>(target).map((leaf) => leaf.data()));
  const means = leavesOfArrays(await expectation(estimate, key, options));
  const sizes = [means, wanted].map((list) => list.map(({ length }) => length));
  if (String(sizes[0]) !== String(sizes[1])) {
    throw new ShapeError(
      `checkUnbiased: the estimate has tensors of ${sizes[0].join(", ")} elements but must match target, ${sizes[1].join(", ")}`,
    );
  }
  let worst = 0;
  let largest = 0;
  let place = "";
  means.forEach((mean, i) => {
    mean.forEach((value, j) => {
      const bias = Math.abs(value - wanted[i][j]);
      largest = Math.max(largest, Math.abs(wanted[i][j]));
      if (!(bias <= worst) && !Number.isNaN(worst)) {
        worst = bias;
        place = `element ${j} of tensor ${i} is ${value} on average but should be ${wanted[i][j]}`;
      }
    });
  });
  if (!isWithin(worst, tolerance * (1 + largest)))
    throw new Error(`checkUnbiased: the estimator is biased by ${worst}: ${place}`);
  return worst;
}

function leavesOfArrays(tree: unknown): Float64Array[] {
  if (tree instanceof Float64Array) return [tree];
  return Object.values(tree as Record<string, unknown>).flatMap(leavesOfArrays);
}
