import type { GradientQuality } from "./comparison.js";

/** Relative size below which a spread is rounding: an estimate that draws nothing repeats itself. */
const ROUNDING = 1e-9;

/**
 * How independent draws ĝ_i of an estimate behave against a gradient g, from running sums.
 *
 *     tr Cov ≈ (Σ‖ĝ_i‖² − n‖m‖²) / (n − 1)      ‖E ĝ − g‖² ≈ ‖m − g‖² − tr Cov / n      m the mean of n draws
 *
 * Both are without bias; a negative estimate of a square is reported as 0.
 */
export class GradientStatistics {
  private readonly full: Float64Array;
  private readonly sum: Float64Array;
  private squares = 0;
  private draws = 0;

  constructor(full: Float64Array) {
    this.full = full;
    this.sum = new Float64Array(full.length);
  }

  add(drawn: Float64Array): void {
    this.draws += 1;
    for (let j = 0; j < drawn.length; j += 1) {
      this.sum[j] += drawn[j]!;
      this.squares += drawn[j]! * drawn[j]!;
    }
  }

  /** Of two draws at least. */
  summary(): Omit<GradientQuality, "method" | "title"> {
    const { full, sum, squares, draws } = this;
    let [size, meanSize, off, product] = [0, 0, 0, 0];
    for (let j = 0; j < full.length; j += 1) {
      const mean = sum[j]! / draws;
      size += full[j]! * full[j]!;
      meanSize += mean * mean;
      off += (mean - full[j]!) ** 2;
      product += mean * full[j]!;
    }
    const spread = (squares - draws * meanSize) / (draws - 1);
    const trace = spread < ROUNDING * meanSize ? 0 : spread;
    const signal = Math.max(0, meanSize - trace / draws);
    return {
      bias: Math.sqrt(Math.max(0, off - trace / draws) / size),
      resolution: Math.sqrt(trace / draws / size),
      noise: Math.sqrt(trace / size),
      ...(trace === 0 ? {} : { signalToNoise: signal / trace }),
      cosine: signal === 0 ? 0 : Math.max(-1, Math.min(1, product / Math.sqrt(signal * size))),
    };
  }
}
