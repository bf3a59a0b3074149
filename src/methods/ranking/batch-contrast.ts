import { checkAbove, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { and, arange, concat, expandDims, not, notEqual, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkClassIds } from "../class-ids.js";

/** Options of losses over the scores of a batch of queries with the passages of all of them. */
export interface BatchContrastOptions {
  /** Scores are divided by this number τ > 0 first; the paper has 0.01 for cosines. Default 1. */
  readonly temperature?: number;
  /** `[B]`: the column of each query's positive. Default: the query's own number, where the scores are square. */
  readonly positives?: Tensor<"i32">;
  /**
   * `[B, H]` scores of further negatives: of each query's own H, or of the B·H of all queries, which makes
   * `B·H + B − 1` of them for each query, as in the paper.
   */
  readonly hardNegatives?: Tensor;
  /** `[B, passages + H]`, true for columns that are right answers too: they are no negatives. Default: all false. */
  readonly falseNegatives?: Tensor<"bool">;
}

/** What is compared with what, over the temperature. */
export interface BatchContrast {
  /** `[B]` */
  readonly positive: Tensor;
  /** `[B, C]`, all columns. */
  readonly scores: Tensor;
  /** `[B, C]`, which of them are negatives. */
  readonly isNegative: Tensor<"bool">;
}

/** The positives and the negatives of a batch; throws where an input is wrong. */
export function batchContrast(caller: string, scores: Tensor, options: BatchContrastOptions): BatchContrast {
  const { temperature = 1, hardNegatives, falseNegatives } = options;
  checkAbove(caller, { temperature }, 0);
  const positives = positiveColumns(caller, scores, options.positives);
  const [rows] = scores.shape;
  if (hardNegatives !== undefined) {
    checkRank(caller, { hardNegatives }, 2);
    checkShape(caller, "hardNegatives", hardNegatives, [rows, -1]);
    checkSameDType(caller, { scores, hardNegatives });
    checkFinite(caller, { hardNegatives });
  }
  const all = hardNegatives === undefined ? scores : concat([scores, hardNegatives], 1); // [rows, columns]
  const columns = all.shape[1];
  if (falseNegatives !== undefined) {
    checkDType(caller, { falseNegatives }, "bool");
    checkShape(caller, "falseNegatives", falseNegatives, [rows, columns]);
  }
  checkNegativesExist(caller, all, options.positives, falseNegatives);

  const isOther = notEqual(expandDims(positives, 1), arange(columns, positives));
  const cooled = all.div(temperature);
  return {
    positive: takeAlongAxis(cooled, expandDims(positives, 1), 1).reshape([rows]),
    scores: cooled,
    isNegative: falseNegatives === undefined ? isOther : and(isOther, not(falseNegatives)),
  };
}

/** Which column is each row's positive. */
function positiveColumns(caller: string, scores: Tensor, positives: Tensor<"i32"> | undefined): Tensor<"i32"> {
  checkRank(caller, { scores }, 2);
  checkFloat(caller, { scores });
  const { shape, backend } = scores;
  const [rows, columns] = shape;
  if (rows < 1) throw new ShapeError(`${caller}: scores has shape ${showShape(shape)} but must have a row`);
  checkFinite(caller, { scores });
  if (positives !== undefined) {
    checkShape(caller, "positives", positives, [rows]);
    checkClassIds(caller, { positives }, columns);
    return positives;
  }
  if (rows !== columns) {
    throw new ShapeError(`${caller}: scores has shape ${showShape(shape)} but must be square; give positives`);
  }
  return arange(rows, { backend, dtype: "i32" as const });
}

/** Throws if, as far as values are on the host, no score is a negative. */
function checkNegativesExist(
  caller: string,
  { shape: [rows, columns] }: Tensor,
  positives: Tensor<"i32"> | undefined,
  falseNegatives: Tensor<"bool"> | undefined,
): void {
  if (columns === 1) {
    throw new ShapeError(`${caller}: scores has shape [${rows}, 1] but must have a negative; give hardNegatives`);
  }
  const masked = falseNegatives && hostValues(falseNegatives);
  const own = positives === undefined ? Array.from({ length: rows }, (_, i) => i) : hostValues(positives);
  if (masked === undefined || own === undefined) return;
  if (masked.some((is, at) => is === 0 && at % columns !== own[Math.floor(at / columns)])) return;
  throw new RangeError(`${caller}: falseNegatives is true for every negative but must leave one`);
}
