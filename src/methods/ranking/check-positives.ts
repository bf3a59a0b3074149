import { checkAtLeast, checkRank, checkSameShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { and, cast, stopGradient, type Tensor, where } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { checkReduction, type Reduction } from "../reduction.js";

/** Options of losses over rows of scores with several positives each. */
export interface PositivesOptions {
  /** `[B, L]`, each ≥ 0: how much each positive counts beside the others of its row; no gradient. Default: all the same. */
  readonly weights?: Tensor;
  /**
   * `[B, L]`, true for the positives that are scored, at least one a row, see `samplePositives`: the others count neither
   * as positives nor in a denominator, and get no gradient. Default: all positives.
   */
  readonly sampled?: Tensor<"bool">;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/** Throws unless scores are floats `[B, L]`, finite if on the host, and every row has a positive that counts. */
export function checkPositives(
  caller: string,
  scores: Tensor,
  positives: Tensor<"bool">,
  { weights, sampled, reduction = "none" }: PositivesOptions,
): void {
  checkReduction(caller, reduction);
  checkRank(caller, { scores }, 2);
  checkFloat(caller, { scores });
  const masks = { positives, ...(sampled && { sampled }) };
  checkDType(caller, masks, "bool");
  checkSameShape(caller, { scores, ...masks, ...(weights && { weights }) });
  if (weights !== undefined) checkSameDType(caller, { scores, weights });
  checkFinite(caller, { scores });
  const [isPositive, isSampled] = [hostValues(positives), sampled && hostValues(sampled)];
  isSampled?.forEach((value, at) => {
    if (value === 0 || isPositive?.[at] !== 0) return;
    throw new RangeError(`${caller}: sampled is true at ${at} but must be false where positives is`);
  });
  const given = weights && hostValues(weights);
  given?.forEach((weight, at) => {
    checkAtLeast(caller, { [`weights[${at}]`]: weight }, 0);
  });
  checkRows(caller, "positives", scores.shape, isPositive);
  checkRows(caller, "sampled", scores.shape, isSampled);
  const counting = sampled === undefined ? isPositive : isSampled;
  if (given !== undefined && counting !== undefined) {
    const row = emptyRow(scores.shape, (at) => counting[at] !== 0 && given[at] > 0);
    if (row >= 0) {
      throw new RangeError(`${caller}: weights is 0 for all positives of row ${row} but must be above 0 for one`);
    }
  }
}

function checkRows(
  caller: string,
  name: string,
  shape: readonly number[],
  values: ArrayLike<number> | undefined,
): void {
  const row = values === undefined ? -1 : emptyRow(shape, (at) => values[at] !== 0);
  if (row >= 0) throw new RangeError(`${caller}: ${name} is false all along row ${row} but must be true once in it`);
}

/** Throws if, as far as masks are on the host, a row has nothing but positives. */
export function checkNegatives(caller: string, positives: Tensor<"bool">): void {
  const values = hostValues(positives);
  const row = values === undefined ? -1 : emptyRow(positives.shape, (at) => values[at] === 0);
  if (row >= 0) throw new RangeError(`${caller}: positives is true all along row ${row} but must be false once in it`);
}

function emptyRow([rows, width]: readonly number[], counts: (at: number) => boolean): number {
  const isEmpty = (row: number) => !Array.from({ length: width }, (_, i) => row * width + i).some(counts);
  return Array.from({ length: rows }, (_, row) => row).findIndex(isEmpty);
}

/** How much each positive that is scored counts, `[B, L]`, 0 for all else. */
export function positiveWeights(
  scores: Tensor,
  positives: Tensor<"bool">,
  { weights, sampled = positives }: PositivesOptions,
): Tensor {
  const counts = and(positives, sampled);
  return weights === undefined ? cast(counts, scores.dtype) : where(counts, stopGradient(weights), 0);
}

/** The same with rows that sum to 1. */
export function positiveShares(scores: Tensor, positives: Tensor<"bool">, options: PositivesOptions): Tensor {
  const counted = positiveWeights(scores, positives, options);
  return counted.div(counted.sum(1, { keepDims: true }));
}
