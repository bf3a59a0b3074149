import type { Tensor } from "cotangent";
export { AdversarialTree } from "../../src/methods/sampling/adversarial-tree.js";
export { fitAdversarialTree } from "../../src/methods/sampling/fit-adversarial-tree.js";
export { adversarialNegativeSamplingLoss, removeSamplingBias } from "../../src/methods/sampling/adversarial-negative-sampling.js";
export async function principalComponents(_x: Tensor, _k: number): Promise<{ features: Tensor; components: Tensor; mean: Tensor }> {
  throw new Error("principalComponents is not there yet");
}
