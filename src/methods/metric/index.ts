export {
  type AdversarialLargeMarginOptions,
  adversarialLargeMarginTrain,
  type LargeMarginClassifier,
} from "./adversarial-large-margin-train.js"; // a hyperbolic classifier of a given margin — Weber et al. 2020
export { type EmbeddingDistortion, embeddingDistortion } from "./embedding-distortion.js"; // by how much an embedding changes distances — Linial et al. 1995
export { hyperbolicAdversary } from "./hyperbolic-adversary.js"; // the worst example within a hyperbolic radius — Weber et al. 2020
export type { HyperbolicData } from "./hyperbolic-data.js"; // labelled points of the hyperboloid
export { type HyperbolicLossOptions, hyperbolicHingeLoss, hyperbolicLogisticLoss } from "./hyperbolic-loss.js"; // losses of a hyperbolic linear classifier — Cho et al. 2019, Weber et al. 2020
export { hyperbolicMargin, signedGeodesicDistance } from "./hyperbolic-margin.js"; // distances to a geodesic hyperplane — Cho et al. 2019
export {
  type HyperbolicPerceptron,
  type HyperbolicPerceptronOptions,
  hyperbolicPerceptron,
} from "./hyperbolic-perceptron.js"; // a geodesic hyperplane between two classes — Weber et al. 2020, Chien et al. 2021
export { hyperbolicScores } from "./hyperbolic-scores.js"; // how far on which side of a hyperplane — Cho et al. 2019
export { type HyperbolicSvmObjectiveOptions, hyperbolicSvmObjective } from "./hyperbolic-svm-objective.js"; // soft margins in hyperbolic space — Cho et al. 2019
export { lorentzDistance, lorentzInner } from "./lorentz.js"; // the hyperboloid's product and distance — Ratcliffe 2006
export { updateMemoryBank } from "./memory-bank.js"; // state kept for each example — Wu et al. 2018
export { cosineSimilarities, manhattanDistances, squaredDistances } from "./pairwise-distances.js"; // between the rows of two matrices
export { lorentzToPoincare, poincareDistance, poincareToLorentz } from "./poincare.js"; // the ball, to and from the hyperboloid — Nickel and Kiela 2017
export { robustLogisticLoss } from "./robust-logistic-loss.js"; // the certificate of a margin — Weber et al. 2020
export { treeDistances } from "./tree-distances.js"; // edges between the nodes of a tree — Weber et al. 2020
export { treeToPoincare } from "./tree-to-poincare.js"; // trees in the disk with next to no distortion — Sarkar 2011
