import { stopGradient, type Tensor } from "../../autodiff/index.js";

/**
 * The hard object with the gradient of the relaxed one: `hard + (relaxed − stopGradient(relaxed))`.
 *
 * Reach for it when what follows accepts only 0 and 1, or behaves differently in between. The gradient is biased even for
 * the relaxed objective.
 *
 * @param sample - `hard` and `relaxed` of one shape, as `sampleRelaxed` returns them
 * @returns the value of `hard` exactly
 * @source Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013,
 * arXiv:1308.3432; Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017,
 * arXiv:1611.01144, §2.2
 */
export function straightThrough({ hard, relaxed }: { readonly hard: Tensor; readonly relaxed: Tensor }): Tensor {
  return stopGradient(hard).add(relaxed.sub(stopGradient(relaxed)));
}
