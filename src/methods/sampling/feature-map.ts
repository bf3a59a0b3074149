import type { Tensor } from "../../autodiff/index.js";

/** Turns vectors into features whose inner products are a kernel, `φ(x)·φ(y) ≈ K(x, y)`: then sums of kernels are cheap. */
export interface FeatureMap {
  /** Numbers of a vector, d. */
  readonly width: number;
  /** Numbers of its features, F. */
  readonly features: number;

  /** φ of vectors: `[..., d]` → `[..., F]`, differentiable. */
  apply(vectors: Tensor): Tensor;

  /**
   * `φ(x_b)·φ(y_bk)` without features: maps have it where it costs less than they do.
   *
   * @param queries - `[B, d]`
   * @param vectors - `[B, K, d]`
   * @returns `[B, K]`
   */
  kernel?(queries: Tensor, vectors: Tensor): Tensor;

  /** Gives back what the map holds, if anything. */
  dispose(): void;
}
