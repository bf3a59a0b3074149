import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { eliminate } from "../../autodiff/ops/linalg/eliminate.js";
import { addOuter, addTo, dot, times, timesTransposed } from "../vector-products.js";
import { FactoredWeights } from "./factored-weights.js";
import { type SphericalLoss, type SphericalLossSlopes, sphericalMember } from "./spherical-statistics.js";

export interface SphericalOutputLayerOptions {
  /** D, a whole number ≥ 2. */
  readonly classes: number;
  /** Default `sphericalMember("z")`. */
  readonly loss?: SphericalLoss;
  /** After how many steps the factors are put in order, a whole number ≥ 1. Default 10. */
  readonly stabilizePeriod?: number;
}

/** What a minibatch gives back to the layers below. */
export interface SphericalOutput {
  /** Mean loss of the examples. */
  readonly loss: number;
  /** `[batch, width]`, the mean loss's gradient by the inputs. */
  readonly gradient: Float64Array;
}

/** An example's row of W, `Q h`, and derivatives, these over the batch's size. */
interface Forward {
  readonly row: Float64Array;
  readonly product: Float64Array;
  readonly slopes: SphericalLossSlopes;
}

/**
 * A linear output layer trained by exact gradient descent in time that does not depend on the number of classes.
 *
 *     o = W h      W = V U + 1 ωᵀ      Q = Wᵀ W      w̄ = Wᵀ 1      q = hᵀ Q h, s = w̄ · h, o_c = W_c · h
 *
 * For a spherical loss the three statistics are all there is, and its gradient by W has rank one but for a row:
 * `W ← W A − η γ_s 1 hᵀ − η γ_c e_c hᵀ` with `A = I − 2 η γ_q h hᵀ` goes into U, ω and one row of V, O(d²) in all where a
 * dense layer takes O(D d). Minibatches take the exact step of their mean loss, with A of their rank.
 *
 * Reach for it for spherical losses over 10⁴ classes and more. It works on the host, in f64, and holds O(D d) numbers;
 * each `stabilizePeriod` steps it may touch all of V once.
 *
 * @param weights - `[classes, width]`, rows of W, finite; taken over, not copied, and of no use to others from then on
 * @throws RangeError if `classes` is no whole number ≥ 2, `stabilizePeriod` none ≥ 1, or `weights` is empty, not of
 * `classes` rows or not finite
 * @claim The time of a step does not grow with the classes: with 32 inputs a compiled dense softmax takes 10 times as long
 * over 4 096 classes (1.07 against 0.11 ms) and 101 times as long over 65 536 (15.7 against 0.16 ms).
 * @question The softmax is my bottleneck
 * @source Vincent, de Brébisson and Bouthillier, "Efficient Exact Gradient Update for Training Deep Networks with Very
 * Large Sparse Targets", NeurIPS 2015, arXiv:1412.7091; the step of a minibatch is derived here,
 * and U's inverse is made anew where the source updates it, which loses all digits where steps shrink W again and again
 */
export class SphericalOutputLayer {
  private readonly factors: FactoredWeights;
  private readonly loss: SphericalLoss;
  private readonly stabilizePeriod: number;
  private readonly gram: Float64Array;
  private readonly sums: Float64Array;
  private steps = 0;

  constructor(
    weights: Float64Array,
    { classes, loss = sphericalMember("z"), stabilizePeriod = 10 }: SphericalOutputLayerOptions,
  ) {
    checkCount("SphericalOutputLayer", { classes }, 2);
    checkCount("SphericalOutputLayer", { stabilizePeriod }, 1);
    if (weights.length === 0 || weights.length % classes !== 0) {
      throw new RangeError(
        `SphericalOutputLayer: weights has length ${weights.length} but must have ${classes} rows of one length`,
      );
    }
    for (let i = 0; i < weights.length; i++) {
      if (!Number.isFinite(weights[i])) {
        throw new RangeError(`SphericalOutputLayer: weights[${i}] is ${weights[i]} but must be finite`);
      }
    }
    this.factors = new FactoredWeights(weights, classes);
    this.loss = loss;
    this.stabilizePeriod = stabilizePeriod;
    this.gram = new Float64Array(this.width ** 2);
    this.sums = new Float64Array(this.width);
    this.refresh();
  }

  /** d, numbers of an input. */
  get width(): number {
    return this.factors.width;
  }

  /** W, `[classes, width]`, in time O(D d²). */
  weights(): Float64Array {
    return this.factors.dense();
  }

