import { checkAbove, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { evaluate, type Tensor, type Tree, transposeLast, valueAndGrad } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { unitRows } from "../unit-rows.js";
import { descend } from "./descend.js";
import type { FederatedState } from "./federated-average.js";
import type { Encode } from "./in-process-client.js";

export interface CentralizedProblem<P extends Tree> {
  /** Parameters of the encoder, a tree of f32 or f64 tensors. */
  readonly encoder: P;
  /** `[C, d]`; they are normalized first. */
  readonly embeddings: Tensor;
  readonly encode: Encode<P>;
  /** `[n, …]`, of all classes. */
  readonly examples: Tensor;
  /** `[n]`, each in [0, C); on a device they are not checked. */
  readonly labels: Tensor<"i32">;
}

export interface CentralizedSoftmaxOptions {
  /** Gradient steps, each on all examples; a whole number ≥ 0. Default 100. */
  readonly steps?: number;
  /** A finite number > 0. Default 0.1. */
  readonly learningRate?: number;
  /** What cosines are multiplied by, a finite number > 0. Default 10. */
  readonly inverseTemperature?: number;
}

/**
 * What could be reached with all data in one place: softmax cross-entropy of scaled cosines, by gradient descent.
 *
 *     ℓ = −log softmax(inverseTemperature · W g(x))_y        g(x) = encode(θ, x) / |encode(θ, x)|,  w_c ← w_c / |w_c| after a step
 *
 * Reach for it as the oracle that federated methods are measured against.
 *
 * @param problem - encoder, embeddings, and all the examples; the tensors are left as they are
 * @returns encoder and unit embeddings after the last step, the caller's to dispose of
 * @throws ShapeError if `embeddings` has not two axes, or `labels` does not fit `examples`
 * @throws DTypeError if `embeddings` is no float or `labels` not i32
 * @throws RangeError if a number is out of its range, an embedding on the host not finite, or a label no class
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342 ("Softmax")
 */
export function centralizedSoftmax<P extends Tree>(
  { encoder, embeddings, encode, examples, labels }: CentralizedProblem<P>,
  { steps = 100, learningRate = 0.1, inverseTemperature = 10 }: CentralizedSoftmaxOptions = {},
): FederatedState<P> {
  const caller = "centralizedSoftmax";
  checkCount(caller, { steps }, 0);
  checkAbove(caller, { learningRate, inverseTemperature }, 0);
  checkRank(caller, { embeddings }, 2);
  checkFloat(caller, { embeddings });
  checkFinite(caller, { embeddings });
  checkShape(caller, "labels", labels, [examples.shape[0]]);
  checkClassIds(caller, { labels }, embeddings.shape[0]);

  const risk = ({ encoder, embeddings }: FederatedState<P>): Tensor => {
    const cosines = unitRows(encode(encoder, examples)).matmul(transposeLast(embeddings));
    return sparseSoftmaxCrossEntropy(cosines.mul(inverseTemperature), labels, { reduction: "mean" });
  };
  let state = evaluate({ encoder, embeddings: unitRows(embeddings) });
  for (let step = 0; step < steps; step++) {
    const moved = descend(state, valueAndGrad(risk)(state).grad, learningRate);
    state = evaluate({ ...moved, embeddings: unitRows(moved.embeddings) }, { donate: state });
  }
  return state;
}
