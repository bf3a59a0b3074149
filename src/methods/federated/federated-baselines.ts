import type { Tree } from "../../autodiff/index.js";
import { unitRows } from "../unit-rows.js";
import type { FederatedState } from "./federated-average.js";
import { type FederatedOptions, type FederatedProblem, federatedRounds } from "./federated-rounds.js";

/**
 * Federated averaging with positive labels and nothing against their collapse: `fedAwS` with multiplier 0.
 *
 *     θ ← Σ_i (n_i / Σ_j n_j) θ_i        w_c ← w_c / |w_c|
 *
 * Its risk has the global minimum 0 where one feature serves all examples and all embeddings are that feature.
 *
 * Reach for it as the baseline that shows what the spreadout is worth.
 *
 * @param problem - encoder, embeddings and clients; the tensors are left as they are
 * @returns encoder and unit embeddings after the last round, the caller's to dispose of
 * @throws ShapeError if `embeddings` has not two axes, or an update does not fit its task
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if a number is out of its range, no client has examples, two have one class or one has none of the C
 * @throws RangeError if an embedding has no direction, at the start or after a round: its encoder gave zeros or NaN
 * @throws TypeError if clients are to be drawn without a `key`
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export async function positiveOnlyAveraging<P extends Tree>(
  problem: FederatedProblem<P>,
  options: FederatedOptions<P> = {},
): Promise<FederatedState<P>> {
  return federatedRounds("positiveOnlyAveraging", problem, options, true, {
    step: (rows) => ({ embeddings: unitRows(rows) }),
  });
}

/**
 * Federated averaging towards embeddings that never move: random ones are far apart in many dimensions.
 *
 *     θ ← Σ_i (n_i / Σ_j n_j) θ_i        W stays
 *
 * Clients are told not to move their row, and what they send of it is not used.
 *
 * Reach for it as a baseline, or where the embeddings are given: of class names, say.
 *
 * @param problem - encoder, embeddings and clients; the tensors are left as they are
 * @returns encoder after the last round and the normalized embeddings, the caller's to dispose of
 * @throws ShapeError if `embeddings` has not two axes, or an update does not fit its task
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if a number is out of its range, no client has examples, two have one class or one has none of the C
 * @throws RangeError if an embedding has no direction at the start
 * @throws TypeError if clients are to be drawn without a `key`
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export async function fixedEmbeddingAveraging<P extends Tree>(
  problem: FederatedProblem<P>,
  options: FederatedOptions<P> = {},
): Promise<FederatedState<P>> {
  return federatedRounds("fixedEmbeddingAveraging", problem, options, false, {
    step: (rows) => ({ embeddings: rows }),
  });
}
