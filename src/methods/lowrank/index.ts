export type { DenseMatrix } from "./dense-matrix.js"; // a matrix on the host
export { generalizedLassoRecovery } from "./generalized-lasso-recovery.js"; // what went into a ReLU layer, and which outputs are wrong — Mazumdar and Rawat 2018
export { huberRecovery } from "./huber-recovery.js"; // the same by a loss that is linear in gross errors — Huber 1964, Mazumdar and Rawat 2018
export { type ReluFactors, reluFactorizationLoss } from "./relu-factorization-loss.js"; // low-rank matrices seen through a ReLU, by gradients — Mazumdar and Rawat 2018
export { type ReluFactorization, type ReluFactorizeOptions, reluFactorize } from "./relu-factorize.js"; // principal components of data cut off at 0 — Mazumdar and Rawat 2018
export { type ReluRowLogDensityOptions, reluRowLogDensity } from "./relu-row-log-density.js"; // a row of a ReLU model with a random bias, values and all — Mazumdar and Rawat 2018
export { checkLogCdf, type LogCdf, reluRowLogLikelihood } from "./relu-row-log-likelihood.js"; // where such a row is positive — Mazumdar and Rawat 2018
export type { ReluMeasurements, RobustRecovery, RobustRecoveryOptions } from "./robust-recovery.js"; // a problem of recovery and its solution
export {
  type ReluMeasurementsSample,
  type ReluModelSample,
  type SampleReluMeasurementsOptions,
  type SampleReluModelOptions,
  sampleReluMeasurements,
  sampleReluModel,
} from "./sample-relu-model.js"; // models to try it on — Mazumdar and Rawat 2018
export { subspaceError } from "./subspace-error.js"; // how far two spans are apart — Björck and Golub 1973
