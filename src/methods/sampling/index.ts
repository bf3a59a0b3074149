export type { Contrast, NoiseLogProbability } from "./contrast.js"; // scores of positives and of their noise samples
export { type ExpectedNceObjectiveOptions, expectedNceObjective } from "./expected-nce.js"; // what NCE and negative sampling minimize in expectation — Gutmann and Hyvärinen 2010
export { type NceLossOptions, nceLoss } from "./nce.js"; // log-probabilities by telling data from noise — Gutmann and Hyvärinen 2012, Mnih and Teh 2012
export { type NegativeSamplingLossOptions, negativeSamplingLoss } from "./negative-sampling.js"; // embeddings by telling data from noise — Mikolov et al. 2013
export { inBatchInfoNce, infoNce, rankingNceLoss } from "./ranking-nce.js"; // picking the data sample out of noise samples — Ma and Collins 2018, van den Oord et al. 2018
export type { ConditionalSampler, Like, Sampler } from "./sampler.js"; // what every sampler can do
export {
  type SubsampleKeepProbabilityOptions,
  subsampleKeepProbability,
  type UnigramPowerOptions,
  unigramPower,
} from "./unigram.js"; // word frequencies for noise and for thinning — Mikolov et al. 2013
