import { checkCount } from "../../autodiff/check.js";
import { evaluate, type Key, normal, slice } from "../../autodiff/index.js";
import type { TimedProduct } from "./fit-computation-time.js";

export interface MeasureProductsOptions {
  /** Width d of the hidden vectors, a whole number ≥ 1. */
  readonly features: number;
  /** Numbers of columns k, whole numbers ≥ 1. */
  readonly columns: readonly number[];
  /** Numbers of rows B, whole numbers ≥ 1; each goes with each number of columns. */
  readonly rows: readonly number[];
  /** How often each product is timed, a whole number ≥ 1; the least time counts. Default 5. */
  readonly repeats?: number;
  /** The time in seconds. Default: the system's finest clock. */
  readonly clock?: () => number;
}

/**
 * Times matrix products `[B, d]` by `[d, k]` on a backend, one after the other, for `fitComputationTime`.
 *
 * Each product is computed once beforehand, and each time includes the way of one number back to the host. Reach for it
 * when nothing else runs on the machine.
 *
 * @param key - says where and fills the matrices
 * @returns a time for each number of columns and of rows
 * @throws RangeError if a number is no whole number ≥ 1
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 3, figure 1
 */
export async function measureProducts(key: Key, options: MeasureProductsOptions): Promise<TimedProduct[]> {
  const { features, columns, rows, repeats = 5, clock = () => performance.now() / 1000 } = options;
  checkCount("measureProducts", { features, repeats }, 1);
  columns.forEach((k, i) => {
    checkCount("measureProducts", { [`columns[${i}]`]: k }, 1);
  });
  rows.forEach((b, i) => {
    checkCount("measureProducts", { [`rows[${i}]`]: b }, 1);
  });
  const samples: TimedProduct[] = [];
  for (const b of rows) {
    for (const k of columns) {
      const inputs = evaluate({
        x: normal(key.at("rows", b), [b, features]),
        weights: normal(key.at("columns", k), [features, k]),
      });
      let seconds = Number.POSITIVE_INFINITY;
      for (let i = -1; i < repeats; i++) {
        const start = clock();
        const product = evaluate(inputs.x.matmul(inputs.weights));
        await slice(product, [0, 0], [1, 1]).data(); // a device has finished only when something comes back
        const took = clock() - start;
        product.dispose();
        if (i >= 0) seconds = Math.min(seconds, took);
      }
      inputs.x.dispose();
      inputs.weights.dispose();
      samples.push({ columns: k, rows: b, seconds });
    }
  }
  return samples;
}
