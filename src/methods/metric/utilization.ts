import { ShapeError } from "../../autodiff/check.js";
import { min, type Tensor } from "../../autodiff/index.js";
import { squaredDistances } from "./pairwise-distances.js";

/**
 * How far test embeddings are from what training has visited: the mean squared distance to the nearest example.
 *
 *     U = mean_q min_x ‖q − x‖²
 *
 * More examples can only make it smaller. Embeddings should be comparable in length: normalize them.
 *
 * Reach for it to see whether mixed examples fill the space in which new classes land.
 *
 * @param queries - `[q, d]`, q ≥ 1
 * @param examples - `[m, d]`, m ≥ 1
 * @returns a scalar ≥ 0
 * @throws DTypeError if the dtypes differ
 * @throws ShapeError if either has not two axes or no row, or rows of another length
 * @source Venkataramanan et al., "It Takes Two to Tango: Mixup for Deep Metric Learning", ICLR 2022, arXiv:2106.04990,
 * section 4.3; after Wang and Isola, ICML 2020, arXiv:2005.10242
 */
export function utilization(queries: Tensor, examples: Tensor): Tensor {
  for (const [name, { shape }] of Object.entries({ queries, examples })) {
    if (shape.length === 2 && shape[0] > 0 && shape[1] === queries.shape[1]) continue;
    const right = name === "queries" ? "[q, d] with q ≥ 1" : `[m, ${queries.shape[1]}] with m ≥ 1`;
    throw new ShapeError(`utilization: ${name} has shape [${shape.join(", ")}] but must be ${right}`);
  }
  return min(squaredDistances(queries, examples), 1).mean();
}
