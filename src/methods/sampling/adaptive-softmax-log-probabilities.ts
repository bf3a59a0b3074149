import { concat, logSoftmax, slice, type Tensor } from "../../autodiff/index.js";
import type { AdaptiveSoftmax } from "./adaptive-softmax.js";
import { checkLayer, headScores, layoutOf, tailScores } from "./adaptive-softmax-layout.js";

/**
 * Log-probabilities of all classes under an adaptive softmax.
 *
 *     log p(y | h) = logSoftmax(a)_y                                       y < c_1
 *     log p(y | h) = logSoftmax(a)_{c_1+i−1} + logSoftmax(u_i)_{y−c_i}     y in tail i
 *
 * Reach for it to rank or to mix distributions; for the best class alone `adaptiveSoftmaxPredictions` computes less, for
 * the loss `adaptiveSoftmaxLoss`.
 *
 * @param hidden - `[B, d]`
 * @param layer - from `adaptiveSoftmax`
 * @returns `[B, V]`, in nats; each row's probabilities sum to 1
 * @throws ShapeError if `hidden` has no row, or does not fit `layer`
 * @throws DTypeError if `hidden` and `layer` differ in dtype
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function adaptiveSoftmaxLogProbabilities(hidden: Tensor, layer: AdaptiveSoftmax): Tensor {
  checkLayer("adaptiveSoftmaxLogProbabilities", hidden, layer);
  const { frequent } = layoutOf(layer);
  const [rows] = hidden.shape;
  const first = logSoftmax(headScores(hidden, layer));
  const tails = layer.tails.map((tail, i) => {
    const ofTail = slice(first, [0, frequent + i], [rows, frequent + i + 1]); // [B, 1]
    return logSoftmax(tailScores(hidden, tail)).add(ofTail);
  });
  return concat([slice(first, [0, 0], [rows, frequent]), ...tails], 1);
}
