import { checkOneOf } from "../../autodiff/check.js";
import type { Reduction } from "../classification/reduction.js";

export { type Reduction, reduceLosses as reduce } from "../classification/reduction.js";

/** Throws unless the reduction is known. */
export function checkReduction(caller: string, reduction: Reduction): void {
  checkOneOf(caller, "reduction", reduction, ["none", "mean", "sum"]);
}
