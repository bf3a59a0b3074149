import { checkCount, checkRank, exp, gather, type Key, randomKey, stopGradient, type Tensor, tensor } from "cotangent";
import { aliasSampler, type Sampler, uniformSampler } from "cotangent/methods/sampling";
import { estimatorSubject, type Subject, scores } from "cotangent/testing";

export interface WeightedSumOptions {
  /** Draws that it is made of, a whole number ≥ 1. Default 16. */
  readonly draws?: number;
}

/**
 * The sum of many numbers, estimated from a few of them: each that is drawn counts by one over its chance.
 *
 *     estimate = (1 / draws) Σ_s x_{j_s} / q_{j_s}      j_s ~ q, independently
 *
 * Unbiased, and so is its gradient, wherever q is above 0; no gradient flows into the sampler.
 *
 * @param values - `[count]`
 * @param sampler - draws from `count` classes, all of them with a chance above 0
 * @returns a scalar
 * @throws ShapeError if `values` has not 1 axis
 * @throws RangeError if `draws` is not a whole number ≥ 1
 */
export function weightedSum(values: Tensor, sampler: Sampler, key: Key, options: WeightedSumOptions = {}): Tensor {
  const { draws = 16 } = options;
  checkRank("weightedSum", { values }, 1);
  checkCount("weightedSum", { draws }, 1);

  const ids = sampler.draw(key, draws); // [draws]
  const chances = exp(stopGradient(sampler.logProbability(ids, values)));
  return gather(values, ids).div(chances).mean();
}

/** What it is: `cotangent verify` checks all of this, on every backend. */
export const weightedSumSubject: Subject = estimatorSubject({
  name: "weightedSum",
  inputs: { values: scores(["count"]) },
  estimate: ({ values }, key) => {
    const weights = Array.from({ length: values.shape[0] }, (_, j) => j + 1);
    return weightedSum(values, aliasSampler({ weights }), key, { draws: 2 });
  },
  target: ({ values }) => values.sum(),
  shape: [],
  sizes: { count: [2, 4] },
  gradient: ["values"],
  extreme: 1e4,
  errors: [
    {
      call: () => weightedSum(tensor([1, 2]), uniformSampler({ classes: 2 }), randomKey(0), { draws: 0 }),
      message: "weightedSum: draws is 0 but must be a whole number ≥ 1",
    },
    {
      call: () => weightedSum(tensor([[1, 2]]), uniformSampler({ classes: 2 }), randomKey(0)),
      message: "weightedSum: values has shape [1, 2] but must have 1 axis",
    },
  ],
});
