export type { Tolerance } from "./computation.js";
export { declareLaws } from "./declare-laws.js";
export type { Bias } from "./estimator-laws.js";
export { type EstimatorDeclaration, estimatorSubject } from "./estimator-subject.js";
export {
  type Axis,
  binaryLabels,
  classIds,
  distinctScores,
  distributions,
  embeddings,
  flags,
  type HostValuesOf,
  type Input,
  type Inputs,
  type Place,
  plainNumber,
  positives,
  type RealOptions,
  scores,
  signs,
  type ValuesOf,
} from "./inputs.js";
export type { Invariance, RealName } from "./invariance.js";
export { type Bound, type ClosedForm, type LossDeclaration, lossSubject, type Reduction } from "./loss-subject.js";
export type { Refusal } from "./refusals.js";
export type { Size } from "./sample.js";
export type { SamplerUnderTest } from "./sampler-laws.js";
export { type SamplerDeclaration, samplerSubject } from "./sampler-subject.js";
export { isSubject, type Subject, type SubjectLaw } from "./subject.js";
