export {
  type ArborescenceOptions,
  arborescenceLogPartition,
  arborescenceMarginals,
} from "./arborescence-marginals.js"; // edge chances of random arborescences — Tutte 1948, Koo et al. 2007
export { arborescenceSst } from "./arborescence-sst.js"; // relaxed arborescences — Paulus et al. 2020
export { assignmentMax } from "./assignment-max.js"; // the best permutation — Kuhn 1955, Jonker and Volgenant 1987
export {
  learnedBaselineLoss,
  leaveOneOutBaseline,
  type MovingAverageBaseline,
  type MovingAverageBaselineOptions,
  type MovingAverageState,
  movingAverageBaseline,
} from "./baselines.js"; // less variance for the score function — Williams 1992, Mnih and Gregor 2014, Mnih and Rezende 2016
export { type BernoulliSstOptions, bernoulliSst } from "./bernoulli-sst.js"; // relaxed gates — Maddison et al. 2017
export { projectCappedSimplex } from "./capped-simplex-projection.js"; // the nearest point of the k-subset polytope — Blondel et al. 2020
export { type CategoricalSstOptions, categoricalSst } from "./categorical-sst.js"; // the Gumbel-softmax — Jang et al. 2017, Maddison et al. 2017
export { chainSubsetLogPartition, chainSubsetMarginals } from "./chain-subset-marginals.js"; // chances in correlated k-subsets — Paulus et al. 2020
export { chainSubsetMax } from "./chain-subset-max.js"; // the best correlated k-subset — Viterbi 1967
export { type ChainSubsetSstOptions, chainSubsetSst } from "./chain-subset-sst.js"; // relaxed k-subsets whose neighbours interact — Paulus et al. 2020
export { densityRatioFromLogits, type RatioBounds } from "./density-ratio.js"; // what a discriminator says of two densities — Goodfellow et al. 2014
export { discriminatorLoss } from "./discriminator-loss.js"; // real from fake — Goodfellow et al. 2014
export type { Edge, GraphOptions } from "./edge-graph.js"; // what trees live on
export { fDistillGradient } from "./f-distill-gradient.js"; // the gradient of any f-divergence from scores — Xu et al. 2025
export { type FDistillLossOptions, fDistillLoss } from "./f-distill-loss.js"; // a one-step sampler matched to a denoiser — Xu et al. 2025, Yin et al. 2024
export {
  type FDistillBatch,
  type FDistillObjective,
  type FDistillObjectiveOptions,
  fDistillObjective,
} from "./f-distill-objective.js"; // a step of such a sampler, beside a discriminator — Xu et al. 2025
export {
  type FDivergenceName,
  type FDivergenceWeightOptions,
  fDivergence,
  fDivergenceWeight,
} from "./f-divergence.js"; // seven divergences, and what scores count in their gradients — Csiszár 1967, Xu et al. 2025
export { kSubsetBinaryEntropy } from "./k-subset-binary-entropy.js"; // k-subsets relaxed by a threshold — Amos et al. 2019
export { kSubsetEntropy } from "./k-subset-entropy.js"; // k times a softmax, held at 1 — Paulus et al. 2020
export { kSubsetLogPartition, kSubsetMarginals } from "./k-subset-marginals.js"; // chances of the conditional Poisson law — Chen and Liu 1997
export { type KSubsetSstOptions, kSubsetSst } from "./k-subset-sst.js"; // relaxed k-subsets — Paulus et al. 2020
export { kruskalMax } from "./kruskal-max.js"; // the best spanning tree — Kruskal 1956
export { matchingLogPartition, matchingMarginals } from "./matching-marginals.js"; // pair chances of random permutations
export { type MatchingSstOptions, matchingSst } from "./matching-sst.js"; // relaxed permutations — Mena et al. 2018
export { maxArborescence } from "./max-arborescence.js"; // the best arborescence — Chu and Liu 1965, Edmonds 1967
export {
  type NormalizedWeights,
  type NormalizeFWeightsOptions,
  normalizeFWeights,
} from "./normalize-f-weights.js"; // weights of mean 1 that a constant factor does not move — Xu et al. 2025
export {
  initRatioHistogram,
  type RatioHistogram,
  type RatioHistogramOptions,
  relativeRatios,
  updateRatioHistogram,
} from "./ratio-histogram.js"; // mean density ratios by time — Xu et al. 2025
export { type ScoreFunctionGradOptions, scoreFunctionGrad } from "./score-function.js"; // unbiased and noisy — Williams 1992
export { projectSimplex } from "./simplex-projection.js"; // sparsemax — Martins and Astudillo 2016
export { type SinkhornRelaxationOptions, sinkhornRelaxation } from "./sinkhorn-relaxation.js"; // a doubly stochastic matrix — Sinkhorn 1964, Mena et al. 2018
export { type SpanningTreeBinaryEntropyOptions, spanningTreeBinaryEntropy } from "./spanning-tree-binary-entropy.js"; // another relaxation of small trees, as a reference — Paulus et al. 2020
export {
  type SpanningTreeMarginalsOptions,
  spanningTreeLogPartition,
  spanningTreeMarginals,
} from "./spanning-tree-marginals.js"; // edge chances of random spanning trees — Kirchhoff 1847, Paulus et al. 2020
export { spanningTreeSst } from "./spanning-tree-sst.js"; // relaxed spanning trees — Paulus et al. 2020
export {
  type HardSample,
  type RelaxedSample,
  type StochasticSoftmax,
  type StochasticSoftmaxParts,
  sampleHard,
  sampleRelaxed,
  stochasticSoftmax,
} from "./stochastic-softmax.js"; // random objects with reparameterized gradients — Paulus et al. 2020
export { straightThrough } from "./straight-through.js"; // hard forward, relaxed backward — Bengio et al. 2013
export { gumbelKl, logisticKl, utilityKl } from "./utility-kl.js"; // the prior term of an ELBO — Paulus et al. 2020
export { gumbelNoise, logisticNoise, type UtilityNoise } from "./utility-noise.js"; // what makes utilities random — Gumbel 1954
