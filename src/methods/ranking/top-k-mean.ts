import { checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { type Tensor, topK } from "../../autodiff/index.js";

/**
 * The mean of the k largest values along the last axis.
 *
 *     topKMean_k(v) = (v_[1] + … + v_[k]) / k      v_[1] ≥ v_[2] ≥ …
 *
 * Convex; the largest value for k = 1, the mean for k = n. The gradient is 1/k on those k, of equals the first.
 *
 * Reach for it to train on the hardest examples of a batch, by their losses.
 *
 * @param values - `[..., n]`
 * @param k - in [1, n]
 * @returns `[...]`
 * @throws ShapeError if there is no axis, or it is empty
 * @throws DTypeError if `values` are no f32 or f64
 * @throws RangeError if `k` is no whole number in [1, n], or a value on the host is NaN
 * @source Lapin et al., "Top-k Multiclass SVM", NeurIPS 2015, arXiv:1511.06683; Kawaguchi and Lu, "Ordered SGD: A New
 * Stochastic Optimization Framework for Empirical Risk Minimization", AISTATS 2020, arXiv:1907.04371
 */
export function topKMean(values: Tensor, k: number): Tensor {
  const { shape } = values;
  checkFloat("topKMean", { values });
  const count = shape[shape.length - 1] ?? 0;
  if (count === 0) {
    throw new ShapeError(`topKMean: values has shape ${showShape(shape)} but must have a value along its last axis`);
  }
  checkChoice("topKMean", { k }, count);
  checkNoNaN("topKMean", { values });
  return topK(values, k).values.mean(-1);
}

/** Throws unless each option is a whole number in [1, most]. */
export function checkChoice(caller: string, options: Readonly<Record<string, number>>, most: number): void {
  for (const [name, value] of Object.entries(options)) {
    checkCount(caller, { [name]: value }, 1);
    if (value > most) throw new RangeError(`${caller}: ${name} is ${value} but must be in [1, ${most}]`);
  }
}

/** Throws where a value that is on the host is NaN: it would count as the largest. */
export function checkNoNaN(caller: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const place = hostValues(tensor)?.findIndex(Number.isNaN) ?? -1;
    if (place >= 0) throw new RangeError(`${caller}: ${name} is NaN at ${place} but must be a number`);
  }
}
