export { type AdaptiveSamples, type AdaptiveSamplesOptions, adaptiveSamples } from "./adaptive-samples.js"; // as many samples as importance sampling needs — Bengio and Senécal 2008
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
export type { Contrast, NoiseLogProbability } from "./contrast.js"; // scores of positives and of their noise samples
export { type ExpectedNceObjectiveOptions, expectedNceObjective } from "./expected-nce.js"; // what NCE and negative sampling minimize in expectation — Gutmann and Hyvärinen 2010
export {
  type AdversarialTreeNodeReport,
  type FitAdversarialTreeOptions,
  fitAdversarialTree,
} from "./fit-adversarial-tree.js"; // the tree that imitates the data — Bamler and Mandt 2020
export { type GumbelTopKSamplerOptions, gumbelTopKSampler, logInclusionProbability } from "./gumbel-top-k-sampler.js"; // distinct classes, sums without bias — Kool et al. 2019
export { type InBatchLossOptions, inBatchLoss } from "./in-batch.js"; // the other rows' targets as negatives — Yi et al. 2019
export { type LogQCorrectionOptions, logQCorrection } from "./log-q-correction.js"; // sampled scores over how often they are drawn — Bengio and Senécal 2008
export { type LogUniformSamplerOptions, logUniformSampler } from "./log-uniform-sampler.js"; // Zipf's law without a table
export { type NceLossOptions, nceLoss } from "./nce.js"; // log-probabilities by telling data from noise — Gutmann and Hyvärinen 2012, Mnih and Teh 2012
export { type NegativeSamplingLossOptions, negativeSamplingLoss } from "./negative-sampling.js"; // embeddings by telling data from noise — Mikolov et al. 2013
export { type NegativeSamplingSnr, negativeSamplingSnr } from "./negative-sampling-snr.js"; // how much signal a gradient has with given noise — Bamler and Mandt 2020
export { inclusionProbabilities, type PoissonSamplerOptions, poissonSampler } from "./poisson-sampler.js"; // each class independently of the others — Horvitz and Thompson 1952
export {
  type PrincipalComponents,
  type PrincipalComponentsOptions,
  principalComponents,
  projectOntoComponents,
  type SparseRows,
} from "./principal-components.js"; // few features out of many — Hotelling 1933
export { inBatchInfoNce, infoNce, rankingNceLoss } from "./ranking-nce.js"; // picking the data sample out of noise samples — Ma and Collins 2018, van den Oord et al. 2018
export { rejectingSampler } from "./rejecting-sampler.js"; // draws again where the label is hit, with exact probabilities
export { type SampledNceLossOptions, sampledNceLoss } from "./sampled-nce.js"; // NCE, negative sampling and ranking NCE over a table of classes — Mnih and Teh 2012
export { type SampledSoftmaxLossOptions, sampledSoftmaxLoss } from "./sampled-softmax.js"; // softmax over millions of classes from a few — Bengio and Senécal 2008, Jean et al. 2015
export type { ConditionalSampler, Like, Sampler } from "./sampler.js"; // what every sampler can do
export { effectiveSampleSize, type SelfNormalizedSoftmax, selfNormalizedSoftmax } from "./self-normalized-softmax.js"; // its gradient from a proposal known up to a constant — Bengio and Senécal 2008
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
