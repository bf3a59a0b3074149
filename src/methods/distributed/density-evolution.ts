import { checkBetween, checkCount } from "../../autodiff/check.js";

export interface DensityEvolutionOptions {
  /** Chance q₀ that a position is erased, in [0, 1]. */
  readonly erasureProbability: number;
  /** Checks l that touch each position, a whole number ≥ 2. Default 3. */
  readonly columnWeight?: number;
  /** Positions r that each check touches, a whole number > columnWeight. Default 6. */
  readonly rowWeight?: number;
  /** Iterations D, a whole number ≥ 0. */
  readonly iterations: number;
}

export interface DensityEvolution {
  /** `[D + 1]`: q_d, the chance that what a position tells a check after d iterations is an erasure. */
  readonly edges: Float64Array;
  /** `[D + 1]`: p_d, the chance that a position is erased after d iterations. */
  readonly positions: Float64Array;
}

/**
 * What peeling leaves erased of a long random regular code, on average.
 *
 *     q_d = q_0 · (1 − (1 − q_{d−1})^{r−1})^{l−1}      p_d = q_0 · (1 − (1 − q_{d−1})^{r−1})^l      p_0 = q_0
 *
 * Neighbourhoods are taken to be trees, as they are in the limit of long codes. The paper writes q_D for what is left of
 * a gradient; a coordinate is a position, so that p_D ≤ q_D is exact.
 *
 * Reach for it to choose weights and iterations for a chance of stragglers.
 *
 * @param options - the chance of an erasure, the code's weights, the iterations
 * @throws RangeError if `erasureProbability` is outside [0, 1], `columnWeight` below 2, `rowWeight` not above it, or
 * `iterations` not a whole number ≥ 0
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327; Richardson and Urbanke, "The Capacity of Low-Density Parity-Check Codes under Message-Passing
 * Decoding", IEEE Trans. Information Theory 2001
 */
export function densityEvolution(options: DensityEvolutionOptions): DensityEvolution {
  const { erasureProbability, columnWeight = 3, rowWeight = 6, iterations } = options;
  checkBetween("densityEvolution", { erasureProbability }, 0, 1);
  checkWeights("densityEvolution", columnWeight, rowWeight);
  checkCount("densityEvolution", { iterations }, 0);
  const edges = new Float64Array(iterations + 1).fill(erasureProbability);
  const positions = edges.slice();
  for (let d = 1; d <= iterations; d++) {
    const blocked = 1 - (1 - edges[d - 1]) ** (rowWeight - 1); // a check is of no help
    edges[d] = erasureProbability * blocked ** (columnWeight - 1);
    positions[d] = erasureProbability * blocked ** columnWeight;
  }
  return { edges, positions };
}

/**
 * The largest chance of an erasure below which peeling recovers all of a long random regular code.
 *
 *     q* = min_{0 < x ≤ 1} x / (1 − (1 − x)^{r−1})^{l−1}
 *
 * Reach for it to see how many stragglers a code can bear: 0.4294 at (3, 6).
 *
 * @param columnWeight - l, a whole number ≥ 2
 * @param rowWeight - r, a whole number > l
 * @returns q*, to about 1e-9
 * @throws RangeError if `columnWeight` is below 2 or `rowWeight` not above it
 * @source Richardson and Urbanke, "The Capacity of Low-Density Parity-Check Codes under Message-Passing Decoding", IEEE
 * Trans. Information Theory 2001
 */
export function erasureThreshold(columnWeight: number, rowWeight: number): number {
  checkWeights("erasureThreshold", columnWeight, rowWeight);
  const bound = (x: number) => x / (1 - (1 - x) ** (rowWeight - 1)) ** (columnWeight - 1);
  const grid = 10_000;
  let best = 1;
  for (let i = 1; i < grid; i++) if (bound(i / grid) < bound(best)) best = i / grid;
  for (let step = 1 / grid; step > 1e-9; step /= 2) {
    for (const x of [best - step, best + step]) if (x > 0 && x < 1 && bound(x) < bound(best)) best = x;
  }
  return bound(best);
}

function checkWeights(caller: string, columnWeight: number, rowWeight: number): void {
  checkCount(caller, { columnWeight }, 2);
  checkCount(caller, { rowWeight }, 1);
  if (rowWeight <= columnWeight) {
    throw new RangeError(`${caller}: rowWeight is ${rowWeight} but must be above columnWeight, ${columnWeight}`);
  }
}
