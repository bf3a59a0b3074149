import { checkOneOf, checkRank } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { abs, exp, less, log, softmax, softplus, type Tensor, where } from "../../autodiff/index.js";

/** What `normalizeLogitsMean` divides: the softplus of the logits by its mean, or the logits by their mean size. */
export type LogitNormalization = "softplus" | "absolute";

/**
 * Logits over their mean, so that no network can outgrow a loss by scaling them.
 *
 *     "softplus":  g / mean_k(g),  g = softplus(logits)      "absolute":  logits / (mean_k |logits| + 1e-12)
 *
 * The gradient flows through the mean. Reach for it with `ldrKlLoss` and `aldrKlLoss` at large temperatures: without it
 * the logits grow until the loss is as steep as cross-entropy, and wrong labels are learnt by heart again.
 *
 * @param logits - `[batch, classes]`, finite
 * @param form - which of the two; default `"softplus"`, which gives no negative ones. Rows of zeros stay zeros under
 * `"absolute"`, thanks to the 1e-12
 * @returns `[batch, classes]`
 * @throws ShapeError if `logits` has not two axes
 * @throws DTypeError if `logits` is no float
 * @throws TypeError if `form` is none of those listed
 * @source Zhu, Ying and Yang, "Label Distributionally Robust Losses for Multi-class Classification", ICML 2023,
 * arXiv:2112.14869, §5 and its code
 */
export function normalizeLogitsMean(logits: Tensor, form: LogitNormalization = "softplus"): Tensor {
  checkOneOf("normalizeLogitsMean", "form", form, ["softplus", "absolute"]);
  checkRank("normalizeLogitsMean", { logits }, 2);
  checkFloat("normalizeLogitsMean", { logits });
  return normalizedLogits(logits, form);
}

/** Logits under a normalization, or as they are. */
export function normalizedLogits(logits: Tensor, form: LogitNormalization | "none"): Tensor {
  if (form === "none") return logits;
  if (form === "softplus") return softmax(logSoftplus(logits), 1).mul(logits.shape[1]); // 0 / 0 where all are very low
  return logits.div(abs(logits).mean(1, { keepDims: true }).add(1e-12));
}

/** `log(log(1 + eˣ))`, which is x − eˣ/2 to the last digit where eˣ vanishes against 1. */
function logSoftplus(x: Tensor): Tensor {
  const isLow = less(x, -20);
  const low = where(isLow, x, -20);
  return where(isLow, low.sub(exp(low).div(2)), log(softplus(where(isLow, 0, x))));
}
