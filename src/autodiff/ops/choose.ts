import type { DType } from "../dtype.js";
import { apply } from "../graph.js";
import type { Tensor } from "../tensor.js";

/** What can come of a choice, and how likely it is. */
export type ChoiceKind =
  /** Each element of the value is drawn on its own: `probabilities` is `[...value.shape, outcomes]`. */
  | "independent"
  /** The last axis is drawn one after the other without replacement, with chances in proportion to `probabilities`, `[...value.shape[:-1], outcomes]`. */
  | "successive";

/**
 * Marks a tensor as a discrete random choice. Its value is what was drawn; that it might have been another is known to
 * `expectation`, which can evaluate the graph under every outcome. The probabilities are never computed otherwise.
 *
 * @param value - i32 in [0, outcomes), or bool for two outcomes
 * @param probabilities - chances (`"successive"`: weights) ≥ 0, as `ChoiceKind` says; they may depend on other choices
 */
export function choose<D extends DType>(kind: ChoiceKind, value: Tensor<D>, probabilities: Tensor): Tensor<D> {
  return apply("choose", "choose", [value, probabilities], {
    shape: value.shape,
    dtype: value.dtype,
    attributes: { kind },
  });
}
