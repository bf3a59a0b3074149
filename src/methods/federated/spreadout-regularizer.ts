import { checkAbove, checkBetween, checkOneOf, checkRank, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { equal, expandDims, maximum, sqrt, type Tensor, transposeLast, where } from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";

export interface SpreadoutRegularizerOptions {
  /** How far apart two classes should be, ν: in (0, 2] for `"cosine"`, a finite number > 0 for `"euclidean"`. Default 1.2. */
  readonly margin?: number;
  /** `"cosine"` is `1 − w_c · w_c'`. Default `"cosine"`. */
  readonly distance?: "cosine" | "euclidean";
}

/**
 * What class embeddings pay for being closer to each other than a margin.
 *
 *     reg(W) = Σ_c Σ_{c'≠c} max(0, margin − d(w_c, w_c'))²        d = 1 − w_c · w_c'   or   |w_c − w_c'|
 *
 * Each pair counts twice. It is 0 exactly where all pairs are at least the margin apart, which unit rows can be, in the
 * cosine distance and with C ≤ d + 1, up to a margin of `1 + 1/(C − 1)`: the regular simplex. Rows are free variables:
 * nothing is normalized here. Time O(C² d); memory O(C²), but O(C² d) with `"euclidean"`, whose distances are taken from
 * differences, so that those of near rows are exact. The gradient of a Euclidean distance 0 is 0.
 *
 * Reach for it to keep classes apart when no negatives may be used, up to some thousand classes; `topKSpreadout` goes on
 * from there.
 *
 * @param embeddings - `[C, d]`, C ≥ 2; unit rows for the meaning above
 * @returns `[]`, ≥ 0
 * @throws ShapeError if `embeddings` has not two axes or fewer than 2 rows
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if `margin` is outside its range, or an embedding on the host is not finite
 * @throws TypeError if `distance` is none of those listed
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342; after Zhang et
 * al., "Learning Spread-Out Local Feature Descriptors", ICCV 2017, arXiv:1708.06320
 */
export function spreadoutRegularizer(embeddings: Tensor, options: SpreadoutRegularizerOptions = {}): Tensor {
  checkSpreadout("spreadoutRegularizer", options);
  checkEmbeddings("spreadoutRegularizer", embeddings);
  const violations = spreadoutViolations(embeddings, options);
  return violations.mul(violations).sum();
}

/** `[C, C]`, by how much each pair of rows is closer than the margin; 0 on the diagonal. */
export function spreadoutViolations(
  embeddings: Tensor,
  { margin = 1.2, distance = "cosine" }: SpreadoutRegularizerOptions,
): Tensor {
  const ids = arange(embeddings.shape[0], { backend: embeddings.backend, dtype: "i32" });
  const itself = equal(expandDims(ids, 1), ids);
  if (distance === "cosine") {
    return where(itself, 0, maximum(embeddings.matmul(transposeLast(embeddings)).add(margin - 1), 0));
  }
  const differences = expandDims(embeddings, 1).sub(expandDims(embeddings, 0)); // [C, C, d]
  return where(itself, 0, maximum(sqrt(differences.mul(differences).sum(2)).neg().add(margin), 0));
}

/** Throws unless the options are in range. */
export function checkSpreadout(
  caller: string,
  { margin = 1.2, distance = "cosine" }: SpreadoutRegularizerOptions,
): void {
  checkOneOf(caller, "distance", distance, ["cosine", "euclidean"]);
  if (distance === "cosine") checkBetween(caller, { margin }, 0, 2, { openBelow: true });
  else checkAbove(caller, { margin }, 0);
}

/** Throws unless the embeddings are finite floats `[C, d]` of at least two classes. */
export function checkEmbeddings(caller: string, embeddings: Tensor): void {
  checkRank(caller, { embeddings }, 2);
  checkFloat(caller, { embeddings });
  if (embeddings.shape[0] < 2) {
    throw new ShapeError(
      `${caller}: embeddings has shape ${showShape(embeddings.shape)} but must have at least 2 classes`,
    );
  }
  checkFinite(caller, { embeddings });
}
