export { type AdjustLogitsOptions, adjustLogits } from "./adjust-logits.js"; // a trained classifier freed from its prior — Menon et al. 2021
export { type BalancedErrorOptions, balancedError, classErrors } from "./balanced-error.js"; // the mean of the classes' errors — Menon et al. 2021
export { type BalancedSoftmaxLossOptions, balancedSoftmaxLoss } from "./balanced-softmax-loss.js"; // logit adjustment from counts — Ren et al. 2020
export { type ClassPriorsOptions, classPriors } from "./class-priors.js"; // how frequent each class is
export { type CumulativeLogitNll, cumulativeLogitNll } from "./cumulative-logit-nll.js"; // the likelihood of ordered classes — McCullagh 1980
export { type FusedOrdinalPenaltyOptions, fusedOrdinalPenalty } from "./fused-ordinal-penalty.js"; // what boundaries cost that differ from their neighbours — Faletto and Bien 2023
export { type LogitAdjustedCrossEntropyOptions, logitAdjustedCrossEntropy } from "./logit-adjusted-cross-entropy.js"; // cross-entropy for the balanced error — Menon et al. 2021
export type { OrdinalModel } from "./ordinal-data.js";
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
export { type PrestoFit, type PrestoFitOptions, prestoFit } from "./presto-fit.js"; // a rare last step from the frequent ones before it — Faletto and Bien 2023
export { type PrestoPrediction, prestoPredict } from "./presto-predict.js"; // probabilities of ordered classes — Faletto and Bien 2023
export {
  type ProportionalOddsFit,
  type ProportionalOddsFitOptions,
  proportionalOddsFit,
} from "./proportional-odds-fit.js"; // ordered classes in one direction — McCullagh 1980
export { rareProbabilityMse } from "./rare-probability-mse.js"; // how well small probabilities are estimated — Faletto and Bien 2023
export { type WeightNormalizeOptions, weightNormalize } from "./weight-normalize.js"; // a head whose norms do not follow the priors — Kang et al. 2020
