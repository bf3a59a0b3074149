export { alignGradients } from "./align-gradients.js"; // what works against another loss taken out — Yang et al. 2024, Yu et al. 2020
export { aurc, eAurc } from "./aurc.js"; // whether confidence tells errors apart — Geifman et al. 2019
export { type BalancedDivergenceLossOptions, balancedDivergenceLoss } from "./balanced-divergence-loss.js"; // a student that learns beside its teacher, both divergences weighed — Amara et al. 2022
export {
  type BalancedDivergenceWeightsOptions,
  balancedDivergenceWeights,
  type DivergenceWeights,
} from "./balanced-divergence-weights.js"; // cover or seek, by who is surer — Amara et al. 2022
export {
  type BatchTransportCostOptions,
  batchTransportCost,
  type SinkhornPlanOptions,
  sinkhornPlan,
} from "./batch-transport-cost.js"; // one batch of predictions carried to another — Cui et al. 2024, Cuturi 2013
export { binaryKlLogitLoss } from "./binary-kl-logit-loss.js"; // logits compared as coins — Yang et al. 2024
export { type BinaryKlNormLossOptions, binaryKlNormLoss } from "./binary-kl-norm-loss.js"; // logits compared by log cosh — Yang et al. 2024
export {
  type DualHeadLogits,
  type DualHeadOptions,
  type DualHeadParameters,
  dualHead,
  type HiddenHead,
  type InitDualHeadOptions,
  initDualHead,
} from "./dual-head.js"; // a second head for training only — Yang et al. 2024
export {
  type DualHeadDistillObjective,
  type DualHeadDistillObjectiveOptions,
  dualHeadDistillObjective,
} from "./dual-head-distill-objective.js"; // labels on one head, logits on the other — Yang et al. 2024
export { type ExpectedCalibrationErrorOptions, expectedCalibrationError } from "./expected-calibration-error.js"; // how far confidence is from accuracy — Guo et al. 2017
export { type FeaturesAndLogits, type KdPlusPlusLossOptions, kdPlusPlusLoss } from "./kd-plus-plus-loss.js"; // labels, logits, and norm and direction of features — Wang et al. 2023
export { forwardKlDistillLoss, type KlDistillLossOptions, reverseKlDistillLoss } from "./kl-distill-loss.js"; // softened predictions compared — Hinton et al. 2015
export { listMleLoss } from "./list-mle-loss.js"; // the likelihood of an order of relevance — Xia et al. 2008
export { type MutualDistillLossOptions, mutualDistillLoss } from "./mutual-distill-loss.js"; // peers that learn from each other — Zhang et al. 2018
export { type NormDirectionLossOptions, normDirectionLoss } from "./norm-direction-loss.js"; // features long enough and along their class's mean — Wang et al. 2023
export {
  type OnlineDistillStep,
  type OnlineNetwork,
  type OnlineUpdate,
  onlineDistillStep,
} from "./online-distill-step.js"; // student and teacher in one step — Amara et al. 2022
export { type PlackettLuceDistillLossOptions, plackettLuceDistillLoss } from "./plackett-luce-distill-loss.js"; // the teacher's order, choice by choice — Bassam et al. 2025
export { type PlackettLuceNllOptions, plackettLuceNll } from "./plackett-luce-nll.js"; // the likelihood of rankings — Plackett 1975, Luce 1959
export { type PskdLossOptions, pskdLoss } from "./pskd-loss.js"; // targets softened by one's own past — Kim et al. 2021
export { initPskdMemory, readPskdMemory, writePskdMemory } from "./pskd-memory.js"; // the last prediction of each example — Kim et al. 2021
export { type PskdSchedule, pskdTargets } from "./pskd-targets.js"; // past predictions mixed in, ever more — Kim et al. 2021
export { type SinkhornKdLossOptions, sinkhornKdLoss } from "./sinkhorn-kd-loss.js"; // two batches of predictions compared as a whole — Cui et al. 2024
export { type SinkhornKdObjectiveOptions, sinkhornKdObjective } from "./sinkhorn-kd-objective.js"; // labels, predictions and batches — Cui et al. 2024
export { suffixLogSumExp } from "./suffix-log-sum-exp.js"; // running logsumexp from the end — Hillis and Steele 1986
export { teacherClassMeans } from "./teacher-class-means.js"; // the mean feature of each class — Wang et al. 2023
export { teacherOptimalRanking } from "./teacher-optimal-ranking.js"; // the label, then the teacher's order — Bassam et al. 2025
