import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { checkRank, checkShape, ShapeError, showShape, type Tensor, transposeLast } from "../../autodiff/index.js";
import type { AdaptiveSoftmax, AdaptiveTail } from "./adaptive-softmax.js";

/** Which classes are where. */
export interface AdaptiveLayout {
  /** V. */
  readonly classes: number;
  /** Classes of the head, c_1. */
  readonly frequent: number;
  /** First class of each tail. */
  readonly cutoffs: readonly number[];
}

/** Reads the layout off the parameters' shapes. */
export function layoutOf({ head, tails }: AdaptiveSoftmax): AdaptiveLayout {
  const frequent = head.shape[0] - tails.length;
  const cutoffs: number[] = [];
  let classes = frequent;
  for (const { weights } of tails) {
    cutoffs.push(classes);
    classes += weights.shape[0];
  }
  return { classes, frequent, cutoffs };
}

/** Throws unless the parameters fit each other and the hidden vectors `[B, d]`, of which there is one. */
export function checkLayer(caller: string, hidden: Tensor, { head, headBias, tails }: AdaptiveSoftmax): void {
  checkRank(caller, { hidden, head }, 2);
  checkFloat(caller, { hidden });
  if (hidden.shape[0] === 0) {
    throw new ShapeError(`${caller}: hidden has shape ${showShape(hidden.shape)} but must have a row`);
  }
  const [, width] = hidden.shape;
  const named: Record<string, Tensor> = { hidden, head };
  checkShape(caller, "head", head, [-1, width]);
  if (head.shape[0] <= tails.length) {
    throw new ShapeError(
      `${caller}: head has shape ${showShape(head.shape)} but must have more rows than there are tails, ${tails.length}`,
    );
  }
  if (headBias !== undefined) {
    checkShape(caller, "headBias", headBias, [head.shape[0]]);
    named.headBias = headBias;
  }
  tails.forEach(({ projection, weights }, i) => {
    checkRank(caller, { [`tails[${i}].projection`]: projection }, 2);
    checkShape(caller, `tails[${i}].projection`, projection, [-1, width]);
    checkShape(caller, `tails[${i}].weights`, weights, [-1, projection.shape[0]]);
    if (weights.shape[0] === 0) {
      throw new ShapeError(
        `${caller}: tails[${i}].weights has shape ${showShape(weights.shape)} but must have a class`,
      );
    }
    named[`tails[${i}].projection`] = projection;
    named[`tails[${i}].weights`] = weights;
  });
  checkSameDType(caller, named);
}

/** Scores `[B, c_1 + J]` of frequent classes and tails. */
export function headScores(hidden: Tensor, { head, headBias }: AdaptiveSoftmax): Tensor {
  const products = hidden.matmul(transposeLast(head));
  return headBias === undefined ? products : products.add(headBias);
}

/** Scores `[B, k_i]` of the classes of a tail. */
export function tailScores(hidden: Tensor, { projection, weights }: AdaptiveTail): Tensor {
  return hidden.matmul(transposeLast(projection)).matmul(transposeLast(weights));
}