  /** Q = Wᵀ W, `[width, width]`, and w̄ = Wᵀ 1, `[width]`, as the steps have kept them. */
  statistics(): { readonly gram: Float64Array; readonly sums: Float64Array } {
    return { gram: this.gram.slice(), sums: this.sums.slice() };
  }

  /** Computes Q and w̄ anew from W, in time O(D d²): after very many steps, rounding has added up in them. */
  refresh(): void {
    const { gram, sums, factors } = this;
    gram.fill(0);
    sums.fill(0);
    for (let k = 0; k < factors.classes; k++) {
      const row = factors.row(k);
      addOuter(gram, row, row, 1);
      addTo(sums, row, 1);
    }
  }

  /**
   * Loss and gradient of a minibatch, without a step.
   *
   * @param hidden - `[batch, width]`, h of each example
   * @param targets - `[batch]`, its class
   * @throws RangeError if there is no target, one is no class, or `hidden` has not `width` finite numbers for each
   */
  evaluate(hidden: Float64Array, targets: ArrayLike<number>): SphericalOutput {
    const rows = this.rowsOf("evaluate", hidden, targets);
    return this.output(rows, this.forward(rows, targets));
  }

  /**
   * A step of gradient descent on the mean loss of a minibatch; what comes back belongs to the weights before it.
   *
   * @param hidden - `[batch, width]`, h of each example
   * @param targets - `[batch]`, its class; classes may repeat
   * @param learningRate - η, a finite number ≥ 0
   * @throws RangeError if there is no target, one is no class, or `hidden` has not `width` finite numbers for each
   * @throws RangeError if `learningRate` is negative or not finite, or A would be singular to within 1e-6; nothing has
   * changed then
   */
  step(hidden: Float64Array, targets: ArrayLike<number>, learningRate: number): SphericalOutput {
    checkAtLeast("SphericalOutputLayer.step", { learningRate }, 0);
    const rows = this.rowsOf("step", hidden, targets);
    const forward = this.forward(rows, targets);
    const output = this.output(rows, forward);
    this.update(rows, forward, targets, learningRate);
    this.steps++;
    if (this.steps % this.stabilizePeriod === 0) this.factors.stabilize();
    return output;
  }

  private rowsOf(method: string, hidden: Float64Array, targets: ArrayLike<number>): Float64Array[] {
    const caller = `SphericalOutputLayer.${method}`;
    const { width } = this;
    const { classes } = this.factors;
    if (targets.length === 0) throw new RangeError(`${caller}: targets is empty but must have an example`);
    if (hidden.length !== targets.length * width) {
      throw new RangeError(
        `${caller}: hidden has length ${hidden.length} but must have ${targets.length * width}, ${width} for each target`,
      );
    }
    for (let i = 0; i < targets.length; i++) {
      if (!(Number.isInteger(targets[i]) && targets[i] >= 0 && targets[i] < classes)) {
        throw new RangeError(`${caller}: targets[${i}] is ${targets[i]} but must be a whole number in [0, ${classes})`);
      }
    }
    const place = hidden.findIndex((value) => !Number.isFinite(value));
    if (place >= 0) throw new RangeError(`${caller}: hidden[${place}] is ${hidden[place]} but must be finite`);
    return Array.from(targets, (_, i) => hidden.subarray(i * width, (i + 1) * width));
  }

  private forward(rows: readonly Float64Array[], targets: ArrayLike<number>): Forward[] {
    return rows.map((h, i) => {
      const row = this.factors.row(targets[i]);
      const product = times(this.gram, h);
      const statistics = { sum: dot(this.sums, h), squares: Math.max(dot(h, product), 0), target: dot(row, h) };
      const { value, bySum, bySquares, byTarget } = this.loss(statistics, this.factors.classes);
      const share = 1 / rows.length;
      const slopes = { value, bySum: bySum * share, bySquares: bySquares * share, byTarget: byTarget * share };
      return { row, product, slopes };
    });
  }

  private output(rows: readonly Float64Array[], forward: readonly Forward[]): SphericalOutput {
    const gradient = new Float64Array(rows.length * this.width);
    let loss = 0;
    forward.forEach(({ row, product, slopes }, i) => {
      const part = gradient.subarray(i * this.width, (i + 1) * this.width);
      addTo(part, product, 2 * slopes.bySquares);
      addTo(part, this.sums, slopes.bySum);
      addTo(part, row, slopes.byTarget);
      loss += slopes.value / rows.length;
    });
    return { loss, gradient };
  }

