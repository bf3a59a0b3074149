import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import type { Shape } from "../../autodiff/index.js";

/** Weights of a design without replacement, which need not add up to 1, as logarithms, with the classes of weight 0. */
export interface DesignWeights {
  readonly logWeights: Float64Array;
  readonly missing: readonly number[];
}

/** Throws unless there are at least two weights, all ≥ 0 and finite, and one of them above 0. */
export function designWeights(caller: string, weights: ArrayLike<number>): DesignWeights {
  if (weights.length < 2) {
    throw new RangeError(`${caller}: weights has ${weights.length} classes but must have at least 2`);
  }
  const missing: number[] = [];
  for (let j = 0; j < weights.length; j++) {
    checkAtLeast(caller, { [`weights[${j}]`]: weights[j] }, 0);
    if (weights[j] === 0) missing.push(j);
  }
  if (missing.length === weights.length) {
    throw new RangeError(`${caller}: weights is 0 everywhere but must have a class above 0`);
  }
  return { logWeights: Float64Array.from(weights, Math.log), missing };
}

/** The number of candidates that a shape asks for, which without replacement is at most all classes but the label. */
export function countWithoutReplacement(caller: string, shape: Shape, classes: number, missing: number): number {
  const count = shape[shape.length - 1];
  checkCount(caller, { count }, 1);
  if (count > classes - 1) {
    throw new RangeError(
      `${caller}: count is ${count} but must be in [1, ${classes - 1}], the classes without the label`,
    );
  }
  if (count > classes - missing) {
    throw new RangeError(
      `${caller}: count is ${count} but must be in [1, ${classes - missing}], the classes of weight above 0`,
    );
  }
  return count;
}
