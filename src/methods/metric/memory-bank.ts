import {
  arange,
  equal,
  firstOccurrence,
  flip,
  replaceRows,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";

/**
 * A memory bank with the rows of some examples replaced: state that a method keeps for each example, by the example's id.
 *
 *     bank'[ids_i] = rows_i;   of several rows for one id the last
 *
 * The bank is a plain tensor, `[examples, ...]`; `gather(bank, ids)` reads it. What is written is detached, and no row but
 * those of the batch is touched, so the order of batches that share no example does not matter.
 *
 * Reach for it when what an example was last time matters the next time: its prediction, its temperature, its embedding.
 *
 * @param bank - `[examples, ...]`, by id
 * @param ids - `[n]`, which example each row is of; out of range rows are left out
 * @param rows - `[n, ...]`, in the bank's dtype
 * @returns `[examples, ...]`
 * @throws DTypeError if `ids` is no i32, or the dtypes of `bank` and `rows` differ
 * @throws ShapeError if a shape does not fit
 * @source Wu et al., "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", CVPR 2018,
 * arXiv:1805.01978, for the name
 */
export function updateMemoryBank(bank: Tensor, ids: Tensor<"i32">, rows: Tensor): Tensor {
  const [count] = ids.shape;
  // the first from behind is the last; replaceRows wants ids that differ, and leaves −1 out
  const isLast = flip(equal(firstOccurrence(flip(ids, 0)), arange(count, ids)), 0);
  return stopGradient(replaceRows(bank, where(isLast, ids, -1), rows));
}