  private update(
    rows: readonly Float64Array[],
    forward: readonly Forward[],
    targets: ArrayLike<number>,
    rate: number,
  ): void {
    const { gram, sums, width } = this;
    const { right, rightInverse, shift, rows: own, classes } = this.factors;
    const slopes = forward.map((one) => one.slopes);
    const twice = slopes.map(({ bySquares }) => 2 * rate * bySquares);
    const solved = this.solveInverse(rows, twice, rate);
    /** A x, for x before the step. */
    const shrunk = (x: Float64Array) => {
      const along = rows.map((h) => dot(h, x));
      const result = x.slice();
      rows.forEach((h, i) => {
        addTo(result, h, -twice[i] * along[i]);
      });
      return result;
    };

    // Z = Wᵀ N and N of the weights before the step
    const pulls = forward.map(({ row }, i) => {
      const z = new Float64Array(width);
      addTo(z, sums, slopes[i].bySum);
      addTo(z, row, slopes[i].byTarget);
      return shrunk(z);
    });
    const [sumsAfter, shiftAfter] = [shrunk(sums), shrunk(shift)];

    const turned = rows.map((h) => times(right, h)); // U h
    rows.forEach((h, i) => {
      addOuter(right, turned[i], h, -twice[i]);
      addOuter(rightInverse, h, solved[i], twice[i]);
    });

    forward.forEach(({ product }, i) => {
      addOuter(gram, product, rows[i], -twice[i]); // Q A
    });
    const left = rows.map((h) => timesTransposed(gram, h));
    rows.forEach((h, i) => {
      addOuter(gram, h, left[i], -twice[i]); // A Q A
      addOuter(gram, pulls[i], h, -rate);
      addOuter(gram, h, pulls[i], -rate);
      const mixed = new Float64Array(width);
      rows.forEach((other, j) => {
        addTo(mixed, other, overlap(slopes[i], slopes[j], classes, targets[i] === targets[j]));
      });
      addOuter(gram, h, mixed, rate * rate);
    });

    rows.forEach((h, i) => {
      addTo(sumsAfter, h, -rate * (classes * slopes[i].bySum + slopes[i].byTarget));
      addTo(shiftAfter, h, -rate * slopes[i].bySum);
      const change = timesTransposed(rightInverse, h);
      for (let j = 0; j < width; j++) own[targets[i] * width + j] -= rate * slopes[i].byTarget * change[j];
    });
    sums.set(sumsAfter);
    shift.set(shiftAfter);
  }

  /** `(I − 2 η Hᵀ H Γ_q)⁻¹ Hᵀ U⁻¹`, a row an example: what the inverse of U gains, times 2 η H Γ_q. */
  private solveInverse(rows: readonly Float64Array[], twice: readonly number[], rate: number): Float64Array[] {
    const { width } = this;
    const size = rows.length;
    const matrix = Float64Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      return Number(i === j) - dot(rows[i], rows[j]) * twice[j];
    });
    const sides = new Float64Array(size * width);
    rows.forEach((h, i) => {
      sides.set(timesTransposed(this.factors.rightInverse, h), i * width);
    });
    eliminate(matrix, size, sides, width);
    for (let i = size - 1; i >= 0; i--) {
      const pivot = matrix[i * size + i];
      if (!(Math.abs(pivot) >= 1e-6)) {
        throw new RangeError(
          `SphericalOutputLayer.step: learningRate is ${rate} but must leave the weights' factor regular; take a smaller one`,
        );
      }
      for (let j = i + 1; j < size; j++) {
        for (let c = 0; c < width; c++) sides[i * width + c] -= matrix[i * size + j] * sides[j * width + c];
      }
      for (let c = 0; c < width; c++) sides[i * width + c] /= pivot;
    }
    return rows.map((_, i) => sides.subarray(i * width, (i + 1) * width));
  }
}

/** An entry of Nᵀ N, N = 1 γ_sᵀ + Σ_i γ_c,i e_c,i e_iᵀ. */
function overlap(a: SphericalLossSlopes, b: SphericalLossSlopes, classes: number, isSameClass: boolean): number {
  const shared = classes * a.bySum * b.bySum + a.bySum * b.byTarget + a.byTarget * b.bySum;
  return isSameClass ? shared + a.byTarget * b.byTarget : shared;
}
