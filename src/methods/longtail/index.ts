export { type AdjustLogitsOptions, adjustLogits } from "./adjust-logits.js"; // a trained classifier freed from its prior — Menon et al. 2021
export { type BalancedErrorOptions, balancedError, classErrors } from "./balanced-error.js"; // the mean of the classes' errors — Menon et al. 2021
export { type BalancedSoftmaxLossOptions, balancedSoftmaxLoss } from "./balanced-softmax-loss.js"; // logit adjustment from counts — Ren et al. 2020
export { type ClassPriorsOptions, classPriors } from "./class-priors.js"; // how frequent each class is
export { type LogitAdjustedCrossEntropyOptions, logitAdjustedCrossEntropy } from "./logit-adjusted-cross-entropy.js"; // cross-entropy for the balanced error — Menon et al. 2021
export {
  type PairwiseMarginSoftmaxLossOptions,
  type PairwiseMargins,
  pairwiseMarginSoftmaxLoss,
} from "./pairwise-margin-softmax-loss.js"; // all losses of the long tail in one — Menon et al. 2021
export {
  consistentMargins,
  type EqualizedMarginsOptions,
  equalizedMargins,
  type LdamMarginsOptions,
  ldamMargins,
  logitAdjustedMargins,
} from "./pairwise-margins.js"; // its members — Menon et al. 2021, Cao et al. 2019, Tan et al. 2020
export { type WeightNormalizeOptions, weightNormalize } from "./weight-normalize.js"; // a head whose norms do not follow the priors — Kang et al. 2020
