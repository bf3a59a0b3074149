export { type ConditionalValueAtRiskOptions, conditionalValueAtRisk } from "./conditional-value-at-risk.js"; // the mean of the worst losses — Rockafellar and Uryasev 2000
export { type DoublyStochasticMiningLossOptions, doublyStochasticMiningLoss } from "./doubly-stochastic-mining.js"; // the hardest negatives of the hardest examples — Rawat et al. 2020
export { type OrderedSgdWeightsOptions, orderedSgdWeights } from "./ordered-sgd-weights.js"; // what the hardest of a minibatch minimize — Kawaguchi and Lu 2020
export { type OwlLossOptions, owlLoss } from "./owl-loss.js"; // negatives that count by their rank — Reddi et al. 2019
export {
  type StochasticNegativeMiningLossOptions,
  stochasticNegativeMiningLoss,
} from "./stochastic-negative-mining.js"; // the hardest of sampled negatives — Reddi et al. 2019
export { topKMean } from "./top-k-mean.js"; // the mean of the k largest — Lapin et al. 2015
