export * from "./testing/arbitraries.js";
export * from "./testing/backends.js";
export { type BettingOptions, BettingTest } from "./testing/betting.js";
export {
  type BettingConfidenceOptions,
  bettingConfidenceSequence,
  type ConfidenceSequence,
} from "./testing/betting-confidence-sequence.js";
export { type BiasRate, type BiasRateOptions, checkBiasRate } from "./testing/bias-rate.js";
export { CatoniTest } from "./testing/catoni.js";
export { checkSampler, type SamplerReport, type SamplerSample } from "./testing/check-sampler.js";
export { type ChoiceSource, randomChoiceSource } from "./testing/choice-source.js";
export * from "./testing/close.js";
export { empiricalBernsteinSequence } from "./testing/empirical-bernstein.js";
export { type EnumerationOptions, enumerateOutcomes, type Outcome } from "./testing/enumerate-outcomes.js";
export {
  checkUnbiasedByEnumeration,
  type EnumerationProof,
  type Expectation,
  exactExpectation,
  type HostValue,
} from "./testing/exact-expectation.js";
export * from "./testing/expectation.js";
export { type ChiSquare, chiSquareP, logMultinomialEValue, multinomialEValue } from "./testing/goodness-of-fit.js";
export * from "./testing/gradient.js";
export * from "./testing/law.js";
export { type NormalMixtureOptions, normalMixtureBoundary } from "./testing/normal-mixture.js";
export {
  type Bounds,
  checkUnbiasedSequential,
  type Draw,
  judgeUnbiasedSequential,
  type SequentialOptions,
  type SequentialResult,
} from "./testing/sequential.js";
export { sfc32 } from "./testing/sfc32.js";
export * from "./testing/subjects/index.js";
export * from "./testing/unbiased.js";
