export { type AdagradOptions, adagrad } from "./adagrad.js"; // rates that fall with the gradients seen — Duchi et al. 2011
export { type AdamOptions, type AdamwOptions, adam, adamw } from "./adam.js"; // means of gradients and squares — Kingma and Ba 2015
export { chain } from "./chain.js"; // one rule after the other
export { clipByGlobalNorm, globalNorm } from "./clip.js"; // gradients no longer than a bound — Pascanu et al. 2013
export type { ElementwiseState } from "./elementwise-rule.js";
export { type LbfgsOptions, type LbfgsResult, lbfgs } from "./lbfgs.js"; // full-batch quasi-Newton with a Wolfe line search — Liu and Nocedal 1989
export { type OptimizeOptions, optimize, Training } from "./optimize.js"; // the training loop
export { applyUpdates, type Optimizer, type OptimizerStep } from "./optimizer.js"; // what every optimizer can do
export { type RmspropOptions, rmsprop } from "./rmsprop.js"; // gradients over the root of their mean square — Tieleman and Hinton 2012
export { cosineSchedule, exponentialSchedule, linearSchedule, type Schedule, warmup } from "./schedules.js"; // rates over time
export { type SgdOptions, sgd } from "./sgd.js"; // gradient descent with momentum — Sutskever et al. 2013
export {
  type LinearConstraint,
  type LinearProgram,
  type LinearProgramSolution,
  solveLp,
} from "./solve-lp.js"; // a linear program's optimum with its certificate — Dantzig 1963
export { decayWeights, type StepCount, type WeightDecayOptions } from "./weight-decay.js"; // decoupled decay — Loshchilov and Hutter 2019
