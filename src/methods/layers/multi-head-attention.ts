import { checkAtLeast, checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { expandDims, type Float, type Key, type Tensor, transpose } from "../../autodiff/index.js";
import { type AttentionOptions, attention } from "./attention.js";
import { checkLinear, initLinear, type LinearParameters, linear } from "./linear.js";

export type MultiHeadAttentionParameters = {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly output: LinearParameters;
};

export interface InitMultiHeadAttentionOptions {
  /** Width of `context`, a whole number ≥ 1. Default `width`. */
  readonly contextWidth?: number;
  /** The gain of the output layer, see `initLinear`. Default 1. */
  readonly outputGain?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of multi-head attention: the heads' projections side by side, and the output's.
 *
 * @param width - of inputs and outputs, a whole number ≥ 1
 * @throws RangeError if a width is not a whole number ≥ 1, or `outputGain` is negative or not finite
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, §3.2.2
 */
export function initMultiHeadAttention(
  key: Key,
  width: number,
  { contextWidth = width, outputGain = 1, dtype = "f32" }: InitMultiHeadAttentionOptions = {},
): MultiHeadAttentionParameters {
  checkCount("initMultiHeadAttention", { width, contextWidth }, 1);
  checkAtLeast("initMultiHeadAttention", { outputGain }, 0);
  return {
    query: initLinear(key.at("query"), width, width, { dtype }),
    key: initLinear(key.at("key"), contextWidth, width, { dtype }),
    value: initLinear(key.at("value"), contextWidth, width, { dtype }),
    output: initLinear(key.at("output"), width, width, { gain: outputGain, dtype }),
  };
}

export interface MultiHeadAttentionOptions extends Omit<AttentionOptions, "scale"> {
  /** Heads, a whole number ≥ 1 that divides the width. Default 1. */
  readonly heads?: number;
  /** `[..., m, contextWidth]`: what is attended to. Default `x` itself. */
  readonly context?: Tensor;
}

/**
 * Multi-head attention: several attentions side by side, each in a subspace of its own.
 *
 *     multiHeadAttention(x) = concat(head_1, …, head_h) · W_output
 *     head_i = attention(x W_query,i, context W_key,i, context W_value,i)
 *
 * Head i has columns `i·width/h` to `(i + 1)·width/h` of each projection. Every projection has a bias, which the source
 * leaves out. Reach for it where elements should draw on others for several reasons at once.
 *
 * @param x - `[..., n, width]`
 * @param options - `mask` stretches to `[..., n, m]` and holds for all heads
 * @returns `[..., n, width]`
 * @throws ShapeError if parameters, `x`, `context` and `mask` do not fit
 * @throws DTypeError if they differ in dtype, or `mask` is not bool
 * @throws RangeError if `heads` is not a whole number ≥ 1 that divides the width
 * @source Vaswani et al., "Attention Is All You Need", NIPS 2017, arXiv:1706.03762, §3.2.2
 */
export function multiHeadAttention(
  parameters: MultiHeadAttentionParameters,
  x: Tensor,
  { heads = 1, context = x, mask, causal = false }: MultiHeadAttentionOptions = {},
): Tensor {
  checkSequence("multiHeadAttention", "x", x);
  checkSequence("multiHeadAttention", "context", context);
  checkLinear("multiHeadAttention", parameters.query, x, "query.");
  checkHeads("multiHeadAttention", heads, parameters);

  const queries = apart(linear(parameters.query, x), heads);
  const keys = apart(linear(parameters.key, context), heads);
  const values = apart(linear(parameters.value, context), heads);
  const ofAllHeads = mask !== undefined && mask.shape.length > 2 ? expandDims(mask, mask.shape.length - 2) : mask;
  const found = attention(queries, keys, values, { causal, ...(ofAllHeads && { mask: ofAllHeads }) });
  return linear(parameters.output, together(found));
}

/** `[..., n, h·w]` as `[..., h, n, w]`. */
function apart(x: Tensor, heads: number): Tensor {
  const { shape } = x;
  const [n, width] = shape.slice(-2);
  return swapped(x.reshape([...shape.slice(0, -2), n, heads, width / heads]));
}

/** `[..., h, n, w]` as `[..., n, h·w]`. */
function together(x: Tensor): Tensor {
  const turned = swapped(x);
  const [heads, width] = turned.shape.slice(-2);
  return turned.reshape([...turned.shape.slice(0, -2), heads * width]);
}

/** The axes third and second from last exchanged. */
function swapped(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  return transpose(x, [...x.shape.keys()].slice(0, -3).concat(last - 1, last - 2, last));
}

function checkSequence(caller: string, name: string, { shape }: Tensor): void {
  if (shape.length >= 2) return;
  throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must have 2 axes or more`);
}

function checkHeads(caller: string, heads: number, { query }: MultiHeadAttentionParameters): void {
  checkCount(caller, { heads }, 1);
  const width = query.weights.shape[1];
  if (width % heads !== 0) {
    throw new RangeError(`${caller}: heads is ${heads} but must divide the width, ${width}`);
  }
}
