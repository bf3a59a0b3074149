export {
  type AdversarialLargeMarginOptions,
  adversarialLargeMarginTrain,
  type LargeMarginClassifier,
} from "./adversarial-large-margin-train.js"; // a hyperbolic classifier of a given margin — Weber et al. 2020
export { type BatchNegativeSimilarities, batchNegativeSimilarities } from "./batch-negative-similarities.js"; // pairs of a batch of different classes — Jung et al. 2022
export { type BoxWhiskerFilterOptions, boxWhiskerFilter } from "./box-whisker-filter.js"; // which values are no outliers — Tukey 1977
export { type EmbeddingDistortion, embeddingDistortion } from "./embedding-distortion.js"; // by how much an embedding changes distances — Linial et al. 1995
export { type GenericMetricLossOptions, genericMetricLoss } from "./generic-metric-loss.js"; // losses of pairs in one form — Venkataramanan et al. 2022
export { type GpwLossOptions, gpwLoss } from "./gpw-loss.js"; // pairs with weights of your own — Wang et al. 2019
export { hyperbolicAdversary } from "./hyperbolic-adversary.js"; // the worst example within a hyperbolic radius — Weber et al. 2020
export type { HyperbolicData } from "./hyperbolic-data.js"; // labelled points of the hyperboloid
export { type HyperbolicLossOptions, hyperbolicHingeLoss, hyperbolicLogisticLoss } from "./hyperbolic-loss.js"; // losses of a hyperbolic linear classifier — Cho et al. 2019, Weber et al. 2020
export { hyperbolicMargin, signedGeodesicDistance } from "./hyperbolic-margin.js"; // distances to a geodesic hyperplane — Cho et al. 2019
export {
  type HyperbolicPerceptron,
  type HyperbolicPerceptronOptions,
  hyperbolicPerceptron,
} from "./hyperbolic-perceptron.js"; // a geodesic hyperplane between two classes — Weber et al. 2020, Chien et al. 2021
export { hyperbolicScores } from "./hyperbolic-scores.js"; // how far on which side of a hyperplane — Cho et al. 2019
export { type HyperbolicSvmObjectiveOptions, hyperbolicSvmObjective } from "./hyperbolic-svm-objective.js"; // soft margins in hyperbolic space — Cho et al. 2019
export { lorentzDistance, lorentzInner } from "./lorentz.js"; // the hyperboloid's product and distance — Ratcliffe 2006
export { arcFaceLogits, cosFaceLogits, type MarginLogitsOptions } from "./margin-logits.js"; // cosines with a margin — Wang et al. 2018, Deng et al. 2019
export { updateMemoryBank } from "./memory-bank.js"; // state kept for each example — Wu et al. 2018
export {
  type BinomialDevianceFormOptions,
  type ContrastiveFormOptions,
  type LiftedStructureFormOptions,
  metricLossPresets,
  type ScaledFormOptions,
} from "./metric-loss-presets.js"; // how known losses of pairs differ — Wang et al. 2019, Venkataramanan et al. 2022
export { type MetrixLossOptions, metrixLoss } from "./metrix-loss.js"; // pairs, and examples mixed of pairs — Venkataramanan et al. 2022
export { type MixedExamples, type MixedPair, type MixPairsOptions, mixPairs } from "./mix-pairs.js"; // examples between classes — Venkataramanan et al. 2022
export { type MultiSimilarityLossOptions, multiSimilarityLoss } from "./multi-similarity-loss.js"; // hard pairs, weighted by all of their kind — Wang et al. 2019
export { type MultiSimilarityMineOptions, multiSimilarityMine } from "./multi-similarity-mine.js"; // the pairs of a batch that are not easy — Wang et al. 2019
export type { PairForm, PairSide } from "./pair-form.js"; // how a loss of pairs is made of sums — Venkataramanan et al. 2022
export {
  binomialDevianceLoss,
  contrastivePairLoss,
  liftedStructureLoss,
  type PairLossOptions,
} from "./pair-losses.js"; // what multi-similarity is measured against — Hadsell et al. 2006, Oh Song et al. 2016, Yi et al. 2014
export { type PairSets, pairSets } from "./pair-sets.js"; // positives and negatives of each example of a batch
export { type PairWeights, pairWeights } from "./pair-weights.js"; // what a loss of pairs looks at — Wang et al. 2019
export { cosineSimilarities, manhattanDistances, squaredDistances } from "./pairwise-distances.js"; // between the rows of two matrices
export { lorentzToPoincare, poincareDistance, poincareToLorentz } from "./poincare.js"; // the ball, to and from the hyperboloid — Nickel and Kiela 2017
export { type RecallAtKOptions, recallAtK } from "./recall-at-k.js"; // whether one of the class is among the nearest — Jégou et al. 2011
export { robustLogisticLoss } from "./robust-logistic-loss.js"; // the certificate of a margin — Weber et al. 2020
export { treeDistances } from "./tree-distances.js"; // edges between the nodes of a tree — Weber et al. 2020
export { treeToPoincare } from "./tree-to-poincare.js"; // trees in the disk with next to no distortion — Sarkar 2011
export { type TripletLossOptions, type TripletWeightsOptions, tripletLoss, tripletWeights } from "./triplet-loss.js"; // positives before negatives, by a margin — Schroff et al. 2015
export { type UnpgLossOptions, unpgLoss } from "./unpg-loss.js"; // a softmax that sees the batch's pairs — Jung et al. 2022
export { utilization } from "./utilization.js"; // how far new classes land from what was visited — Venkataramanan et al. 2022
export { wdfsGap } from "./wdfs-gap.js"; // whether one threshold parts all pairs — Jung et al. 2022
