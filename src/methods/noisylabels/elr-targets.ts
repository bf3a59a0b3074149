import { checkBetween, checkShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { gather, softmax, type Tensor } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { updateMemoryBank } from "../metric/memory-bank.js";
import { checkPredictions, clampedShares } from "./elr-loss.js";

export interface ElrTargetsOptions {
  /** β, how much of the old target stays, in [0, 1). The authors take 0.7, and 0.9 with asymmetric noise. Default 0.7. */
  readonly momentum?: number;
  /** Whether probabilities are kept within [1e-4, 1 − 1e-4] first; ELR+ does not. Default true. */
  readonly clamped?: boolean;
}

/**
 * The targets of all examples after those of a batch were seen: running means of their predictions.
 *
 *     t_i ← β t_i + (1 − β) p_i / Σ_c p_ic      p = softmax(logits)
 *
 * From zeros, the entries of an example seen k times sum to 1 − βᵏ. No row but the batch's is touched, and nothing flows
 * back. For ELR+ give the logits of the *other* network's averaged weights on inputs that are not mixed, and
 * `clamped: false`.
 *
 * Reach for it before `elrLoss`, at every step: also an example seen for the first time has a target then.
 *
 * @param state - `[examples, classes]`, zeros at the start
 * @param ids - `[batch]`, which example each row is of, in [0, examples); of several rows for one example the last counts
 * @param logits - `[batch, classes]`, finite, of two classes or more
 * @returns `[examples, classes]`, detached
 * @throws ShapeError if `logits` has not two axes or fewer than two classes, or `state` or `ids` does not fit it
 * @throws DTypeError if `logits` is no float, `state` of another dtype, or `ids` not i32
 * @throws RangeError if a logit on the host is not finite, or an id no example
 * @throws RangeError if `momentum` is outside [0, 1)
 * @source Liu, Niles-Weed, Razavian and Fernandez-Granda, "Early-Learning Regularization Prevents Memorization of Noisy
 * Labels", NeurIPS 2020, arXiv:2007.00151, eq. 9
 */
export function updateElrTargets(
  state: Tensor,
  ids: Tensor<"i32">,
  logits: Tensor,
  { momentum = 0.7, clamped = true }: ElrTargetsOptions = {},
): Tensor {
  const caller = "updateElrTargets";
  checkBetween(caller, { momentum }, 0, 1, { openAbove: true });
  checkPredictions(caller, logits);
  checkShape(caller, "state", state, [-1, logits.shape[1]]);
  checkSameDType(caller, { logits, state });
  checkShape(caller, "ids", ids, [logits.shape[0]]);
  checkClassIds(caller, { ids }, state.shape[0]);
  const shares = clamped ? clampedShares(logits) : softmax(logits, 1);
  const seen = shares.div(shares.sum(1, { keepDims: true })).mul(1 - momentum);
  return updateMemoryBank(state, ids, gather(state, ids).mul(momentum).add(seen));
}
