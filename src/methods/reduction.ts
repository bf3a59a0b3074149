import { checkOneOf } from "../autodiff/check.js";
import type { Tensor } from "../autodiff/index.js";

/** How losses of a batch become one: not at all, their weighted mean, or their sum. */
export type Reduction = "none" | "mean" | "sum";

/** Throws unless the reduction is known. */
export function checkReduction(caller: string, reduction: Reduction): void {
  checkOneOf(caller, "reduction", reduction, ["none", "mean", "sum"]);
}

/**
 * Losses `[batch]`, which already carry their weights, under a reduction; the mean divides by the sum of the weights,
 * by the number of rows where there are none.
 */
export function reduceLosses(losses: Tensor, reduction: Reduction, weights?: Tensor): Tensor {
  if (reduction === "none") return losses;
  if (reduction === "sum") return losses.sum();
  return weights === undefined ? losses.mean() : losses.sum().div(weights.sum());
}
