import { checkInputs } from "../classification/check-examples.js";

/** Labelled points, as `b_i = y_i·a_i`: they are separated by θ where every `b_i·θ > 0`. */
export interface SignedExamples {
  readonly count: number;
  readonly width: number;
  /** `[count · width]`, row by row. */
  readonly rows: Float64Array;
}

export interface Separation {
  /** `[d]`, θ: class 1 is where `θ·a > 0`. There is no bias; give the inputs a constant feature. */
  readonly weights: Float64Array;
  /** Updates done. */
  readonly iterations: number;
  /** Whether the weights separate all examples: false where the iterations did not suffice, or nothing would. */
  readonly separated: boolean;
}

/**
 * Points with their labels' signs.
 *
 * @throws RangeError if there is no input, or one has another length or is not finite
 * @throws RangeError if `labels` is not one an input, or one is neither 1 nor −1
 * @throws RangeError if an input is zero: no hyperplane has it on a side
 */
export function signedExamples(
  caller: string,
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): SignedExamples {
  checkInputs(caller, inputs);
  const [count, width] = [inputs.length, inputs[0].length];
  if (labels.length !== count) {
    throw new RangeError(`${caller}: labels has length ${labels.length} but must have ${count}, one an input`);
  }
  const rows = new Float64Array(count * width);
  inputs.forEach((input, i) => {
    if (labels[i] !== 1 && labels[i] !== -1) {
      throw new RangeError(`${caller}: labels[${i}] is ${labels[i]} but must be 1 or -1`);
    }
    let isZero = true;
    for (let j = 0; j < width; j++) {
      rows[i * width + j] = labels[i] * input[j];
      if (input[j] !== 0) isZero = false;
    }
    if (isZero) {
      throw new RangeError(
        `${caller}: inputs[${i}] is zero but must have a direction; add a constant feature for a hyperplane off the origin`,
      );
    }
  });
  return { count, width, rows };
}

/** Given all `b_i·θ`, writes how much of each `b_i` is to be added to θ. */
export type Pull = (margins: Float64Array, shares: Float64Array, iteration: number) => void;

/** Adds what `pull` says to θ, from 0, until all examples are separated or the iterations are done. */
export function separate({ count, width, rows }: SignedExamples, maxIterations: number, pull: Pull): Separation {
  const weights = new Float64Array(width);
  const margins = new Float64Array(count);
  const shares = new Float64Array(count);
  for (let iterations = 0; ; iterations++) {
    let separated = true;
    for (let i = 0, from = 0; i < count; i++, from += width) {
      let margin = 0;
      for (let j = 0; j < width; j++) margin += rows[from + j] * weights[j];
      margins[i] = margin;
      if (!(margin > 0)) separated = false;
    }
    if (separated || iterations === maxIterations) return { weights, iterations, separated };
    pull(margins, shares, iterations);
    for (let i = 0, from = 0; i < count; i++, from += width) {
      const share = shares[i];
      if (share === 0) continue;
      for (let j = 0; j < width; j++) weights[j] += share * rows[from + j];
    }
  }
}
