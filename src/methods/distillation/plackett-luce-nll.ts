import { checkRank, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { stopGradient, type Tensor, takeAlongAxis } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { relative } from "../classification/softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { suffixLogSumExp } from "./suffix-log-sum-exp.js";

export interface PlackettLuceNllOptions {
  /** `[batch, classes]` or `[classes]`, ≥ 0: what the choice at each place counts; constants. Default 1 each. */
  readonly weights?: Tensor;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * Negative log-likelihood of rankings under the law of Plackett and Luce: place after place a class is chosen from those
 * that are left, with probability in proportion to exp(logit).
 *
 *     ℓ = Σ_k w_k (log Σ_{l ≥ k} exp(z_{π_l}) − z_{π_k})
 *
 * Without weights, exp(−ℓ) sums to 1 over all rankings. The last place is no choice and costs 0. Convex in the logits, and
 * blind to a constant added to a row.
 *
 * Reach for it to learn from orders; with the first place only it is cross-entropy.
 *
 * @param logits - `[batch, classes]`, finite
 * @param ranking - `[batch, classes]`, the class at each place: a permutation in each row; on a device it is not checked
 * @returns `[batch]` loss of each example in nats, or a scalar under a reduction
 * @throws ShapeError if `logits` has not two axes, a row and a class, or another argument does not fit it
 * @throws DTypeError if `logits` are no floats, `ranking` no i32, or the weights differ in dtype
 * @throws RangeError if a logit on the host is not finite, a weight is negative or not finite, or a row of `ranking` no
 * permutation
 * @throws TypeError if `reduction` is none of those listed
 * @source Plackett, "The Analysis of Permutations", Applied Statistics 1975; Luce, "Individual Choice Behavior", 1959
 */
export function plackettLuceNll(
  logits: Tensor,
  ranking: Tensor<"i32">,
  { weights, reduction = "none" }: PlackettLuceNllOptions = {},
): Tensor {
  const caller = "plackettLuceNll";
  checkReduction(caller, reduction);
  checkScores(caller, { logits });
  checkSameShape(caller, { logits, ranking });
  checkRanking(caller, ranking);
  if (weights !== undefined) checkWeights(caller, logits, weights);
  return reduceLosses(rankingLosses(logits, ranking, weights), reduction);
}

/** `Σ_k w_k (log Σ_{l ≥ k} exp(z_{π_l}) − z_{π_k})` of each row. */
export function rankingLosses(logits: Tensor, ranking: Tensor<"i32">, weights?: Tensor): Tensor {
  const inOrder = takeAlongAxis(relative(logits), ranking, 1);
  const choices = suffixLogSumExp(inOrder).sub(inOrder); // [batch, classes]
  return (weights === undefined ? choices : choices.mul(stopGradient(weights))).sum(1);
}

/** Throws unless the only tensor named is a float matrix with a row and a class, and finite where it is on the host. */
export function checkScores(caller: string, named: Readonly<Record<string, Tensor>>): void {
  checkRank(caller, named, 2);
  checkFloat(caller, named);
  const [[name, { shape }]] = Object.entries(named);
  if (shape.includes(0)) {
    throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must have a row and a class`);
  }
  checkFinite(caller, named);
}

/** Throws unless the weights fit the logits, row by row or all rows alike, and are finite and ≥ 0 where on the host. */
export function checkWeights(caller: string, logits: Tensor, weights: Tensor): void {
  const [batch, classes] = logits.shape;
  const { shape } = weights;
  const fits =
    shape[shape.length - 1] === classes && (shape.length === 1 || (shape.length === 2 && shape[0] === batch));
  if (!fits) {
    throw new ShapeError(
      `${caller}: weights has shape ${showShape(shape)} but must be [${batch}, ${classes}] or [${classes}]`,
    );
  }
  checkSameDType(caller, { logits, weights });
  hostValues(weights)?.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: weights holds ${weight} at ${i} but must hold finite numbers ≥ 0`);
    }
  });
}

function checkRanking(caller: string, ranking: Tensor<"i32">): void {
  checkDType(caller, { ranking }, "i32");
  const values = hostValues(ranking);
  if (values === undefined) return;
  const [batch, classes] = ranking.shape;
  for (let row = 0; row < batch; row++) {
    const places = values.slice(row * classes, (row + 1) * classes);
    const ids = new Set<number>(places);
    if (ids.size !== classes || places.some((id) => id < 0 || id >= classes)) {
      throw new RangeError(
        `${caller}: row ${row} of ranking is [${places.join(", ")}] but must be a permutation of [0, ${classes})`,
      );
    }
  }
}
