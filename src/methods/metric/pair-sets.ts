import { checkAtLeast, checkRank, checkSameShape, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  and,
  any,
  arange,
  cast,
  equal,
  expandDims,
  greater,
  not,
  notEqual,
  type Tensor,
  transposeLast,
  where,
} from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkDirections, unitRows } from "../unit-rows.js";

/** How much each pair of an anchor (a row) and an example (a column) counts as a positive and as a negative; 0 is out. */
export interface PairSets {
  /** `[..., n, m]`, each ≥ 0: 1 for the anchor's own class. */
  readonly positive: Tensor;
  /** `[..., n, m]`, each ≥ 0: 1 for another class. */
  readonly negative: Tensor;
}

/**
 * The positives and the negatives of each example of a batch: the others of its class, and those of all other classes.
 *
 *     positive_ij = 1[y_i = y_j, i ≠ j]      negative_ij = 1[y_i ≠ y_j]
 *
 * Reach for it to put `genericMetricLoss` or `pairWeights` on a batch of labelled embeddings. An example is left out of its
 * own sets by its place, so a copy of it is a positive like any other.
 *
 * @param labels - `[n]`, any whole numbers
 * @param like - a tensor that names backend and dtype of the result
 * @returns two tensors `[n, n]` of zeros and ones
 * @throws DTypeError if `labels` is no i32
 * @throws ShapeError if `labels` has not one axis
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627, section 3.1
 */
export function pairSets(labels: Tensor<"i32">, like: Tensor): PairSets {
  checkDType("pairSets", { labels }, "i32");
  checkRank("pairSets", { labels }, 1);
  const places = arange(labels.shape[0], labels);
  const isSame = equal(expandDims(labels, 1), labels);
  const isOther = notEqual(expandDims(places, 1), places);
  return { positive: cast(and(isSame, isOther), like.dtype), negative: cast(not(isSame), like.dtype) };
}

/** The sets without anchors that lack a positive or a negative: those have neither then. */
export function completeSets({ positive, negative }: PairSets): PairSets {
  const has = (set: Tensor) => any(greater(set, 0), -1, { keepDims: true });
  const isComplete = and(has(positive), has(negative));
  return { positive: where(isComplete, positive, 0), negative: where(isComplete, negative, 0) };
}

/** Throws unless similarities are floats `[..., n, m]`, finite if on the host, and both sets fit them. */
export function checkPairs(caller: string, similarities: Tensor, { positive, negative }: PairSets): void {
  checkFloat(caller, { similarities });
  if (similarities.shape.length < 2) {
    throw new ShapeError(`${caller}: similarities has shape ${showShape(similarities.shape)} but must be [..., n, m]`);
  }
  checkSameShape(caller, { similarities, positive, negative });
  checkSameDType(caller, { similarities, positive, negative });
  checkFinite(caller, { similarities });
  for (const [name, set] of Object.entries({ positive, negative })) {
    hostValues(set)?.forEach((weight, at) => {
      checkAtLeast(caller, { [`${name}[${at}]`]: weight }, 0);
    });
  }
}

/** Squares of a unit vector in single precision sum to 1 within this. */
const LENGTH_TOLERANCE = 1e-3;

/** Inner products of all embeddings, and their sets, less anchors that lack either; throws where an input is wrong. */
export function embeddedPairs(
  caller: string,
  embeddings: Tensor,
  labels: Tensor<"i32">,
  normalize: boolean,
): { readonly similarities: Tensor; readonly sets: PairSets } {
  const vectors = checkedEmbeddings(caller, embeddings, labels, normalize);
  return { similarities: vectors.matmul(transposeLast(vectors)), sets: completeSets(pairSets(labels, vectors)) };
}

/** The embeddings, normalized if that is asked for; throws where an input is wrong. */
export function checkedEmbeddings(
  caller: string,
  embeddings: Tensor,
  labels: Tensor<"i32">,
  normalize: boolean,
): Tensor {
  checkLabelled(caller, "embeddings", embeddings, labels);
  if (normalize) return unitRows(embeddings);
  const width = embeddings.shape[1];
  const values = hostValues(embeddings) ?? [];
  for (let row = 0; row * width < values.length; row++) {
    let squares = 0;
    for (let i = row * width; i < (row + 1) * width; i++) squares += values[i] * values[i];
    if (Math.abs(squares - 1) > LENGTH_TOLERANCE) {
      throw new RangeError(
        `${caller}: row ${row} of embeddings has length ${Math.sqrt(squares)} but must have length 1; set normalize`,
      );
    }
  }
  return embeddings;
}

/** Throws unless rows are floats `[n, d]`, with directions if on the host, and there is a label for each. */
export function checkLabelled(caller: string, name: string, rows: Tensor, labels: Tensor<"i32">): void {
  checkRank(caller, { [name]: rows }, 2);
  checkFloat(caller, { [name]: rows });
  checkDType(caller, { labels }, "i32");
  checkShape(caller, "labels", labels, [rows.shape[0]]);
  checkDirections(caller, name, rows);
}
