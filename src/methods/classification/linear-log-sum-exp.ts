import {
  concat,
  customVjp,
  exp,
  expandDims,
  greater,
  log,
  max,
  maximum,
  slice,
  stack,
  sum,
  type Tensor,
  transposeLast,
  where,
} from "../../autodiff/index.js";

/** A linear layer: `logits = hidden · weightsᵀ + bias`. */
export interface LinearHead {
  /** `[batch, d]`. */
  readonly hidden: Tensor;
  /** `[classes, d]`. */
  readonly weights: Tensor;
  /** `[classes]`. */
  readonly bias: Tensor | undefined;
}

/**
 * `log Σ_c exp(hidden · weights_c + bias_c)` for each row, in blocks of classes: the logits of one block at a time are
 * held, in the gradient too, where they are computed again.
 *
 *     M' = max(M, m)      S' = S·exp(M − M') + s·exp(m − M')      for a block with largest m and s = Σ exp(z − m)
 *
 * @source Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, arXiv:1805.02867, §3
 */
export function linearLogSumExp({ hidden, weights, bias }: LinearHead, blockSize: number): Tensor {
  const [classes] = weights.shape;
  const starts = Array.from({ length: Math.ceil(classes / blockSize) }, (_, k) => k * blockSize);
  const blocks = starts.map((start) => [start, Math.min(start + blockSize, classes)] as const);
  const inputs = bias === undefined ? [hidden, weights] : [hidden, weights, bias];
  return customVjp<readonly Tensor[]>(forward, backward)(...inputs);

  function forward(...[h, w, b]: readonly Tensor[]): Tensor {
    let running: Running | undefined;
    for (const [from, to] of blocks) {
      const rows = running === undefined ? h : after(h, running.total);
      const products = rows.matmul(transposeLast(slice(w, [from], [to]))); // [batch, block]
      const z = b === undefined ? products : products.add(slice(b, [from], [to]));
      running = combine(running, summarize(z));
    }
    const { largest, total } = running!;
    return log(total).add(finite(largest));
  }

  /** `p_c = exp(z_c − lse)`, so `∂lse/∂hidden = Σ_c p_c weights_c`, `∂lse/∂weights_c = p_c hidden`, `∂lse/∂bias_c = p_c`. */
  function backward(grad: Tensor, value: Tensor, ...[h, w, b]: readonly Tensor[]): (Tensor | undefined)[] {
    let towardsHidden: Tensor | undefined;
    const towardsWeights: Tensor[] = [];
    const towardsBias: Tensor[] = [];
    for (const [from, to] of blocks) {
      const block = slice(w, [from], [to]);
      const rows = towardsHidden === undefined ? h : after(h, towardsHidden);
      // [block, batch]: the transpose of what the forward pass computed, or the two would be merged and all blocks kept.
      const products = block.matmul(transposeLast(rows));
      const z = b === undefined ? products : products.add(expandDims(slice(b, [from], [to]), 1));
      const shares = exp(z.sub(value)).mul(grad);
      const part = transposeLast(shares).matmul(block);
      towardsHidden = towardsHidden === undefined ? part : accumulate(towardsHidden, part);
      towardsWeights.push(shares.matmul(h));
      towardsBias.push(shares.sum(1));
    }
    return [towardsHidden, concat(towardsWeights), ...(b === undefined ? [] : [concat(towardsBias)])];
  }
}

/** The largest logit of each row so far, and the sum of `exp(z − largest)`. */
interface Running {
  readonly largest: Tensor;
  readonly total: Tensor;
}

function summarize(z: Tensor): Running {
  const largest = max(z, 1);
  return { largest, total: sum(exp(z.sub(expandDims(finite(largest), 1))), 1) };
}

function combine(a: Running | undefined, b: Running): Running {
  if (a === undefined) return b;
  const largest = maximum(a.largest, b.largest);
  const scaled = ({ largest: from, total }: Running) => total.mul(exp(from.sub(finite(largest))));
  return { largest, total: scaled(a).add(scaled(b)) };
}

/** 0 in place of −∞, which is what a bias of −∞ throughout a block gives: ∞ − ∞ would be NaN. */
function finite(largest: Tensor): Tensor {
  return where(greater(largest, Number.NEGATIVE_INFINITY), largest, 0);
}

/** `x`, to be used only once `earlier` is there: blocks that nothing orders would all be computed before any is used. */
function after(x: Tensor, earlier: Tensor): Tensor {
  const rule = (grad: Tensor): (Tensor | undefined)[] => [grad, undefined];
  return customVjp((value: Tensor, _earlier: Tensor) => value, rule)(x, earlier);
}

/** A sum made at once: a chain of fused additions would hold its terms until the last of them. */
function accumulate(total: Tensor, part: Tensor): Tensor {
  return sum(stack([total, part]), 0);
}
