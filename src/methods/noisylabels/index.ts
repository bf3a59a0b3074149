export { elrGradient } from "./elr-gradient.js"; // its gradient in closed form — Liu et al. 2020
export { type ElrLossOptions, elrLoss, elrRegularizer } from "./elr-loss.js"; // keeps what was learnt before wrong labels are — Liu et al. 2020
export { elrPlusRamp, elrPlusTargets } from "./elr-plus.js"; // targets of mixed examples, and when they count — Liu et al. 2020
export { type ElrTargetsOptions, updateElrTargets } from "./elr-targets.js"; // a mean of an example's past predictions — Liu et al. 2020
