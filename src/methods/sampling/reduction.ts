import { checkOneOf } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";

/** One loss an example, their mean, or their sum. */
export type Reduction = "none" | "mean" | "sum";

/** Throws unless the reduction is known. */
export function checkReduction(caller: string, reduction: Reduction): void {
  checkOneOf(caller, "reduction", reduction, ["none", "mean", "sum"]);
}

/** The losses `[B]`, reduced to `[]` where asked for. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}
