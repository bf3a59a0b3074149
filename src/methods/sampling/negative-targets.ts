import { checkAtLeast } from "../../autodiff/check.js";
import { allocate } from "../../autodiff/dtype.js";
import { leaf } from "../../autodiff/graph.js";
import { type Backend, cast, gather, type Tensor } from "../../autodiff/index.js";

import { finestFloat } from "./draw-shape.js";
import type { Like } from "./sampler.js";

/**
 * The implicit weight ρ that each negative y' of each label y is to have, whatever it is drawn from. Any object with
 * `logTarget` will do.
 */
export interface NegativeTarget {
  /** Number of classes, where it is fixed. */
  readonly classes?: number;

  /**
   * log ρ; −Infinity for a negative that is to count for nothing.
   *
   * @param labels - `[B, 1]`
   * @param negatives - `[m]` or `[B, m]`
   * @param like - says which dtype
   * @returns what broadcasts to `[B, m]`, in nats; no gradient flows into it
   */
  logTarget(labels: Tensor<"i32">, negatives: Tensor<"i32">, like: Like): Tensor;
}

export interface PriorTargetOptions {
  /** Exponent τ, a finite number ≥ 0. Default 1. */
  readonly strength?: number;
}

/**
 * Negatives count by how much more frequent they are than the label: the margins of logit adjustment.
 *
 *     ρ_{yy'} = (π_{y'} / π_y)^τ
 *
 * The best scores are then `log p(y|x) − τ · log π_y`, up to a constant: with τ = 1 they rank as on balanced data.
 *
 * Reach for it when classes are skewed and every class counts the same.
 *
 * @param priors - `[C]`, π: above 0, adding up to 1 within 1e-9; `classPriors` of `cotangent/methods/longtail` makes them
 * @throws RangeError if a prior is not above 0, or they do not add up to 1
 * @throws RangeError if `strength` is negative or not finite
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736; Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314
 */
export function logitAdjustTarget(
  priors: ArrayLike<number>,
  { strength = 1 }: PriorTargetOptions = {},
): NegativeTarget {
  checkAtLeast("logitAdjustTarget", { strength }, 0);
  const logPrior = tableOf(checkedPriors("logitAdjustTarget", priors, Math.log));
  return {
    classes: priors.length,
    logTarget: (labels, negatives, like) => logPrior(negatives, like).sub(logPrior(labels, like)).mul(strength),
  };
}

/**
 * Negatives count by how frequent they are: dominant ones push harder, whatever the label.
 *
 *     ρ_{yy'} = π_{y'}^τ
 *
 * Reach for it to hold dominant classes back without a larger margin for each rare label; its best scores have no closed
 * form. With τ = 1 it is what constant weights do to negatives from the batch, m apart.
 *
 * @param priors - `[C]`, π: above 0, adding up to 1 within 1e-9; `classPriors` of `cotangent/methods/longtail` makes them
 * @throws RangeError if a prior is not above 0, or they do not add up to 1
 * @throws RangeError if `strength` is negative or not finite
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736; Tan et al., "Equalization Loss for Long-Tailed Object Recognition", CVPR 2020, arXiv:2003.05176
 */
export function equalisedTarget(priors: ArrayLike<number>, { strength = 1 }: PriorTargetOptions = {}): NegativeTarget {
  checkAtLeast("equalisedTarget", { strength }, 0);
  const logPrior = tableOf(checkedPriors("equalisedTarget", priors, Math.log));
  return {
    classes: priors.length,
    logTarget: (_labels, negatives, like) => logPrior(negatives, like).mul(strength),
  };
}

export interface AdaptiveMarginTargetOptions {
  /** Scale c of the margins, a finite number ≥ 0. Default 1. */
  readonly scale?: number;
}

/**
 * Rare labels ask for a larger margin, from all negatives alike.
 *
 *     ρ_{yy'} = exp(c · π_y^(−1/4))
 *
 * Reach for it to give rare classes margins as label-distribution-aware margins do.
 *
 * @param priors - `[C]`, π: above 0, adding up to 1 within 1e-9; `classPriors` of `cotangent/methods/longtail` makes them
 * @throws RangeError if a prior is not above 0, or they do not add up to 1
 * @throws RangeError if `scale` is negative or not finite
 * @source Cao et al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss", NeurIPS 2019,
 * arXiv:1906.07413; Rawat et al., ICML 2021, arXiv:2105.05736
 */
export function adaptiveMarginTarget(
  priors: ArrayLike<number>,
  { scale = 1 }: AdaptiveMarginTargetOptions = {},
): NegativeTarget {
  checkAtLeast("adaptiveMarginTarget", { scale }, 0);
  const margin = tableOf(checkedPriors("adaptiveMarginTarget", priors, (prior) => prior ** -0.25));
  return {
    classes: priors.length,
    logTarget: (labels, _negatives, like) => margin(labels, like).mul(scale),
  };
}

/**
 * A weight for every pair of label and negative.
 *
 * Reach for it when some confusions cost more than others, and classes are few enough for a matrix.
 *
 * @param weights - `[C·C]`, ρ_{yy'} at `y · C + y'`, finite and ≥ 0; what is on the diagonal is never used
 * @param classes - C ≥ 2
 * @throws RangeError if there are not C² weights, or one is negative or not finite
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function matrixTarget(weights: ArrayLike<number>, classes: number): NegativeTarget {
  if (weights.length !== classes * classes) {
    throw new RangeError(
      `matrixTarget: weights has ${weights.length} elements but must have ${classes}², ${classes * classes}`,
    );
  }
  for (let i = 0; i < weights.length; i++) checkAtLeast("matrixTarget", { [`weights[${i}]`]: weights[i] }, 0);
  const table = tableOf(Float64Array.from(weights, Math.log));
  return {
    classes,
    logTarget: (labels, negatives, like) => table(labels.mul(classes).add(negatives), like),
  };
}

function checkedPriors(caller: string, priors: ArrayLike<number>, of: (prior: number) => number): Float64Array {
  let total = 0;
  for (let j = 0; j < priors.length; j++) {
    if (!(priors[j] > 0 && priors[j] <= 1)) {
      throw new RangeError(
        `${caller}: priors[${j}] is ${priors[j]} but must be in (0, 1]; classPriors with least: 1 keeps it from 0`,
      );
    }
    total += priors[j];
  }
  if (!(Math.abs(total - 1) <= 1e-9)) {
    throw new RangeError(`${caller}: priors adds up to ${total} but must add up to 1; classPriors makes it so`);
  }
  return Float64Array.from(priors, of);
}

/** Looks values up on the backend of the ids; they go there once, and stay as long as the target. */
function tableOf(values: Float64Array): (ids: Tensor<"i32">, like: Like) => Tensor {
  const held = new Map<Backend, Tensor>();
  return (ids, { dtype }) => {
    let table = held.get(ids.backend);
    if (table === undefined) {
      const finest = finestFloat(ids.backend);
      const copy = allocate(finest, values.length);
      copy.set(values);
      table = leaf(ids.backend, copy, [values.length], finest) as Tensor;
      held.set(ids.backend, table);
    }
    return cast(gather(table, ids), dtype);
  };
}
