import { factorCholesky, solveCholesky } from "./cholesky-solve.js";

/** Steps that one factored Hessian may serve. */
const reuse = 8;
const maxSteps = 200;
/** Factors of at most 2 that are multiplied before a logarithm is taken of them all: 2⁵¹² is far from overflow. */
const block = 512;
/** Rows that a pass takes at a time: sums that do not wait for each other, and fewer trips to memory. */
const stride = 4;

/**
 * Penalized logistic regression in two classes, by Newton's method on plain arrays:
 *
 *     L(w, b) = Σ_i log σ(ζᵢ·(w·zᵢ + b)) − λ·(‖w‖² + b²)
 *
 * Steps are cut to length 1 and halved until `L` does not fall, so a fit never ends below where it started. The Hessian
 * does not depend on the signs ζ, so a fit that goes on after some of them changed starts with the factor it has.
 */
export class LogisticFit {
  readonly width: number;
  readonly regularization: number;
  /** Examples in use; the arrays below may be longer. */
  count = 0;
  /** `[count, width]`, the features z. */
  readonly rows: Float64Array;
  /** `[count]`, ζ: 1 or −1. */
  readonly signs: Float64Array;
  /** `[width + 1]`: the weights w, then the bias b. */
  readonly theta: Float64Array;
  /** L at `theta`. */
  value = 0;
  /** `[width + 1]`: the gradient of L at `theta`. */
  gradient: Float64Array;

  private candidate: Float64Array;
  private candidateGradient: Float64Array;
  private readonly pulls: Float64Array;
  private readonly curvature: Float64Array;
  private readonly factor: Float64Array;
  private readonly step: Float64Array;
  /** Steps taken with the factor; infinite when there is none. */
  private age = Number.POSITIVE_INFINITY;

  constructor(capacity: number, width: number, regularization: number) {
    this.width = width;
    this.regularization = regularization;
    const padded = capacity + stride - 1; // a last group that is not full ends in rows of weight 0
    this.rows = new Float64Array(padded * width);
    this.signs = new Float64Array(capacity);
    this.pulls = new Float64Array(padded);
    this.curvature = new Float64Array(padded);
    this.theta = new Float64Array(width + 1);
    this.candidate = new Float64Array(width + 1);
    this.gradient = new Float64Array(width + 1);
    this.candidateGradient = new Float64Array(width + 1);
    this.factor = new Float64Array((width + 1) ** 2);
    this.step = new Float64Array(width + 1);
  }

  /** Evaluates L at `theta`, for rows and signs that are new. */
  start(): void {
    this.age = Number.POSITIVE_INFINITY;
    this.value = this.evaluate(this.theta, this.gradient);
  }

  /**
   * Changes the sign of examples, which are given by where they are and by the sum of their features. No row is looked
   * at: `log σ(s) − log σ(−s) = s`, so L gains or loses their scores and the gradient their features.
   */
  flip(from: number, to: number, sign: number, sum: Float64Array): void {
    const { signs, theta, gradient, width } = this;
    signs.fill(sign, from, to);
    let score = theta[width] * (to - from);
    for (let j = 0; j < width; j++) {
      score += theta[j] * sum[j];
      gradient[j] += sign * sum[j];
    }
    gradient[width] += sign * (to - from);
    this.value += sign * score;
  }

  /** Moves `theta` towards the maximum of L, until a step is shorter than asked. */
  maximize(shortest: number): void {
    const { theta, step } = this;
    let { value } = this;
    let previous = Number.POSITIVE_INFINITY;
    search: for (let taken = 0; taken < maxSteps; taken++) {
      if (this.age >= reuse) this.factorHessian();
      let norm = this.newtonStep();
      let isFresh = false;
      for (;;) {
        for (let i = 0; i < theta.length; i++) this.candidate[i] = theta[i] + step[i];
        const reached = this.evaluate(this.candidate, this.candidateGradient);
        if (reached >= value - 1e-12 * (1 + Math.abs(value))) {
          value = reached;
          break;
        }
        if (!isFresh) {
          // The factor may be old and L, after flips, rounded; the curvatures at hand are the candidate's.
          value = this.evaluate(theta, this.gradient);
          this.factorHessian();
          norm = this.newtonStep();
          isFresh = true;
          continue;
        }
        if (!(norm > 0)) break search; // rounding hides whatever ascent is left
        norm /= 2;
        for (let i = 0; i < step.length; i++) step[i] /= 2;
      }
      theta.set(this.candidate);
      [this.gradient, this.candidateGradient] = [this.candidateGradient, this.gradient];
      this.age = norm > 0.2 * previous ? Number.POSITIVE_INFINITY : this.age + 1; // slow: the factor is too old
      if (norm < shortest) break;
      previous = norm;
    }
    this.value = value;
  }

