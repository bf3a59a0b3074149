export { areaOverCurve, aucMannWhitney } from "./auc-mann-whitney.js"; // how well one threshold parts good from bad — Mann and Whitney 1947
export type { BatchContrastOptions } from "./batch-contrast.js"; // what a batch of queries compares
export type { PositivesOptions } from "./check-positives.js"; // rows of scores with several positives
export { type ConditionalValueAtRiskOptions, conditionalValueAtRisk } from "./conditional-value-at-risk.js"; // the mean of the worst losses — Rockafellar and Uryasev 2000
export { decoupledSoftmaxLoss } from "./decoupled-softmax-loss.js"; // positives that do not compete — Gupta et al. 2024
export { type DoublyStochasticMiningLossOptions, doublyStochasticMiningLoss } from "./doubly-stochastic-mining.js"; // the hardest negatives of the hardest examples — Rawat et al. 2020
export { type InfoNceLossOptions, infoNceLoss } from "./info-nce-loss.js"; // one right passage among those of a batch — van den Oord et al. 2018
export { type MannWhitneyLossOptions, mannWhitneyLoss } from "./mann-whitney-loss.js"; // positives above the negatives of all queries — Sheikholeslami et al. 2025
export { multiLabelSoftmaxLoss } from "./multi-label-softmax-loss.js"; // positives that do compete — Gupta et al. 2024
export { type OrderedSgdWeightsOptions, orderedSgdWeights } from "./ordered-sgd-weights.js"; // what the hardest of a minibatch minimize — Kawaguchi and Lu 2020
export { type OwlLossOptions, owlLoss } from "./owl-loss.js"; // negatives that count by their rank — Reddi et al. 2019
export { type SamplePositivesOptions, samplePositives } from "./sample-positives.js"; // some of the right answers — Gupta et al. 2024
export { type SoftTopKOptions, softTopK, softTopKLog } from "./soft-top-k.js"; // a smooth indicator of the k largest — Gupta et al. 2024
export { type SoftTopKLossOptions, softTopKLoss } from "./soft-top-k-loss.js"; // all positives among the first k — Gupta et al. 2024
export {
  type StochasticNegativeMiningLossOptions,
  stochasticNegativeMiningLoss,
} from "./stochastic-negative-mining.js"; // the hardest of sampled negatives — Reddi et al. 2019
export { topKMean } from "./top-k-mean.js"; // the mean of the k largest — Lapin et al. 2015
