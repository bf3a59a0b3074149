export { aggregateDuplicateScores, type ScoredLabels } from "./aggregate-duplicate-scores.js"; // scores of labels from those of their copies — Liu et al. 2021
export { type AngularMarginPsiOptions, angularMarginPsi } from "./angular-margin-psi.js"; // a cosine that counts the angle m times — Liu et al. 2016
export {
  type AssignOverlappingClustersOptions,
  assignOverlappingClusters,
  clusterAssignmentObjective,
} from "./assign-overlapping-clusters.js"; // labels in as many clusters as they have meanings — Liu et al. 2021
export {
  type BalancedHierarchicalKMeansOptions,
  balancedHierarchicalKMeans,
} from "./balanced-hierarchical-k-means.js"; // clusters of equal size, by halving — Prabhu et al. 2018
export { centroidScorer } from "./centroid-scorer.js"; // classes by their nearest mean — Snell et al. 2017
export type { ClassFeatures, InputFeatures } from "./class-features.js";
export { countMatches, type MatchCounts, type PartitionSizes } from "./count-matches.js"; // where a matcher looks for each label — Liu et al. 2021
export {
  type DisentangleAlternatingOptions,
  type DisentanglingRound,
  disentangleAlternating,
} from "./disentangle-alternating.js"; // clusters and matcher in turn — Liu et al. 2021
export { type DuplicatedLabels, duplicateLabels } from "./duplicate-labels.js"; // a copy of a label for each of its clusters — Liu et al. 2021
export {
  type ExpectationIntervals,
  type ExpectationIntervalsOptions,
  expectationIntervals,
} from "./expectation-intervals.js"; // what a sample says of its features' true means — Mazuelas et al. 2020
export type { FeatureRow, SparseRow } from "./feature-rows.js";
export type { FitScorer, Scorer, ScorerProblem } from "./fit-scorer.js";
export { type LSoftmaxAnnealOptions, lSoftmaxAnneal } from "./l-softmax-anneal.js"; // a margin that comes step by step — Liu et al. 2016
export { type LSoftmaxLogitsOptions, lSoftmaxLogits } from "./l-softmax-logits.js"; // inner products, the label's with a margin — Liu et al. 2016
export { labelEmbeddings } from "./label-embeddings.js"; // labels by the sum of their examples — Prabhu et al. 2018
export { type LargeMarginSoftmaxLossOptions, largeMarginSoftmaxLoss } from "./large-margin-softmax.js"; // cross-entropy with a margin of angles — Liu et al. 2016
export {
  LinearProbabilisticClassifier,
  type LinearProbabilisticClassifierOptions,
} from "./linear-probabilistic-classifier.js"; // the least worst-case error, with bounds on it — Mazuelas et al. 2020
export { type LinearScorerOptions, linearScorer } from "./linear-scorer.js"; // one linear scorer a class — Duchi et al. 2011
export { type LinearSoftmaxCrossEntropyOptions, linearSoftmaxCrossEntropy } from "./linear-softmax-cross-entropy.js"; // sparse cross-entropy of a linear layer, its logits never held — Milakov and Gimelshein 2018
export { type MatchingQuality, matchingQuality } from "./matching-quality.js"; // recall and cost before ranking — Liu et al. 2021
export type { MinimaxProblem } from "./minimax-program.js";
export {
  type MinimaxRisk,
  type MinimaxRiskObjective,
  minimaxRiskLower,
  minimaxRiskObjective,
  minimaxRiskUpper,
} from "./minimax-risk.js"; // bounds of the error over all distributions of given means — Mazuelas et al. 2020
export { oneHotFeatures } from "./one-hot-features.js"; // features of input and class, a block a class — Mazuelas et al. 2020
export { PartitionXmc, type PartitionXmcOptions } from "./partition-xmc.js"; // match to clusters, then rank their labels — Prabhu et al. 2018
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmax-cross-entropy.js"; // cross-entropy with soft targets, the exact reference — Cox 1958
export { type SparseSoftmaxCrossEntropyOptions, sparseSoftmaxCrossEntropy } from "./sparse-softmax-cross-entropy.js"; // cross-entropy with one class an example, the exact reference — Cox 1958
export {
  type ThresholdFeatures,
  type ThresholdFeaturesOptions,
  thresholdFeatures,
} from "./threshold-features.js"; // indicators of coordinates below thresholds — Mazuelas et al. 2020
export { variationOfInformation } from "./variation-of-information.js"; // distance between two groupings — Meilă 2003
