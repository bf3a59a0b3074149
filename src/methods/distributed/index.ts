export { type AssignmentMatrix, type AssignmentOptions, assignmentMatrix } from "./assignment-matrix.js"; // points on several workers each — Tandon et al. 2017, Gandikota et al. 2020
export { type ClusteringCostOptions, clusteringCost, type DistancePower } from "./clustering-cost.js"; // the k-median and k-means cost
export {
  type DensityEvolution,
  type DensityEvolutionOptions,
  densityEvolution,
  erasureThreshold,
} from "./density-evolution.js"; // what peeling leaves of long codes — Richardson and Urbanke 2001
export { type EncodeMomentsOptions, encodeMoments, type MomentEncoding, momentProducts } from "./encode-moments.js"; // least squares spread over workers that fail — Maity et al. 2019
export { type Decoded, type ErasureCode, encodeRows } from "./erasure-code.js"; // what every code can do
export { type ExhaustiveClusteringOptions, exhaustiveClustering } from "./exhaustive-clustering.js"; // the best clustering of a few points
export {
  type EncodeByFrameOptions,
  encodeByFrame,
  type FrameShare,
  frameEncodedGradient,
  partialGradient,
} from "./frame-encoded-gradient.js"; // examples mixed by a tight frame — Karakus et al. 2017
export { type GeometricMedianOptions, geometricMedian } from "./geometric-median.js"; // least total distance — Weiszfeld 1937, Vardi and Zhang 2000
export { LdpcCode, type LdpcCodeOptions } from "./ldpc-code.js"; // a sparse code, cheap to decode — Gallager 1962, Maity et al. 2019
export { type MdsCodeOptions, mdsCode } from "./mds-code.js"; // any K of N answers suffice — Lee et al. 2018
export {
  type MomentEncodedGradient,
  type MomentEncodedGradientOptions,
  momentEncodedGradient,
} from "./moment-encoded-gradient.js"; // the gradient from the answers that came — Maity et al. 2019
export {
  type MomentEncodedGradientDescentOptions,
  type MomentEncodedStep,
  momentEncodedGradientDescent,
} from "./moment-encoded-gradient-descent.js"; // descent that does not wait for stragglers — Maity et al. 2019
export type { ParityCheck } from "./parity-check.js"; // sparse equations of a code
export { type PeelingDecodeOptions, type PeelingResult, peelingDecode } from "./peeling-decode.js"; // erased values, one check at a time — Luby et al. 2001
export { type RecoveryProbabilitiesOptions, recoveryProbabilities } from "./recovery-probabilities.js"; // how likely a code recovers each row — Maity et al. 2019
export { type RecoveryVector, type RecoveryVectorOptions, recoveryVector } from "./recovery-vector.js"; // weights on the workers that answered — Gandikota et al. 2020
export { type RegularParityCheckOptions, regularParityCheck } from "./regular-parity-check.js"; // a random sparse code — Gallager 1962
export { type ReplicationCodeOptions, replicationCode } from "./replication-code.js"; // every row on several workers, or on one
export { type Resilience, resilience } from "./resilience.js"; // what any t stragglers cost — Gandikota et al. 2020
export { type StragglerModel, type StragglerRound, simulateStragglers } from "./simulate-stragglers.js"; // who answers, and when — Lee et al. 2018
export { type SimulatedWorkers, type SimulatedWorkersOptions, simulatedWorkers } from "./simulated-workers.js"; // workers of this process, in virtual time
export {
  type ClusterSolver,
  type ClusterSummary,
  type ClusterTask,
  clusterSummary,
  type StraggleResilientClustering,
  type StraggleResilientKMedianOptions,
  straggleResilientKMedian,
} from "./straggle-resilient-k-median.js"; // clustering over workers that fail — Gandikota et al. 2020
export {
  type SketchTask,
  type StraggleResilientSubspace,
  type StraggleResilientSubspaceOptions,
  sketchRows,
  straggleResilientSubspace,
} from "./straggle-resilient-subspace.js"; // principal components over workers that fail — Gandikota et al. 2020
export { subspaceResidual } from "./subspace-residual.js"; // how far points are from a subspace
export { type SystematicCode, systematicGenerator } from "./systematic-generator.js"; // a code's generator from its checks
export { VirtualClock } from "./virtual-clock.js"; // time that passes when told
export { type Clustering, type WeightedClusteringOptions, weightedClustering } from "./weighted-clustering.js"; // k-median and k-means of weighted points — Arthur and Vassilvitskii 2007
export type { Crew, Round, WorkerProgram, Workers } from "./workers.js"; // workers as a coordinator sees them
