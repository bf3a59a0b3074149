import { checkAbove, checkAtLeast } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkPeers } from "./check-distillation.js";
import { divergence, softLogs } from "./kl-distill-loss.js";

export interface MutualDistillLossOptions {
  /** What logits are divided by in the divergence, T, a finite number > 0. Default 4. */
  readonly temperature?: number;
  /** λ: how much the divergence counts beside cross-entropy, a finite number ≥ 0. Default 1. */
  readonly distillWeight?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Cross-entropy plus the divergence from a peer, which learns at the same time.
 *
 *     ℓ = CE(logits, y) + λ T² KL(p_peer ‖ p)      p = softmax(logits / T)
 *
 * Of several peers the mean of their divergences; no gradient reaches them. With this loss for every network it is deep
 * mutual learning; for the teacher alone it is the teacher's half of BD-KD, whose student has `balancedDivergenceLoss`.
 *
 * Reach for it to train networks together when none is there to learn from.
 *
 * @param logits - `[batch, classes]`, the network's own, finite
 * @param peerLogits - `[batch, classes]`, finite, or those of several peers
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss of each example, or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if logits are no floats or differ in dtype, or `labels` is no i32
 * @throws RangeError if a logit on the host is not finite, a label on the host is no class, or there is no peer
 * @throws RangeError if `temperature` is not a finite number > 0, or `distillWeight` not one ≥ 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Zhang et al., "Deep Mutual Learning", CVPR 2018, arXiv:1706.00384, eq. 6; with a temperature as in Amara et al.,
 * "BD-KD", 2022, arXiv:2212.12965
 */
export function mutualDistillLoss(
  logits: Tensor,
  peerLogits: Tensor | readonly Tensor[],
  labels: Tensor<"i32">,
  options: MutualDistillLossOptions = {},
): Tensor {
  const caller = "mutualDistillLoss";
  const { temperature = 4, distillWeight = 1, reduction = "none" } = options;
  checkAbove(caller, { temperature }, 0);
  checkAtLeast(caller, { distillWeight }, 0);
  checkReduction(caller, reduction);
  const peers = checkPeers(caller, logits, peerLogits, "peerLogits");
  const [batch, classes] = logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);

  const terms = peers.map((peer) => {
    const [own, other] = softLogs(logits, peer, temperature);
    return divergence(other, own);
  });
  const distilled = terms.reduce((sum, next) => sum.add(next)).mul((distillWeight * temperature ** 2) / peers.length);
  return reduceLosses(sparseSoftmaxCrossEntropy(logits, labels).add(distilled), reduction);
}
