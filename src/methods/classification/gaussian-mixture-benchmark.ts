import { checkCount } from "../../autodiff/check.js";
import { type Key, normal } from "../../autodiff/index.js";
import type { LabelledRows } from "./samples-to-reach.js";

export interface GaussianMixtureBenchmarkOptions {
  /** d, a whole number ≥ 1. */
  readonly features: number;
  /** K, a whole number ≥ 2. Default 2. */
  readonly classes?: number;
}

export interface GaussianMixtureBenchmark {
  readonly classes: number;
  /** `[classes][features]`. */
  readonly means: readonly Float64Array[];
  /** `[features]`, the same for all classes. */
  readonly variances: Float64Array;
  /**
   * As many examples of each class as of another, one more of the first ones where `count` is no multiple of K.
   *
   * @param key - a key of its own for each call
   * @param count - a whole number ≥ 1
   */
  draw(key: Key, count: number): Promise<LabelledRows>;
}

/**
 * A mixture of normals on which naive Bayes with the true numbers is Bayes' rule, half of whose features are almost noise.
 *
 *     class 0: N(−1, Σ)      class k ≥ 1: N(2^(k−1)·1, Σ)      Σ = diag(d in the first half, 1 in the second)
 *
 * Classes are equally frequent; Bayes' error is next to 0 for d ≥ 40. Reach for it to count how many examples a learner
 * needs: `samplesToReach`.
 *
 * @throws RangeError if `features` is no whole number ≥ 1 or `classes` none ≥ 2
 * @source Zheng, Wu, Bao, Cao, Li and Zhu, "Revisiting Discriminative vs. Generative Classifiers: Theory and Implications",
 * ICML 2023, arXiv:2302.02334, §6.1 and the authors' program
 */
export function gaussianMixtureBenchmark({
  features,
  classes = 2,
}: GaussianMixtureBenchmarkOptions): GaussianMixtureBenchmark {
  checkCount("gaussianMixtureBenchmark", { features }, 1);
  checkCount("gaussianMixtureBenchmark", { classes }, 2);
  const means = Array.from({ length: classes }, (_, k) => new Float64Array(features).fill(k === 0 ? -1 : 2 ** (k - 1)));
  const variances = Float64Array.from({ length: features }, (_, j) => (j < Math.floor(features / 2) ? features : 1));
  const deviations = variances.map(Math.sqrt);
  return {
    classes,
    means,
    variances,
    async draw(key, count) {
      checkCount("draw", { count }, 1);
      const dtype = key.backend.dtypes.has("f64") ? "f64" : "f32";
      const noise = await normal(key, [count, features], { dtype }).data();
      const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
      const inputs = Array.from(labels, (label, i) =>
        deviations.map((deviation, j) => means[label][j] + deviation * noise[i * features + j]),
      );
      return { inputs, labels };
    },
  };
}
