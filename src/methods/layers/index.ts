export { type AttentionOptions, attention, attentionWeights } from "./attention.js"; // means of values by how well keys fit queries — Vaswani et al. 2017
export { type Activation, gelu } from "./gelu.js"; // a smooth ReLU — Hendrycks and Gimpel 2016
export { initLayerNorm, type LayerNormOptions, type LayerNormParameters, layerNorm } from "./layer-norm.js"; // rows less their mean, over their deviation — Ba et al. 2016
export { type InitLinearOptions, initLinear, type LinearParameters, linear } from "./linear.js"; // a matrix and a bias, started so that sizes stay — Rosenblatt 1958, He et al. 2015
export { type InitMlpOptions, initMlp, type MlpOptions, mlp } from "./mlp.js"; // linear layers with activations between — Rumelhart et al. 1986
export {
  type InitMultiHeadAttentionOptions,
  initMultiHeadAttention,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionParameters,
  multiHeadAttention,
} from "./multi-head-attention.js"; // several attentions side by side — Vaswani et al. 2017
export { initTransformer, type TransformerParameters, type TransformerSizes, transformer } from "./transformer.js"; // logits at each position of a sequence — Vaswani et al. 2017, Radford et al. 2019
export {
  type InitTransformerBlockOptions,
  initTransformerBlock,
  type TransformerBlockOptions,
  type TransformerBlockParameters,
  transformerBlock,
} from "./transformer-block.js"; // attention and a perceptron, normalized first — Vaswani et al. 2017, Xiong et al. 2020
