import { checkAtLeast, checkOneOf } from "../../autodiff/check.js";
import { grad, max, type Tensor } from "../../autodiff/index.js";
import { unitRows } from "../unit-rows.js";
import { descend } from "./descend.js";
import {
  checkEmbeddings,
  checkSpreadout,
  type SpreadoutRegularizerOptions,
  spreadoutRegularizer,
  spreadoutViolations,
} from "./spreadout-regularizer.js";
import { checkNeighbours, type TopKSpreadoutOptions, topKSpreadout } from "./top-k-spreadout.js";

/** Which regularizer the server descends: over all pairs with a margin, or over the nearest neighbours. */
export type Spreadout =
  | ({ readonly kind: "hinge" } & SpreadoutRegularizerOptions)
  | ({ readonly kind: "topK" } & TopKSpreadoutOptions);

export interface SpreadoutStepOptions {
  /** Default `{ kind: "hinge" }`. */
  readonly spreadout?: Spreadout;
  /** η, a finite number ≥ 0. Default 0.1. */
  readonly learningRate?: number;
  /** λ, a finite number ≥ 0; 0 only normalizes. Default 1/C for `"hinge"`, 10 for `"topK"`. */
  readonly multiplier?: number;
}

/**
 * The server's step: embeddings away from each other, then back to unit length.
 *
 *     W ← W̃ − multiplier · learningRate · ∇reg(W̃)        w_c ← w_c / |w_c|
 *
 * With the hinge in the cosine distance the gradient of a row is `4 Σ_{c'≠c} max(0, margin − 1 + w_c · w_c') w_c'`, and a
 * step beyond `spreadoutSteepness` 1 overshoots: rows that should part collapse instead.
 *
 * Reach for it to keep classes apart in a training loop of your own.
 *
 * @param embeddings - `[C, d]`, C ≥ 2, as the clients left them
 * @returns `[C, d]`, unit rows; a row that is zero after the step is NaN
 * @throws ShapeError if `embeddings` has not two axes or fewer than 2 rows
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if `learningRate` or `multiplier` is negative or not finite, or an embedding on the host not finite
 * @throws RangeError if an option of `spreadout` is out of its range
 * @throws TypeError if its `kind` or `distance` is none of those listed
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342; the step of the server
 */
export function spreadoutStep(embeddings: Tensor, options: SpreadoutStepOptions = {}): Tensor {
  checkEmbeddings("spreadoutStep", embeddings);
  checkSpreadoutStep("spreadoutStep", options, embeddings.shape[0]);
  const { spreadout, learningRate, multiplier } = withDefaults(options, embeddings.shape[0]);
  if (multiplier * learningRate === 0) return unitRows(embeddings);
  const reg = (rows: Tensor): Tensor =>
    spreadout.kind === "hinge" ? spreadoutRegularizer(rows, spreadout) : topKSpreadout(rows, spreadout);
  return unitRows(descend(embeddings, grad(reg)(embeddings), multiplier * learningRate));
}

/**
 * How far a hinge step in the cosine distance goes, on a scale where about 1 is the most that is safe.
 *
 *     4 · multiplier · learningRate · max_c Σ_{c'≠c} max(0, margin − 1 + w_c · w_c')
 *
 * Reach for it to choose a multiplier: at embeddings that all coincide it is `4λη(C − 1)ν`, at those of training far less.
 *
 * @param embeddings - `[C, d]`, C ≥ 2
 * @returns `[]`
 * @throws ShapeError if `embeddings` has not two axes or fewer than 2 rows
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if `learningRate` or `multiplier` is negative or not finite, or an embedding on the host not finite
 * @throws RangeError if the margin is out of its range
 * @throws TypeError if `spreadout` is not the hinge in the cosine distance
 * @source the gradient of the hinge in Yu et al., "Federated Learning with Only Positive Labels", ICML 2020,
 * arXiv:2004.10342; the limit is ours
 */
export function spreadoutSteepness(embeddings: Tensor, options: SpreadoutStepOptions = {}): Tensor {
  checkEmbeddings("spreadoutSteepness", embeddings);
  checkSpreadoutStep("spreadoutSteepness", options, embeddings.shape[0]);
  const { spreadout, learningRate, multiplier } = withDefaults(options, embeddings.shape[0]);
  checkOneOf("spreadoutSteepness", "kind", spreadout.kind, ["hinge"]);
  const hinge = spreadout as SpreadoutRegularizerOptions;
  checkOneOf("spreadoutSteepness", "distance", hinge.distance ?? "cosine", ["cosine"]);
  return max(spreadoutViolations(embeddings, hinge).sum(1)).mul(4 * multiplier * learningRate);
}

function withDefaults(options: SpreadoutStepOptions, classes: number): Required<SpreadoutStepOptions> {
  const { spreadout = { kind: "hinge" }, learningRate = 0.1 } = options;
  const { multiplier = spreadout.kind === "hinge" ? 1 / classes : 10 } = options;
  return { spreadout, learningRate, multiplier };
}

/** Throws unless the options are in range for so many classes. */
export function checkSpreadoutStep(caller: string, options: SpreadoutStepOptions, classes: number): void {
  const { spreadout, learningRate, multiplier } = withDefaults(options, classes);
  checkOneOf(caller, "kind", spreadout.kind, ["hinge", "topK"]);
  checkAtLeast(caller, { learningRate, multiplier }, 0);
  if (spreadout.kind === "hinge") checkSpreadout(caller, spreadout);
  else checkNeighbours(caller, spreadout.neighbours ?? 10, spreadout.candidates?.size ?? classes);
}
