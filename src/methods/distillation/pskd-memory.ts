import { checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { type Backend, type Float, gather, softmax, stopGradient, type Tensor, zeros } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { updateMemoryBank } from "../metric/memory-bank.js";

/**
 * A memory for the last prediction of each example, with none in it yet.
 *
 * It is a plain tensor, a row for each example by its id: zeros until the example is seen, then a distribution.
 *
 * @param examples - a whole number ≥ 1
 * @param classes - a whole number ≥ 2
 * @param like - where it lives, and its dtype; a tensor of logits will do
 * @returns `[examples, classes]`
 * @throws RangeError if `examples` is no whole number ≥ 1, or `classes` none ≥ 2
 * @source Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, arXiv:2006.12000, §3
 */
export function initPskdMemory(
  examples: number,
  classes: number,
  like: { readonly backend: Backend; readonly dtype: Float },
): Tensor {
  checkCount("initPskdMemory", { examples }, 1);
  checkCount("initPskdMemory", { classes }, 2);
  return zeros([examples, classes], like);
}

/**
 * What was predicted of some examples when each was last seen; zeros for those that never were.
 *
 * @param memory - `[examples, classes]`
 * @param ids - `[batch]`, each in [0, examples)
 * @returns `[batch, classes]`, constants; on a device an id that is none gives NaN
 * @throws ShapeError if `memory` has not two axes, or `ids` not one
 * @throws RangeError if an id on the host is no example's
 * @source Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, arXiv:2006.12000, §3
 */
export function readPskdMemory(memory: Tensor, ids: Tensor<"i32">): Tensor {
  checkRank("readPskdMemory", { memory }, 2);
  checkRank("readPskdMemory", { ids }, 1);
  checkClassIds("readPskdMemory", { ids }, memory.shape[0]);
  return stopGradient(gather(memory, ids));
}

/**
 * The memory with the predictions of a batch in place of earlier ones, for after the step.
 *
 *     memory'[ids_i] = softmax(logits_i);   of several rows for one id the last
 *
 * @param memory - `[examples, classes]`
 * @param ids - `[batch]`, each in [0, examples); on a device those that are none are left out
 * @param logits - `[batch, classes]`, those that the loss was computed from, finite
 * @returns `[examples, classes]`, constants
 * @throws ShapeError if `memory` has not two axes, or another argument does not fit it
 * @throws DTypeError if `logits` are no floats, or of another dtype than `memory`
 * @throws RangeError if an id on the host is no example's, or a logit not finite
 * @source Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, arXiv:2006.12000, §3
 */
export function writePskdMemory(memory: Tensor, ids: Tensor<"i32">, logits: Tensor): Tensor {
  const caller = "writePskdMemory";
  checkRank(caller, { memory }, 2);
  checkRank(caller, { ids }, 1);
  checkFloat(caller, { logits });
  checkShape(caller, "logits", logits, [ids.shape[0], memory.shape[1]]);
  checkClassIds(caller, { ids }, memory.shape[0]);
  checkFinite(caller, { logits });
  return updateMemoryBank(memory, ids, softmax(logits));
}
