import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import {
  checkRank,
  checkShape,
  expandDims,
  gather,
  ShapeError,
  showShape,
  type Tensor,
  transposeLast,
} from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";

/** The last layer of a classifier: `score_j = weights_j · hidden + bias_j`. An alias, so that it is a tree for `grad`. */
export type ClassTable = {
  /** `[C, d]`, a row for each class. */
  readonly weights: Tensor;
  /** `[C]`. Default none. */
  readonly bias?: Tensor;
};

/** Throws unless the table fits the hidden vectors `[B, d]` and the labels `[B]`, and has as many classes as it takes. */
export function checkClassTable(
  caller: string,
  hidden: Tensor,
  table: ClassTable,
  labels?: Tensor<"i32">,
  least: 1 | 2 = 2,
): void {
  const { weights, bias } = table;
  checkRank(caller, { hidden, weights }, 2);
  checkFloat(caller, { hidden });
  checkSameDType(caller, { hidden, weights, ...(bias === undefined ? {} : { bias }) });
  checkShape(caller, "weights", weights, [-1, hidden.shape[1]]);
  const [classes] = weights.shape;
  if (classes < least) {
    throw new ShapeError(
      `${caller}: weights has shape ${showShape(weights.shape)} but must have at least ${least === 1 ? "1 class" : "2 classes"}`,
    );
  }
  if (bias !== undefined) checkShape(caller, "bias", bias, [classes]);
  if (labels === undefined) return;
  checkShape(caller, "labels", labels, [hidden.shape[0]]);
  checkClassIds(caller, { labels }, classes);
}

/** Scores `[B]` of a class for each row; the table's gradient touches these rows only. */
export function scoresOfLabels(hidden: Tensor, { weights, bias }: ClassTable, labels: Tensor<"i32">): Tensor {
  const scores = hidden.mul(gather(weights, labels)).sum(1);
  return bias === undefined ? scores : scores.add(gather(bias, labels));
}

/**
 * Scores `[B, m]` of some classes; the table's gradient touches their rows only.
 *
 * @param ids - `[m]`, the same for all rows, or `[B, m]`
 */
export function scoresOfClasses(hidden: Tensor, { weights, bias }: ClassTable, ids: Tensor<"i32">): Tensor {
  const rows = gather(weights, ids);
  const scores =
    ids.shape.length === 1 ? hidden.matmul(transposeLast(rows)) : rows.matmul(expandDims(hidden, 2)).reshape(ids.shape);
  return bias === undefined ? scores : scores.add(gather(bias, ids));
}
