import { thinSvd } from "../../autodiff/ops/linalg/svd-kernel.js";
import { addOuter, timesTransposed } from "../vector-products.js";

/** Singular values of U outside of these bounds are reset: U and its inverse are then known to almost all digits. */
const [LEAST, LARGEST] = [0.5, 2];

/**
 * Weights `W = V U + 1 ωᵀ`, `[classes, width]`: a product from the right or a number added to all rows changes U and ω
 * only, and a row that changes alone is a row of V.
 */
export class FactoredWeights {
  readonly classes: number;
  readonly width: number;
  /** V, `[classes, width]`. */
  readonly rows: Float64Array;
  /** U, `[width, width]`. */
  readonly right: Float64Array;
  readonly rightInverse: Float64Array;
  /** ω, `[width]`. */
  readonly shift: Float64Array;

  /** @param weights - `[classes, width]`; becomes V */
  constructor(weights: Float64Array, classes: number) {
    this.classes = classes;
    this.width = weights.length / classes;
    this.rows = weights;
    this.right = identity(this.width);
    this.rightInverse = identity(this.width);
    this.shift = new Float64Array(this.width);
  }

  /** A row of W, in time width². */
  row(of: number): Float64Array {
    const { width, rows, right } = this;
    const row = this.shift.slice();
    for (let i = 0; i < width; i++) {
      const factor = rows[of * width + i];
      for (let j = 0; j < width; j++) row[j] += factor * right[i * width + j];
    }
    return row;
  }

  /** W in full. */
  dense(): Float64Array {
    const all = new Float64Array(this.classes * this.width);
    for (let k = 0; k < this.classes; k++) all.set(this.row(k), k * this.width);
    return all;
  }

  /**
   * Resets singular values of U that have gone far from 1, or multiplies U into V if they are many. W stays. U's inverse
   * is made anew: steps that shrink U again and again let what rounding left in it grow without bound.
   */
  stabilize(): void {
    const { width, right, rightInverse } = this;
    const { u, values, v } = thinSvd(right, width, width);
    const isFar = values.map((value) => Number(!(value >= LEAST && value <= LARGEST)));
    const far = [...values.keys()].filter((i) => isFar[i] === 1);
    if (3 * far.length > width) {
      this.fold();
      return;
    }
    for (const at of far) {
      const direction = Float64Array.from({ length: width }, (_, i) => u[i * width + at]);
      const along = timesTransposed(right, direction);
      addOuter(right, direction, along, (1 - values[at]) / values[at]);
      shrink(this.rows, this.classes, direction, 1 - values[at]);
    }
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (let k = 0; k < width; k++) sum += (v[i * width + k] * u[j * width + k]) / (isFar[k] === 1 ? 1 : values[k]);
        rightInverse[i * width + j] = sum;
      }
    }
  }

  /** `V ← V U + 1 ωᵀ, U ← I, ω ← 0`. */
  fold(): void {
    const { classes, width, rows } = this;
    for (let k = 0; k < classes; k++) {
      const row = this.row(k);
      for (let j = 0; j < width; j++) rows[k * width + j] = row[j];
    }
    this.right.set(identity(width));
    this.rightInverse.set(identity(width));
    this.shift.fill(0);
  }
}

/** `M ← M (I − by · u uᵀ)` for each row of M. */
function shrink(matrix: Float64Array, rows: number, u: Float64Array, by: number): void {
  const width = u.length;
  for (let k = 0; k < rows; k++) {
    let along = 0;
    for (let j = 0; j < width; j++) along += matrix[k * width + j] * u[j];
    for (let j = 0; j < width; j++) matrix[k * width + j] -= by * along * u[j];
  }
}

function identity(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
}
