export {
  type ConstrainedFineTuneOptions,
  type ConstrainedFineTuneResult,
  constrainedFineTune,
} from "./constrained-fine-tune.js"; // changes what a model knows, near where it was — Zhu et al. 2020
export { constrainedStep, type ParameterBall, type StepState } from "./constrained-step.js"; // an optimizer's step, then back into a ball — Zhu et al. 2020
export { type EditMetrics, type EditMetricsOptions, editMetrics } from "./edit-metrics.js"; // what an edit taught and what it made forget — Zhu et al. 2020
export type { EditedFacts } from "./facts.js"; // what a model is to know, and which part is new
export {
  type FactLosses,
  type LocalityObjective,
  type LocalityOptions,
  localityConstrainedObjective,
} from "./locality-constrained-objective.js"; // learn the new while the losses of the old do not rise — Zhu et al. 2020
export { type FactBatch, type MixedFactBatchesOptions, mixedFactBatches } from "./mixed-fact-batches.js"; // modified facts with as many others — Zhu et al. 2020
export { type ParameterMask, parameterMask } from "./parameter-mask.js"; // which parameters may change, by their places — Zhu et al. 2020
export { projectInfBall } from "./project-inf-ball.js"; // no element further than a radius — Zhu et al. 2020
export { type ProjectL2BallOptions, projectL2Ball } from "./project-l2-ball.js"; // no further than a Euclidean radius — Zhu et al. 2020
