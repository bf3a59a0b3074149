import { checkCount } from "../../autodiff/check.js";
import type { ClassFeatures, InputFeatures } from "./class-features.js";

/**
 * Features of an input and a class from those of the input, a block for each class.
 *
 *     Φ(x, y) = e_y ⊗ ψ(x)      block y holds ψ(x), the others 0
 *
 * Reach for it to tell a linear probabilistic classifier the mean of each ψ_k within each class.
 *
 * @param inputFeatures - ψ; give it a constant feature, so that the classes' shares are among the means
 * @param classes - r, a whole number ≥ 2
 * @returns Φ, `r · k` features for each class
 * @throws RangeError if `classes` is not a whole number ≥ 2
 * @source Mazuelas, Zanoni and Pérez, "Minimax Classification with 0-1 Loss and Performance Guarantees", NeurIPS 2020,
 * arXiv:2010.07964, section 4
 */
export function oneHotFeatures(inputFeatures: InputFeatures, classes: number): ClassFeatures {
  checkCount("oneHotFeatures", { classes }, 2);
  const { features: width, low, high } = inputFeatures;
  const features = classes * width;
  const repeated = (bounds: Float64Array, with0: (bound: number, zero: number) => number) =>
    Float64Array.from({ length: features }, (_, j) => with0(bounds[j % width], 0));
  return {
    classes,
    features,
    low: repeated(low, Math.min),
    high: repeated(high, Math.max),
    of(input) {
      const values = inputFeatures.of(input);
      const all = new Float64Array(classes * features);
      for (let y = 0; y < classes; y++) all.set(values, y * features + y * width);
      return all;
    },
  };
}
