export {
  adversarialNegativeSamplingLoss,
  removeSamplingBias,
} from "../../src/methods/sampling/adversarial-negative-sampling.js";
export { AdversarialTree } from "../../src/methods/sampling/adversarial-tree.js";
export { fitAdversarialTree } from "../../src/methods/sampling/fit-adversarial-tree.js";
export { principalComponents } from "../../src/methods/sampling/principal-components.js";
