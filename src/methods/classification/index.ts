export { aggregateDuplicateScores, type ScoredLabels } from "./aggregate-duplicate-scores.js"; // scores of labels from those of their copies — Liu et al. 2021
export {
  type AldrKlLossOptions,
  type AldrOptions,
  type AldrTemperatureOptions,
  aldrKlLoss,
  aldrTemperature,
  updateAldrTemperatures,
} from "./aldr-kl-loss.js"; // robust against wrong labels, each example as far as it needs — Zhu et al. 2023
export { type AngularMarginPsiOptions, angularMarginPsi } from "./angular-margin-psi.js"; // a cosine that counts the angle m times — Liu et al. 2016
export {
  accuracyLoss,
  anyLoss,
  type BatchLoss,
  balancedAccuracyLoss,
  type FBetaLossOptions,
  fBetaLoss,
  gMeanLoss,
} from "./any-loss.js"; // any metric of the confusion matrix as a loss — Han et al. 2024
export {
  type AssignOverlappingClustersOptions,
  assignOverlappingClusters,
  clusterAssignmentObjective,
} from "./assign-overlapping-clusters.js"; // labels in as many clusters as they have meanings — Liu et al. 2021
export {
  type BalancedHierarchicalKMeansOptions,
  balancedHierarchicalKMeans,
} from "./balanced-hierarchical-k-means.js"; // clusters of equal size, by halving — Prabhu et al. 2018
export {
  type CalibratedDerivativesOptions,
  isCalibratedDerivative,
  sampleCalibratedDerivatives,
} from "./calibrated-derivatives.js"; // random slopes that some calibrated loss has — Dai 2025
export { centroidScorer } from "./centroid-scorer.js"; // classes by their nearest mean — Snell et al. 2017
export type { ClassFeatures, InputFeatures } from "./class-features.js";
export { type CompSumAdversaryOptions, compSumAdversary } from "./comp-sum-adversary.js"; // inputs near by at which score differences change most — Mao et al. 2023
export { type CompSumLossOptions, compSumLoss, compSumPhi } from "./comp-sum-loss.js"; // from cross-entropy to losses that wrong labels cannot ruin — Mao et al. 2023
export { countMatches, type MatchCounts, type PartitionSizes } from "./count-matches.js"; // where a matcher looks for each label — Liu et al. 2021
export {
  type DisentangleAlternatingOptions,
  type DisentanglingRound,
  disentangleAlternating,
} from "./disentangle-alternating.js"; // clusters and matcher in turn — Liu et al. 2021
export { type DuplicatedLabels, duplicateLabels } from "./duplicate-labels.js"; // a copy of a label for each of its clusters — Liu et al. 2021
export {
  type EnsLossOptions,
  type EnsLossPowerOptions,
  ensLoss,
  ensLossPower,
} from "./ens-loss.js"; // another calibrated loss at every step — Dai 2025
export {
  type ExpectationIntervals,
  type ExpectationIntervalsOptions,
  expectationIntervals,
} from "./expectation-intervals.js"; // what a sample says of its features' true means — Mazuelas et al. 2020
export type { FeatureRow, SparseRow } from "./feature-rows.js";
export type { FitScorer, Scorer, ScorerProblem } from "./fit-scorer.js";
export {
  type GaussianMixtureBenchmark,
  type GaussianMixtureBenchmarkOptions,
  gaussianMixtureBenchmark,
} from "./gaussian-mixture-benchmark.js"; // classes of which few examples tell enough — Zheng et al. 2023
export { GaussianNaiveBayes, type GaussianNaiveBayesOptions, type LinearForm } from "./gaussian-naive-bayes.js"; // a linear classifier by counting — Zheng et al. 2023
export {
  compSumConditionalRegret,
  type HConsistencyBoundOptions,
  type HConsistencyOptions,
  hConsistencyBound,
  hConsistencyTransform,
  minimizabilityGap,
} from "./h-consistency.js"; // what a training loss is worth in accuracy — Mao et al. 2023
export { inverseBoxCox } from "./inverse-box-cox.js"; // what has a given power transform — Box and Cox 1964
export { type LSoftmaxAnnealOptions, lSoftmaxAnneal } from "./l-softmax-anneal.js"; // a margin that comes step by step — Liu et al. 2016
export { type LSoftmaxLogitsOptions, lSoftmaxLogits } from "./l-softmax-logits.js"; // inner products, the label's with a margin — Liu et al. 2016
export { labelEmbeddings } from "./label-embeddings.js"; // labels by the sum of their examples — Prabhu et al. 2018
export { type LargeMarginSoftmaxLossOptions, largeMarginSoftmaxLoss } from "./large-margin-softmax.js"; // cross-entropy with a margin of angles — Liu et al. 2016
export { type LdrKlLossOptions, type LdrWeightsOptions, ldrKlLoss, ldrWeights } from "./ldr-kl-loss.js"; // the worst case over weights of an example's labels — Zhu et al. 2023
export {
  LinearProbabilisticClassifier,
  type LinearProbabilisticClassifierOptions,
} from "./linear-probabilistic-classifier.js"; // the least worst-case error, with bounds on it — Mazuelas et al. 2020
export { type LinearScorerOptions, linearScorer } from "./linear-scorer.js"; // one linear scorer a class — Duchi et al. 2011
export { type LinearSoftmaxCrossEntropyOptions, linearSoftmaxCrossEntropy } from "./linear-softmax-cross-entropy.js"; // sparse cross-entropy of a linear layer, its logits never held — Milakov and Gimelshein 2018
export { type LogisticHConsistencyBoundOptions, logisticHConsistencyBound } from "./logistic-h-consistency-bound.js"; // errors from an excess of logistic loss — Zheng et al. 2023
export { type MatchingQuality, matchingQuality } from "./matching-quality.js"; // recall and cost before ranking — Liu et al. 2021
export type { MinimaxProblem } from "./minimax-program.js";
export {
  type MinimaxRisk,
  type MinimaxRiskObjective,
  minimaxRiskLower,
  minimaxRiskObjective,
  minimaxRiskUpper,
} from "./minimax-risk.js"; // bounds of the error over all distributions of given means — Mazuelas et al. 2020
export {
  type LogisticRegression,
  type MultinomialLogisticRegressionOptions,
  multinomialLogisticRegression,
} from "./multinomial-logistic-regression.js"; // the linear probe, to the optimum — Cox 1958
export { type LogitNormalization, normalizeLogitsMean } from "./normalize-logits-mean.js"; // logits that scaling cannot grow — Zhu et al. 2023
export { oneHotFeatures } from "./one-hot-features.js"; // features of input and class, a block a class — Mazuelas et al. 2020
export { PartitionXmc, type PartitionXmcOptions } from "./partition-xmc.js"; // match to clusters, then rank their labels — Prabhu et al. 2018
export {
  type LabelledRows,
  type Learner,
  type Predictor,
  type SamplesToReach,
  type SamplesToReachOptions,
  samplesToReach,
} from "./samples-to-reach.js"; // how many examples a learner needs — Zheng et al. 2023
export {
  type SmoothAdversarialCompSumLossOptions,
  smoothAdversarialCompSumLoss,
} from "./smooth-adversarial-comp-sum-loss.js"; // a comp-sum loss and a price on what an adversary can change — Mao et al. 2023
export {
  type ApproximateLabelsOptions,
  approximateLabels,
  type SoftConfusionMatrix,
  softConfusionMatrix,
} from "./soft-confusion-matrix.js"; // a confusion matrix with a slope — Han et al. 2024
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmax-cross-entropy.js"; // cross-entropy with soft targets, the exact reference — Cox 1958
export { type SparseSoftmaxCrossEntropyOptions, sparseSoftmaxCrossEntropy } from "./sparse-softmax-cross-entropy.js"; // cross-entropy with one class an example, the exact reference — Cox 1958
export {
  type ThresholdFeatures,
  type ThresholdFeaturesOptions,
  thresholdFeatures,
} from "./threshold-features.js"; // indicators of coordinates below thresholds — Mazuelas et al. 2020
export { variationOfInformation } from "./variation-of-information.js"; // distance between two groupings — Meilă 2003
