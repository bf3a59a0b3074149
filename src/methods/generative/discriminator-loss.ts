import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { softplus, type Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";

/**
 * The logistic loss of a discriminator of real samples from fake ones.
 *
 *     mean softplus(fakeLogits) + mean softplus(−realLogits)
 *
 * The best discriminator's logit is log(p / q), which `densityRatioFromLogits` takes it for.
 *
 * Reach for it to learn density ratios from samples, on noisy ones where a diffusion model is the teacher.
 *
 * @param fakeLogits - any shape with an element, of the student's samples
 * @param realLogits - any shape with an element, of the data's or the teacher's
 * @returns `[]`
 * @throws ShapeError if one has no element
 * @throws DTypeError if they are no floats, or differ in dtype
 * @throws RangeError if a logit on the host is not finite
 * @source Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, arXiv:1406.2661, §3
 */
export function discriminatorLoss(fakeLogits: Tensor, realLogits: Tensor): Tensor {
  checkLogits("discriminatorLoss", { fakeLogits, realLogits });
  checkSameDType("discriminatorLoss", { fakeLogits, realLogits });
  return softplus(fakeLogits).mean().add(softplus(realLogits.neg()).mean());
}

/** Throws unless logits are floats with an element each, and finite where on the host. */
export function checkLogits(caller: string, logits: Readonly<Record<string, Tensor>>): void {
  checkFloat(caller, logits);
  for (const [name, { shape, size }] of Object.entries(logits)) {
    if (size === 0) throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must have an element`);
  }
  checkFinite(caller, logits);
}
