import { apply } from "../../autodiff/graph.js";
import type { HostKernel, Tensor } from "../../autodiff/index.js";
import { newtonStep, rowSoftmax } from "./sinkhorn-newton.js";

/**
 * The limit of Sinkhorn's rounds: `x = exp(z + f + g)` whose rows sum to 1, and columns within `tolerance`.
 *
 * Rounds would come near it ever more slowly the wider z is. Newton's method on the potentials of columns does not, if it
 * starts near: from the limit for z/2, that from z/4 and so on, up to a z that hardly varies. Computed on the host in f64;
 * without gradient.
 *
 * @param z - `[..., n, n]`
 * @returns `[..., n, n]`; NaN where z is not finite
 */
export function sinkhornLimit(z: Tensor, tolerance: number): Tensor {
  const { shape, dtype } = z;
  return apply("sinkhornRelaxation", "sinkhornLimit", [z], {
    shape,
    dtype,
    attributes: { tolerance },
    host: limit,
  });
}

/** Newton steps at most for each scale. Some ten are usual; more come of a tolerance below rounding. */
const mostSteps = 100;

const limit: HostKernel = ([z], output, attributes, { output: shape }) => {
  const n = shape[shape.length - 1];
  for (let start = 0; start < output.length; start += n * n) {
    const values = Float64Array.from(z.subarray(start, start + n * n));
    if (values.every(Number.isFinite)) output.set(balanced(values, n, attributes.tolerance as number), start);
    else output.fill(Number.NaN, start, start + n * n);
  }
};

function balanced(z: Float64Array, n: number, tolerance: number): Float64Array {
  const range = Math.max(...z) - Math.min(...z);
  const g = new Float64Array(n);
  for (let level = Math.max(0, Math.ceil(Math.log2(range))); ; level--) {
    const scaled = z.map((value) => value / 2 ** level);
    const enough = level > 0 ? 0.01 : tolerance;
    for (let step = 0; step < mostSteps && newtonStep(scaled, g, enough); step++);
    if (level <= 0) return rowSoftmax(scaled, g);
    g.forEach((potential, j) => {
      g[j] = 2 * potential;
    });
  }
}
