export { type AdagradOptions, adagrad } from "./adagrad.js"; // rates that fall with the gradients seen — Duchi et al. 2011
export { type AdamOptions, type AdamwOptions, adam, adamw } from "./adam.js"; // means of gradients and squares — Kingma and Ba 2015
export { chain } from "./chain.js"; // one rule after the other
export { clipByGlobalNorm, globalNorm } from "./clip.js"; // gradients no longer than a bound — Pascanu et al. 2013
export {
  type ConvexPotential,
  deadZonePotential,
  entropySoftPotential,
  groupL2Potential,
  halfSquarePotential,
  huberPotential,
  l1Potential,
  l2Potential,
  lpPotential,
} from "./convex-potentials.js"; // functions whose gradients are directions, and their conjugates — Chen et al. 2024
export type { ElementwiseState } from "./elementwise-rule.js";
export { type LbfgsOptions, type LbfgsResult, lbfgs } from "./lbfgs.js"; // full-batch quasi-Newton with a Wolfe line search — Liu and Nocedal 1989
export { type LionKOptions, type LionOptions, lion, lionK } from "./lion-k.js"; // signs, or other directions, of a momentum, under a constraint — Chen et al. 2024
export { type LionLyapunov, type LionLyapunovOptions, lionLyapunov } from "./lion-lyapunov.js"; // what Lion decreases — Chen et al. 2024
export { type LogisticGdOptions, logisticGd, normalizedLogisticGd } from "./normalized-logistic-gd.js"; // a separating hyperplane, whatever the number of examples — Tyurin 2025
export { type OptimizeOptions, optimize, Training } from "./optimize.js"; // the training loop
export { applyUpdates, type Optimizer, type OptimizerStep } from "./optimizer.js"; // what every optimizer can do
export { batchPerceptron, normalizedBatchPerceptron, type PerceptronOptions, perceptron } from "./perceptron.js"; // a separating hyperplane from mistakes alone — Rosenblatt 1958, Tyurin 2025
export { type RmspropOptions, rmsprop } from "./rmsprop.js"; // gradients over the root of their mean square — Tieleman and Hinton 2012
export { cosineSchedule, exponentialSchedule, linearSchedule, type Schedule, warmup } from "./schedules.js"; // rates over time
export type { Separation } from "./separate-examples.js";
export { type SeparationBound, type SeparationProblem, separationBound } from "./separation-bound.js"; // after how many steps — Tyurin 2025
export { type SgdOptions, sgd } from "./sgd.js"; // gradient descent with momentum — Sutskever et al. 2013
export {
  type LinearConstraint,
  type LinearProgram,
  type LinearProgramSolution,
  solveLp,
} from "./solve-lp.js"; // a linear program's optimum with its certificate — Dantzig 1963
export { decayWeights, type StepCount, type WeightDecayOptions } from "./weight-decay.js"; // decoupled decay — Loshchilov and Hutter 2019
