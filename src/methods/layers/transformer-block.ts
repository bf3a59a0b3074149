import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import type { Float, Key, Tensor } from "../../autodiff/index.js";
import { type Activation, gelu } from "./gelu.js";
import { initLayerNorm, type LayerNormOptions, type LayerNormParameters, layerNorm } from "./layer-norm.js";
import type { LinearParameters } from "./linear.js";
import { initMlp, mlp } from "./mlp.js";
import {
  initMultiHeadAttention,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionParameters,
  multiHeadAttention,
} from "./multi-head-attention.js";

export type TransformerBlockParameters = {
  readonly attentionNorm: LayerNormParameters;
  readonly attention: MultiHeadAttentionParameters;
  readonly mlpNorm: LayerNormParameters;
  readonly mlp: readonly LinearParameters[];
};

export interface InitTransformerBlockOptions {
  /** Width of the layer inside the perceptron, a whole number ≥ 1. Default `4 · width`. */
  readonly hidden?: number;
  /** The gain of what both branches end with, see `initLinear`. Default 1; `1/√(2·layers)` keeps a stack's sum in bounds. */
  readonly branchGain?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of a transformer block.
 *
 * @param width - of inputs and outputs, a whole number ≥ 1
 * @throws RangeError if a width is not a whole number ≥ 1, or `branchGain` is negative or not finite
 * @source Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, §2.3 (the branches' gain)
 */
export function initTransformerBlock(
  key: Key,
  width: number,
  { hidden = 4 * width, branchGain = 1, dtype = "f32" }: InitTransformerBlockOptions = {},
): TransformerBlockParameters {
  checkCount("initTransformerBlock", { width, hidden }, 1);
  checkAtLeast("initTransformerBlock", { branchGain }, 0);
  const place = { backend: key.backend, dtype };
  return {
    attentionNorm: initLayerNorm(width, place),
    attention: initMultiHeadAttention(key.at("attention"), width, { outputGain: branchGain, dtype }),
    mlpNorm: initLayerNorm(width, place),
    mlp: initMlp(key.at("mlp"), [width, hidden, width], { lastGain: branchGain, dtype }),
  };
}

export interface TransformerBlockOptions extends Omit<MultiHeadAttentionOptions, "context">, LayerNormOptions {
  /** What the perceptron has between its layers. Default `gelu`; `relu` is the original. */
  readonly activation?: Activation;
}

/**
 * A transformer block with normalization first: attention, then a perceptron on each element, both added to their input.
 *
 *     a = x + multiHeadAttention(layerNorm(x))      y = a + mlp(layerNorm(a))
 *
 * Reach for it to build a model of sequences or sets. What is added is normalized before rather than after, so that
 * gradients pass a deep stack unchanged and no warm-up is needed.
 *
 * @param x - `[..., n, width]`
 * @returns `[..., n, width]`
 * @throws ShapeError if parameters, `x` and `mask` do not fit
 * @throws DTypeError if they differ in dtype, or `mask` is not bool
 * @throws RangeError if `heads` is not a whole number ≥ 1 that divides the width, or `epsilon` is not > 0
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, §3.1; Xiong et al., "On Layer
 * Normalization in the Transformer Architecture", ICML 2020, arXiv:2002.04745, table 1, right (the order)
 */
export function transformerBlock(
  parameters: TransformerBlockParameters,
  x: Tensor,
  { activation = gelu, epsilon = 1e-5, ...options }: TransformerBlockOptions = {},
): Tensor {
  const normed = layerNorm(parameters.attentionNorm, x, { epsilon });
  const attended = x.add(multiHeadAttention(parameters.attention, normed, options));
  return attended.add(mlp(parameters.mlp, layerNorm(parameters.mlpNorm, attended, { epsilon }), { activation }));
}
