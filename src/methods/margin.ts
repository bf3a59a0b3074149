import { checkOneOf } from "../autodiff/check.js";
import { greaterEqual, softplus, type Tensor, where } from "../autodiff/index.js";

/**
 * A convex, non-increasing function φ of a margin u: `"logistic"` is softplus(−u), `"hinge"` max(0, 1 − u),
 * `"squaredHinge"` its square. At u = 1 the slope of both hinges is 0.
 */
export type MarginLoss = "logistic" | "hinge" | "squaredHinge";

/** All margin losses by name. */
const names: readonly MarginLoss[] = ["logistic", "hinge", "squaredHinge"];

/** Throws unless the value is a margin loss, or one of the other names. */
export function checkMarginLoss(caller: string, name: string, value: unknown, others: readonly string[] = []): void {
  checkOneOf(caller, name, value, [...others, ...names]);
}

/** φ of each margin. */
export function marginLoss(margin: Tensor, kind: MarginLoss): Tensor {
  if (kind === "logistic") return softplus(margin.neg());
  const violation = where(greaterEqual(margin, 1), 0, margin.neg().add(1)); // a maximum would share the slope at 1
  return kind === "hinge" ? violation : violation.mul(violation);
}
