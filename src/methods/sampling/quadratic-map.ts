import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { checkShape, concat, expandDims, ones, square, type Tensor } from "../../autodiff/index.js";
import type { FeatureMap } from "./feature-map.js";

export interface QuadraticMapOptions {
  /** Numbers of a vector, d, a whole number ≥ 1. */
  readonly width: number;
  /** α of the kernel, ≥ 0; at 0 it is 1 everywhere. Default 100. */
  readonly strength?: number;
}

/**
 * The features of a quadratic kernel: exact, positive, and d² + 1 in number.
 *
 *     φ(u) = [√α · vec(u·uᵀ), 1]      φ(x)·φ(y) = α·(x·y)² + 1
 *
 * Reach for it where d is small, or Gaussian features too noisy: a large `(x·y)²` is as good as a large `x·y` to it,
 * whatever the sign.
 *
 * @returns a map from `[..., d]` to `[..., d² + 1]`
 * @throws RangeError if `width` is no whole number ≥ 1, or `strength` is negative or not finite
 * @throws ShapeError by `apply`, if a vector does not have d numbers
 * @source Blanc and Rendle, "Adaptive Sampled Softmax with Kernel Based Sampling", ICML 2018, arXiv:1712.00527
 */
export function quadraticMap({ width, strength = 100 }: QuadraticMapOptions): FeatureMap {
  checkCount("quadraticMap", { width }, 1);
  checkAtLeast("quadraticMap", { strength }, 0);
  return {
    width,
    features: width * width + 1,
    apply: (vectors: Tensor) => {
      const lead = vectors.shape.slice(0, -1);
      checkShape("quadraticMap.apply", "vectors", vectors, [...lead, width]);
      const products = expandDims(vectors.mul(Math.sqrt(strength)), -1).mul(expandDims(vectors, -2));
      return concat([products.reshape([...lead, width * width]), ones([...lead, 1], vectors)], -1);
    },
    kernel: (queries: Tensor, vectors: Tensor) => {
      const products = vectors.matmul(expandDims(queries, 2)).reshape(vectors.shape.slice(0, -1)); // [B, K]
      return square(products).mul(strength).add(1);
    },
    dispose: () => {},
  };
}
