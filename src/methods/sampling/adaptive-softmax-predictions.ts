import { argmax, gather, logSoftmax, max, read, slice, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import type { AdaptiveSoftmax } from "./adaptive-softmax.js";
import { checkLayer, headScores, layoutOf, tailScores } from "./adaptive-softmax-layout.js";

/** The best class of each row. */
export interface AdaptivePredictions {
  /** `[B]`, the most likely class; the first of equals. */
  readonly classes: Int32Array;
  /** `[B]`, its log-probability, in nats. */
  readonly logProbabilities: Float64Array;
  /** Scores that were computed, of all rows together; `B · V` is what a full softmax computes. */
  readonly scores: number;
}

/**
 * The most likely class of each row, without the tails that cannot hold it.
 *
 *     log p(y | h) ≤ logSoftmax(a)_{c_1+i−1} for every y of tail i
 *
 * so a tail is computed only for the rows where it as a whole is more likely than the best class so far.
 *
 * Reach for it at prediction time: where the model is sure of a frequent class, only the head is computed.
 *
 * @param hidden - `[B, d]`
 * @param layer - from `adaptiveSoftmax`
 * @throws ShapeError if `hidden` has no row, or does not fit `layer`
 * @throws DTypeError if `hidden` and `layer` differ in dtype
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4; the bound is
 * how the authors' program predicts, which computes all tails of a row that needs one
 */
export async function adaptiveSoftmaxPredictions(hidden: Tensor, layer: AdaptiveSoftmax): Promise<AdaptivePredictions> {
  checkLayer("adaptiveSoftmaxPredictions", hidden, layer);
  const { frequent, cutoffs } = layoutOf(layer);
  const [rows] = hidden.shape;
  const { backend, dtype } = hidden;
  const first = logSoftmax(headScores(hidden, layer));
  const ofClasses = slice(first, [0, 0], [rows, frequent]);
  const found = await read({
    best: max(ofClasses, 1),
    classes: argmax(ofClasses, 1),
    ofTails: slice(first, [0, frequent], [rows, frequent + layer.tails.length]),
  });
  const classes = Int32Array.from(found.classes);
  const best = Float64Array.from(found.best);
  let scores = rows * (frequent + layer.tails.length);
  for (const [i, tail] of layer.tails.entries()) {
    const ofTail = (row: number) => found.ofTails[row * layer.tails.length + i];
    const open = Int32Array.from([...best.keys()].filter((row) => ofTail(row) > best[row]));
    if (open.length === 0) continue;
    scores += open.length * tail.weights.shape[0];
    const chosen = gather(hidden, fromValues(open, { backend }) as unknown as Tensor<"i32">);
    const outer = fromValues(Float64Array.from(open, ofTail), { backend, dtype, shape: [open.length, 1] }) as Tensor;
    const inner = logSoftmax(tailScores(chosen, tail)).add(outer);
    const within = await read({ best: max(inner, 1), places: argmax(inner, 1) });
    open.forEach((row, j) => {
      if (within.best[j] <= best[row]) return;
      best[row] = within.best[j];
      classes[row] = cutoffs[i] + within.places[j];
    });
  }
  return { classes, logProbabilities: best, scores };
}
