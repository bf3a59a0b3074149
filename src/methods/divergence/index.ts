export { type ConditionalCsDivergenceOptions, conditionalCsDivergence } from "./conditional-cs-divergence.js"; // between two conditional laws, from samples — Yu et al. 2024
export { type CsDivergenceOptions, csDivergence } from "./cs-divergence.js"; // between two samples, −log of a squared cosine — Yu et al. 2024
export { csDivergenceGaussian, type Gaussian } from "./cs-divergence-gaussian.js"; // between two normal distributions — Kampa et al. 2011
export {
  type CsInformationBottleneckLossOptions,
  csInformationBottleneckLoss,
} from "./cs-information-bottleneck.js"; // regression from a code that keeps little of the input — Yu et al. 2024
export {
  type CsMutualInformationOptions,
  csMutualInformation,
  type NormalizedCsMutualInformationOptions,
  normalizedCsMutualInformation,
} from "./cs-mutual-information.js"; // how much a code keeps of an input — Yu et al. 2024
export type { Bandwidth } from "./gaussian-gram.js";
export { type MedianBandwidthOptions, medianBandwidth } from "./median-bandwidth.js"; // a kernel's width from the sample — Gretton et al. 2012
