import { categorical, checkAtLeast, checkCount, gather, type Key, logSoftmax, type Tensor, tensor } from "cotangent";
import type { Sampler } from "cotangent/methods/sampling";
import { numbers, type Subject, samplerSubject } from "cotangent/testing";
import fc from "fast-check";

export interface PowerLawSamplerOptions {
  /** Number of classes, the most frequent first; a whole number ≥ 2. */
  readonly classes: number;
  /** How fast frequencies fall, a finite number ≥ 0; 0 draws all classes alike. Default 1. */
  readonly power?: number;
}

/**
 * A sampler of classes whose frequencies fall as a power of their rank.
 *
 *     q_j = (j + 1)^−power / Σ_k (k + 1)^−power
 *
 * @throws RangeError if `classes` is not a whole number ≥ 2, or `power` is negative or not finite
 */
export function powerLawSampler(options: PowerLawSamplerOptions): Sampler {
  const { classes, power = 1 } = options;
  checkCount("powerLawSampler", { classes }, 2);
  checkAtLeast("powerLawSampler", { power }, 0);

  const logWeights = Float64Array.from({ length: classes }, (_, j) => -power * Math.log(j + 1));
  const logitsOn = (backend: Key["backend"]): Tensor =>
    tensor(logWeights, { backend, dtype: backend.dtypes.has("f64") ? "f64" : "f32" });
  return {
    classes,
    draw: (key, shape) => categorical(key, logitsOn(key.backend), typeof shape === "number" ? [shape] : shape),
    logProbability: (ids, like = { dtype: "f32" }) => {
      const logits = tensor(logWeights, { backend: ids.backend, dtype: like.dtype });
      return gather(logSoftmax(logits, 0), ids);
    },
  };
}

/** What it is: `cotangent verify` checks all of this, on every backend. */
export const powerLawSamplerSubject: Subject = samplerSubject({
  name: "powerLawSampler",
  options: fc.record({ classes: fc.integer({ min: 2, max: 6 }), power: numbers({ min: 0, max: 2 }) }),
  sampler: (options) => powerLawSampler(options),
  probabilities: ({ classes, power }) => {
    const weights = Array.from({ length: classes }, (_, j) => (j + 1) ** -power);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  },
  errors: [
    {
      call: () => powerLawSampler({ classes: 1 }),
      message: "powerLawSampler: classes is 1 but must be a whole number ≥ 2",
    },
    {
      call: () => powerLawSampler({ classes: 3, power: -1 }),
      message: "powerLawSampler: power is -1 but must be a finite number ≥ 0",
    },
  ],
});
