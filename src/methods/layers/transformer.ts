import { checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { type Float, gather, type Key, normal, slice, type Tensor } from "../../autodiff/index.js";
import { initLayerNorm, type LayerNormParameters, layerNorm } from "./layer-norm.js";
import { initLinear, type LinearParameters, linear } from "./linear.js";
import {
  initTransformerBlock,
  type TransformerBlockOptions,
  type TransformerBlockParameters,
  transformerBlock,
} from "./transformer-block.js";

export type TransformerParameters = {
  /** `[tokens, width]` */
  readonly tokens: Tensor;
  /** `[positions, width]` */
  readonly positions: Tensor;
  readonly blocks: readonly TransformerBlockParameters[];
  readonly norm: LayerNormParameters;
  readonly output: LinearParameters;
};

export interface TransformerSizes {
  /** How many tokens there are, a whole number ≥ 1. */
  readonly tokens: number;
  /** How long a sequence may be, a whole number ≥ 1. */
  readonly positions: number;
  /** A whole number ≥ 1. */
  readonly width: number;
  /** Blocks, a whole number ≥ 0. */
  readonly layers: number;
  /** Width inside each block's perceptron, a whole number ≥ 1. Default `4 · width`. */
  readonly hidden?: number;
  /** Logits at each position, a whole number ≥ 1. Default `tokens`. */
  readonly outputs?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of a small transformer: learned embeddings of tokens and positions, a stack of blocks, an output layer.
 *
 * @param key - a key of its own
 * @throws RangeError if a size is not a whole number in its range
 * @source Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, §2.3
 */
export function initTransformer(
  key: Key,
  { tokens, positions, width, layers, hidden = 4 * width, outputs = tokens, dtype = "f32" }: TransformerSizes,
): TransformerParameters {
  checkCount("initTransformer", { tokens, positions, width, hidden, outputs }, 1);
  checkCount("initTransformer", { layers }, 0);
  const embedding = (name: string, rows: number) =>
    normal(key.at(name), [rows, width], { dtype }).mul(1 / Math.sqrt(width));
  const branchGain = 1 / Math.sqrt(2 * Math.max(1, layers));
  return {
    tokens: embedding("tokens", tokens),
    positions: embedding("positions", positions),
    blocks: Array.from({ length: layers }, (_, i) =>
      initTransformerBlock(key.at("blocks", i), width, { hidden, branchGain, dtype }),
    ),
    norm: initLayerNorm(width, { backend: key.backend, dtype }),
    output: initLinear(key.at("output"), width, outputs, { dtype }),
  };
}

/**
 * A small transformer: logits at each position of sequences of tokens.
 *
 *     h = tokens[ids] + positions      h ← block_l(h) for each l      logits = linear(layerNorm(h))
 *
 * Reach for it as a language model (`causal: true`), or as an encoder that sees the whole sequence; `heads` is an option,
 * as parameters are the same for any number of them.
 *
 * @param ids - `[..., n]`, each in [0, tokens), n at most as many as there are positions; on a device they are not checked
 * @param options - `mask` stretches to `[..., n, n]`
 * @returns `[..., n, outputs]` logits
 * @throws ShapeError if the sequences are longer than there are positions, or parameters and `mask` do not fit
 * @throws DTypeError if `ids` is not i32, or `mask` is not bool
 * @throws RangeError if an id on the host is no token
 * @throws RangeError if `heads` is not a whole number ≥ 1 that divides the width, or `epsilon` is not > 0
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, §3; Radford et al., "Language Models
 * are Unsupervised Multitask Learners", 2019, §2.3 (normalization first, and once more at the end)
 *
 * @example
 * import { randomKey, tensor } from "cotangent";
 * import { initTransformer, transformer } from "cotangent/methods/layers";
 *
 * const parameters = initTransformer(randomKey(0), { tokens: 5, positions: 4, width: 8, layers: 2 });
 * const ids = tensor([[0, 3, 1]], { dtype: "i32" });
 * console.log(transformer(parameters, ids, { heads: 2, causal: true }).shape); // [1, 3, 5]
 */
export function transformer(
  parameters: TransformerParameters,
  ids: Tensor<"i32">,
  options: TransformerBlockOptions = {},
): Tensor {
  checkIds(parameters, ids);
  const n = ids.shape[ids.shape.length - 1];
  let hidden = gather(parameters.tokens, ids).add(slice(parameters.positions, [0], [n]));
  for (const block of parameters.blocks) hidden = transformerBlock(block, hidden, options);
  const { epsilon = 1e-5 } = options;
  return linear(parameters.output, layerNorm(parameters.norm, hidden, { epsilon }));
}

function checkIds({ tokens, positions }: TransformerParameters, ids: Tensor<"i32">): void {
  checkDType("transformer", { ids }, "i32");
  const n = ids.shape[ids.shape.length - 1];
  if (!(n <= positions.shape[0])) {
    throw new ShapeError(
      `transformer: ids has shape ${showShape(ids.shape)} but must have a last axis of at most ${positions.shape[0]}, one for each position`,
    );
  }
  const count = tokens.shape[0];
  hostValues(ids)?.forEach((id, i) => {
    if (id >= 0 && id < count) return;
    throw new RangeError(`transformer: ids holds ${id} at ${i} but must be in [0, ${count})`);
  });
}
