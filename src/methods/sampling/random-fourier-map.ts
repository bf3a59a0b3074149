import { checkAbove, checkCount } from "../../autodiff/check.js";
import {
  checkShape,
  concat,
  cos,
  evaluate,
  type Float,
  type Key,
  normal,
  sin,
  type Tensor,
} from "../../autodiff/index.js";
import type { FeatureMap } from "./feature-map.js";

export interface RandomFourierMapOptions {
  /** Numbers of a vector, d, a whole number ≥ 1. */
  readonly width: number;
  /** ν of the kernel `exp(−ν‖x − y‖²/2)`, > 0. */
  readonly sharpness: number;
  /** Random frequencies D, a whole number ≥ 1; there are 2D features. Default 1024. */
  readonly frequencies?: number;
  /** Of the vectors. Default f32. */
  readonly dtype?: Float;
}

/**
 * Random features of the Gaussian kernel: a cosine and a sine along each of D random directions.
 *
 *     φ(u) = D^(−1/2) · [cos(w_1·u), …, cos(w_D·u), sin(w_1·u), …, sin(w_D·u)]      w_i ~ N(0, ν·I)
 *     E[φ(x)·φ(y)] = exp(−ν‖x − y‖²/2)      Var = (1 − exp(−ν‖x − y‖²))² / (2D)      φ(u)·φ(u) = 1
 *
 * Reach for it where sums of a Gaussian kernel over many points are needed: by `KernelSamplingTree`, say. The directions
 * are drawn once, from the key, and held on its backend until `dispose`.
 *
 * @param key - on the backend of the vectors
 * @returns a map from `[..., d]` to `[..., 2D]`
 * @throws RangeError if `width` or `frequencies` is no whole number ≥ 1, or `sharpness` is not above 0
 * @throws ShapeError by `apply`, if a vector does not have d numbers
 * @source Rahimi and Recht, "Random Features for Large-Scale Kernel Machines", NIPS 2007; as used by Rawat et al., "Sampled
 * Softmax with Random Fourier Features", NeurIPS 2019, arXiv:1907.10747
 */
export function randomFourierMap(
  key: Key,
  { width, sharpness, frequencies = 1024, dtype = "f32" }: RandomFourierMapOptions,
): FeatureMap {
  checkCount("randomFourierMap", { width, frequencies }, 1);
  checkAbove("randomFourierMap", { sharpness }, 0);
  const directions = evaluate(normal(key, [width, frequencies], { dtype }).mul(Math.sqrt(sharpness)));
  return {
    width,
    features: 2 * frequencies,
    apply: (vectors: Tensor) => {
      const lead = vectors.shape.slice(0, -1);
      checkShape("randomFourierMap.apply", "vectors", vectors, [...lead, width]);
      const angles = vectors.reshape([-1, width]).matmul(directions);
      const waves = concat([cos(angles), sin(angles)], 1).mul(1 / Math.sqrt(frequencies));
      return waves.reshape([...lead, 2 * frequencies]);
    },
    dispose: () => directions.dispose(),
  };
}