  /** L; its gradient is written out, and the curvatures σ(s)·σ(−s) of the examples are kept. */
  private evaluate(theta: Float64Array, gradient: Float64Array): number {
    const { width, regularization } = this;
    this.scoreEach(theta);
    const likelihood = this.pullEach();
    this.sumPulls(gradient);
    let squares = 0;
    for (let j = 0; j <= width; j++) {
      gradient[j] -= 2 * regularization * theta[j];
      squares += theta[j] * theta[j];
    }
    return likelihood - regularization * squares;
  }

  /** Leaves s = w·z + b in `pulls`. */
  private scoreEach(theta: Float64Array): void {
    const { rows, pulls, count, width } = this;
    const bias = theta[width];
    for (let i = 0, a = 0; i < count; i += stride, a += stride * width) {
      const b = a + width;
      const c = b + width;
      const d = c + width;
      let p = bias;
      let q = bias;
      let r = bias;
      let s = bias;
      for (let j = 0; j < width; j++) {
        const weight = theta[j];
        p += weight * rows[a + j];
        q += weight * rows[b + j];
        r += weight * rows[c + j];
        s += weight * rows[d + j];
      }
      pulls[i] = p;
      pulls[i + 1] = q;
      pulls[i + 2] = r;
      pulls[i + 3] = s;
    }
  }

  /** Σ log σ(ζ·s); for each example the slope ζ·σ(−ζ·s) takes the place of its score, and the curvature is kept. */
  private pullEach(): number {
    const { signs, pulls, curvature, count } = this;
    let total = 0;
    let product = 1;
    for (let i = 0; i < count; i++) {
      const margin = signs[i] * pulls[i];
      const small = Math.exp(-Math.abs(margin));
      const inverse = 1 / (1 + small);
      total += Math.min(margin, 0); // log σ(m) = min(m, 0) − log(1 + e^−|m|)
      product *= 1 + small;
      if (i % block === block - 1) {
        total -= Math.log(product);
        product = 1;
      }
      curvature[i] = small * inverse * inverse;
      pulls[i] = signs[i] * (margin >= 0 ? small : 1) * inverse;
    }
    for (let i = count; i < count + stride - 1; i++) curvature[i] = pulls[i] = 0;
    return total - Math.log(product);
  }

  private sumPulls(gradient: Float64Array): void {
    const { rows, pulls, count, width } = this;
    gradient.fill(0);
    for (let i = 0, a = 0; i < count; i += stride, a += stride * width) {
      const b = a + width;
      const c = b + width;
      const d = c + width;
      const p = pulls[i];
      const q = pulls[i + 1];
      const r = pulls[i + 2];
      const s = pulls[i + 3];
      for (let j = 0; j < width; j++) {
        gradient[j] += p * rows[a + j] + q * rows[b + j] + r * rows[c + j] + s * rows[d + j];
      }
      gradient[width] += p + q + r + s;
    }
  }

  /** Factors −H = Σ σ(s)·σ(−s)·a·aᵀ + 2λ·I, with a = [z; 1], from the curvatures of the last evaluation. */
  private factorHessian(): void {
    const { factor, width, regularization } = this;
    const size = width + 1;
    // Features of wild magnitudes drown 2λ in rounding: a larger multiple of I still gives an ascent direction.
    for (let ridge = 2 * regularization; ridge < Number.POSITIVE_INFINITY; ridge *= 1000) {
      this.sumOuterProducts();
      for (let j = 0; j < size; j++) factor[j * size + j] += ridge;
      if (factorCholesky(factor, size)) break;
    }
    this.age = 0;
  }

  private sumOuterProducts(): void {
    const { rows, curvature, factor, count, width } = this;
    const size = width + 1;
    const last = width * size;
    factor.fill(0);
    for (let i = 0, a = 0; i < count; i += stride, a += stride * width) {
      const b = a + width;
      const c = b + width;
      const d = c + width;
      const u = curvature[i];
      const v = curvature[i + 1];
      const w = curvature[i + 2];
      const x = curvature[i + 3];
      for (let j = 0; j < width; j++) {
        const p = u * rows[a + j];
        const q = v * rows[b + j];
        const r = w * rows[c + j];
        const s = x * rows[d + j];
        const row = j * size;
        for (let l = 0; l <= j; l++) {
          factor[row + l] += p * rows[a + l] + q * rows[b + l] + r * rows[c + l] + s * rows[d + l];
        }
        factor[last + j] += p + q + r + s;
      }
      factor[last + width] += u + v + w + x;
    }
  }

  /** Writes −H⁻¹·g, cut to length 1, to `step`, and returns its length. */
  private newtonStep(): number {
    const { step, factor, gradient } = this;
    step.set(gradient);
    solveCholesky(factor, step.length, step);
    let squares = 0;
    for (const value of step) squares += value * value;
    const norm = Math.sqrt(squares);
    if (norm <= 1) return norm;
    for (let i = 0; i < step.length; i++) step[i] /= norm;
    return 1;
  }
}
