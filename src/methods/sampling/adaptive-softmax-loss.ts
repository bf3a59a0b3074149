import { hostValues } from "../../autodiff/evaluate.js";
import {
  and,
  checkShape,
  gather,
  greaterEqual,
  less,
  scatterAdd,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkClassIds } from "../class-ids.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import type { AdaptiveSoftmax } from "./adaptive-softmax.js";
import { checkLayer, headScores, layoutOf, tailScores } from "./adaptive-softmax-layout.js";
import { remapTargets } from "./remap-targets.js";

export interface AdaptiveSoftmaxLossOptions {
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Cross-entropy of an adaptive softmax, in the time of the clusters that the labels need.
 *
 *     L = −log p(y | h) = −logSoftmax(a)_head(y) − logSoftmax(u_i)_within(y)      the second for y in tail i only
 *
 * `head(y)` and `within(y)` are those of `remapTargets`. Labels on the host are what makes it fast: each tail is then
 * computed for the rows whose label lies in it, and a tail that no row needs is left out. (Some rows are computed twice
 * to no effect, an eighth at most, so that batches take turns among few shapes of programs.) Where only a device knows
 * the labels, and in a compiled function, every tail is computed for every row: the same value and gradient, at a cost
 * near that of a full softmax.
 *
 * Reach for it to train an `adaptiveSoftmax`.
 *
 * @param hidden - `[B, d]`
 * @param layer - from `adaptiveSoftmax`
 * @param labels - `[B]`, each in [0, V), in the order of frequency; on a device they are not checked
 * @returns `[B]` loss for each row in nats, or `[]` if reduced; NaN for a label on a device that is no class
 * @throws ShapeError if `hidden` has no row, or `hidden`, `layer` and `labels` do not fit
 * @throws DTypeError if `hidden` and `layer` differ in dtype
 * @throws RangeError if a label on the host is no class
 * @throws TypeError if `reduction` is not one of those listed
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function adaptiveSoftmaxLoss(
  hidden: Tensor,
  layer: AdaptiveSoftmax,
  labels: Tensor<"i32">,
  { reduction = "none" }: AdaptiveSoftmaxLossOptions = {},
): Tensor {
  checkReduction("adaptiveSoftmaxLoss", reduction);
  checkLayer("adaptiveSoftmaxLoss", hidden, layer);
  checkShape("adaptiveSoftmaxLoss", "labels", labels, [hidden.shape[0]]);
  checkClassIds("adaptiveSoftmaxLoss", { labels }, layoutOf(layer).classes);
  const known = hostValues(labels);
  const losses = known === undefined ? lossOfAllRows(hidden, layer, labels) : lossOfNeeded(hidden, layer, known);
  return reduceLosses(losses, reduction);
}

/** Each tail on the rows whose label lies in it. */
function lossOfNeeded(hidden: Tensor, layer: AdaptiveSoftmax, labels: ArrayLike<number>): Tensor {
  const { backend } = hidden;
  const { classes, frequent, cutoffs } = layoutOf(layer);
  const { head, within } = remapTargets(labels, cutoffs, classes);
  const indices = (values: Int32Array) => fromValues(values, { backend }) as unknown as Tensor<"i32">;
  let losses = sparseSoftmaxCrossEntropy(headScores(hidden, layer), indices(head));
  layer.tails.forEach((tail, i) => {
    const needing = [...head.keys()].filter((row) => head[row] === frequent + i);
    if (needing.length === 0) return;
    const last = needing[needing.length - 1];
    const rows = Int32Array.from({ length: roundedUp(needing.length) }, (_, j) => needing[j] ?? last);
    const chosen = indices(rows);
    const own = sparseSoftmaxCrossEntropy(
      tailScores(gather(hidden, chosen), tail),
      indices(rows.map((row) => within[row])),
    );
    const counted = fromValues(
      Uint8Array.from(rows, (_, j) => Number(j < needing.length)),
      { backend },
    ) as unknown as Tensor<"bool">;
    losses = losses.add(scatterAdd(zeros(losses.shape, losses), chosen, where(counted, own, 0)));
  });
  return losses;
}

/** The next multiple of an eighth of the power of two below. */
function roundedUp(count: number): number {
  const grain = Math.max(1, 2 ** (Math.floor(Math.log2(count)) - 3));
  return Math.ceil(count / grain) * grain;
}

/** Each tail on every row, its loss kept where the label lies in it. */
function lossOfAllRows(hidden: Tensor, layer: AdaptiveSoftmax, labels: Tensor<"i32">): Tensor {
  const { classes, frequent, cutoffs } = layoutOf(layer);
  let targets = labels;
  const tails = layer.tails.map((tail, i) => {
    const start = cutoffs[i];
    const isNeeded = and(greaterEqual(labels, start), less(labels, cutoffs[i + 1] ?? classes));
    targets = where(isNeeded, frequent + i, targets);
    const losses = sparseSoftmaxCrossEntropy(tailScores(hidden, tail), where(isNeeded, labels.sub(start), 0));
    return where(isNeeded, losses, 0);
  });
  const head = sparseSoftmaxCrossEntropy(headScores(hidden, layer), targets);
  return tails.reduce((total, losses) => total.add(losses), head);
}
