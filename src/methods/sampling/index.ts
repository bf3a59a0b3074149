export { type AdaptiveSamples, type AdaptiveSamplesOptions, adaptiveSamples } from "./adaptive-samples.js"; // as many samples as importance sampling needs — Bengio and Senécal 2008
export {
  type AdaptiveSoftmax,
  type AdaptiveSoftmaxOptions,
  type AdaptiveTail,
  adaptiveSoftmax,
} from "./adaptive-softmax.js"; // few columns for frequent classes, fewer dimensions for rare ones — Grave et al. 2017
export { adaptiveSoftmaxLogProbabilities } from "./adaptive-softmax-log-probabilities.js"; // its distribution — Grave et al. 2017
export { type AdaptiveSoftmaxLossOptions, adaptiveSoftmaxLoss } from "./adaptive-softmax-loss.js"; // its cross-entropy, only the tails that labels need — Grave et al. 2017
export { type AdaptivePredictions, adaptiveSoftmaxPredictions } from "./adaptive-softmax-predictions.js"; // its best classes, only the tails that can hold them — Grave et al. 2017
export {
  type AdversarialNegativeSamplingLossOptions,
  adversarialNegativeSamplingLoss,
  type BiasedNegativeSamplingLossOptions,
  biasedNegativeSamplingLoss,
  removeSamplingBias,
} from "./adversarial-negative-sampling.js"; // a softmax from one hard negative an example — Bamler and Mandt 2020
export { AdversarialTree, type AdversarialTreeParameters } from "./adversarial-tree.js"; // draws classes given features, in time log C — Bamler and Mandt 2020
export { type AliasSamplerOptions, aliasSampler } from "./alias-sampler.js"; // any distribution, in constant time a draw — Walker 1977
export { type AliasTable, aliasTable } from "./alias-table.js"; // what it draws from — Walker 1977, Vose 1991
export { candidateSoftmaxLoss } from "./candidate-softmax.js"; // cross-entropy of a target among candidates — Jean et al. 2015
export { type CandidateSampler, type Candidates, independentCandidates } from "./candidates.js"; // what draws a set of negatives
export type { ClassTable } from "./class-table.js"; // weights and biases of all classes
export {
  type ClusterCost,
  type ComputationTime,
  type ComputationTimeModel,
  type ComputationTimeModelOptions,
  computationTimeModel,
  type OperationCountModelOptions,
  operationCountModel,
} from "./computation-time-model.js"; // what the clusters of an adaptive softmax cost — Grave et al. 2017
export type { Contrast, NoiseLogProbability } from "./contrast.js"; // scores of positives and of their noise samples
export { type ExpectedNceObjectiveOptions, expectedNceObjective } from "./expected-nce.js"; // what NCE and negative sampling minimize in expectation — Gutmann and Hyvärinen 2010
export type { FeatureMap } from "./feature-map.js"; // vectors to features whose inner products are a kernel
export {
  type AdversarialTreeNodeReport,
  type FitAdversarialTreeOptions,
  fitAdversarialTree,
} from "./fit-adversarial-tree.js"; // the tree that imitates the data — Bamler and Mandt 2020
export { type FittedComputationTime, fitComputationTime, type TimedProduct } from "./fit-computation-time.js"; // that model for a machine — Grave et al. 2017
export { type FrequencyOrder, frequencyOrder } from "./frequency-order.js"; // frequent classes first, and back
export { type GradientBiasBounds, type GradientBiasBoundsOptions, gradientBiasBounds } from "./gradient-bias-bounds.js"; // how far a proposal can bend the gradient — Rawat et al. 2019
export { type GumbelTopKSamplerOptions, gumbelTopKSampler, logInclusionProbability } from "./gumbel-top-k-sampler.js"; // distinct classes, sums without bias — Kool et al. 2019
export { type InBatchLossOptions, inBatchLoss } from "./in-batch.js"; // the other rows' targets as negatives — Yi et al. 2019
export type { KernelSampler } from "./kernel-sampler.js"; // what the kernel samplers have in common
export { KernelSamplingTree } from "./kernel-sampling-tree.js"; // draws by any kernel, in time log C — Blanc and Rendle 2018
export type { KernelSamplingTreeOptions } from "./kernel-tree-options.js";
export { type LogQCorrectionOptions, logQCorrection } from "./log-q-correction.js"; // sampled scores over how often they are drawn — Bengio and Senécal 2008
export {
  type LogSphericalMemberOptions,
  type LogSphericalSoftmaxLossOptions,
  logSphericalSoftmaxLoss,
} from "./log-spherical-softmax-loss.js"; // a softmax of squares — de Brébisson and Vincent 2016
export { type LogTaylorSoftmaxLossOptions, logTaylorSoftmaxLoss } from "./log-taylor-softmax-loss.js"; // a softmax cut off after the square — de Brébisson and Vincent 2016
export { type LogUniformSamplerOptions, logUniformSampler } from "./log-uniform-sampler.js"; // Zipf's law without a table
export { type MeasureProductsOptions, measureProducts } from "./measure-products.js"; // how long matrix products take — Grave et al. 2017
export { type NceLossOptions, nceLoss } from "./nce.js"; // log-probabilities by telling data from noise — Gutmann and Hyvärinen 2012, Mnih and Teh 2012
export { type NegativeSamplingLossOptions, negativeSamplingLoss } from "./negative-sampling.js"; // embeddings by telling data from noise — Mikolov et al. 2013
export { type NegativeSamplingSnr, negativeSamplingSnr } from "./negative-sampling-snr.js"; // how much signal a gradient has with given noise — Bamler and Mandt 2020
export {
  type AdaptiveMarginTargetOptions,
  adaptiveMarginTarget,
  equalisedTarget,
  logitAdjustTarget,
  matrixTarget,
  type NegativeTarget,
  type PriorTargetOptions,
} from "./negative-targets.js"; // how much each negative is to count for each label — Rawat et al. 2021
export {
  type ImplicitNegativeWeightsOptions,
  implicitNegativeWeights,
  type NegativeWeighting,
  type NegativeWeightsOptions,
  negativeWeights,
} from "./negative-weights.js"; // what a sampler and its weights do to each label — Rawat et al. 2021
export {
  type AdaptiveSoftmaxCost,
  adaptiveSoftmaxCost,
  type OptimalCutoffs,
  type OptimalCutoffsOptions,
  optimalCutoffs,
} from "./optimal-cutoffs.js"; // the clusters that make an adaptive softmax cheapest — Grave et al. 2017
export { inclusionProbabilities, type PoissonSamplerOptions, poissonSampler } from "./poisson-sampler.js"; // each class independently of the others — Horvitz and Thompson 1952
export {
  type PrincipalComponents,
  type PrincipalComponentsOptions,
  principalComponents,
  projectOntoComponents,
  type SparseRows,
} from "./principal-components.js"; // few features out of many — Hotelling 1933
export { QuadraticKernelSampler, type QuadraticKernelSamplerOptions } from "./quadratic-kernel-sampler.js"; // large scores of either sign, exactly — Blanc and Rendle 2018
export { type QuadraticMapOptions, quadraticMap } from "./quadratic-map.js"; // exact features of a quadratic kernel — Blanc and Rendle 2018
export { type RandomFourierMapOptions, randomFourierMap } from "./random-fourier-map.js"; // features of the Gaussian kernel — Rahimi and Recht 2007
export { inBatchInfoNce, infoNce, rankingNceLoss } from "./ranking-nce.js"; // picking the data sample out of noise samples — Ma and Collins 2018, van den Oord et al. 2018
export { rejectingSampler } from "./rejecting-sampler.js"; // draws again where the label is hit, with exact probabilities
export { type RemappedTargets, remapTargets, restoreTargets } from "./remap-targets.js"; // labels of the two levels of an adaptive softmax — Grave et al. 2017
export { type RfSoftmaxLossOptions, rfSoftmaxLoss } from "./rf-softmax-loss.js"; // normalized embeddings of millions of classes — Rawat et al. 2019
export { RfSoftmaxSampler, type RfSoftmaxSamplerOptions } from "./rf-softmax-sampler.js"; // nearly the softmax of cosines, in time log C — Rawat et al. 2019
export {
  type DisentangledSampledLossOptions,
  disentangledSampledLoss,
  type SampledLossOptions,
  sampledLoss,
} from "./sampled-loss.js"; // rare labels and few negatives, each on its own terms — Rawat et al. 2021
export { type SampledNceLossOptions, sampledNceLoss } from "./sampled-nce.js"; // NCE, negative sampling and ranking NCE over a table of classes — Mnih and Teh 2012
export { type SampledSoftmaxLossOptions, sampledSoftmaxLoss } from "./sampled-softmax.js"; // softmax over millions of classes from a few — Bengio and Senécal 2008, Jean et al. 2015
export type { ConditionalSampler, Like, Sampler } from "./sampler.js"; // what every sampler can do
export { effectiveSampleSize, type SelfNormalizedSoftmax, selfNormalizedSoftmax } from "./self-normalized-softmax.js"; // its gradient from a proposal known up to a constant — Bengio and Senécal 2008
export {
  type SphericalOutput,
  SphericalOutputLayer,
  type SphericalOutputLayerOptions,
} from "./spherical-output-layer.js"; // exact steps whose time does not depend on the classes — Vincent et al. 2015
export {
  type SphericalLoss,
  type SphericalLossSlopes,
  type SphericalMemberOptions,
  type SphericalStatistics,
  sphericalMember,
  sphericalStatistics,
} from "./spherical-statistics.js"; // losses that see three numbers of all scores — de Brébisson and Vincent 2016
export { type StreamingFrequency, type StreamingFrequencyOptions, streamingFrequency } from "./streaming-frequency.js"; // how often classes occur in a stream — Yi et al. 2019
export {
  partitionTargets,
  type TargetPart,
  type TargetPartitionLossOptions,
  targetPartitionLoss,
} from "./target-partition.js"; // softmax among the classes of a part of the corpus — Jean et al. 2015
export { type UniformSamplerOptions, uniformSampler } from "./uniform-sampler.js"; // all classes alike
export {
  type SubsampleKeepProbabilityOptions,
  subsampleKeepProbability,
  type UnigramPowerOptions,
  unigramPower,
} from "./unigram.js"; // word frequencies for noise and for thinning — Mikolov et al. 2013
export { type UniqueSamplerOptions, uniqueSampler } from "./unique-sampler.js"; // distinct classes as toolkits draw them — Jean et al. 2015
export { type WeightedNegativesLossOptions, weightedNegativesLoss } from "./weighted-negatives.js"; // a label against negatives that count unequally — Rawat et al. 2021
export { withinBatchNegatives } from "./within-batch-negatives.js"; // labels of the other rows as negatives — Rawat et al. 2021
export { type ZLossOptions, type ZMemberOptions, zLoss } from "./z-loss.js"; // how far above the mean the target's score is — de Brébisson and Vincent 2016
