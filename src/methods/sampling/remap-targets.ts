import { checkCount } from "../../autodiff/check.js";

/** Where each label stands in an adaptive softmax. */
export interface RemappedTargets {
  /** Row of the head: the class itself if it is frequent, else that of its tail, `c_1 + i − 1`. */
  readonly head: Int32Array;
  /** Position within the tail; for a frequent class 0. */
  readonly within: Int32Array;
}

/** Throws unless the cutoffs are whole numbers ascending in (0, classes). */
export function checkCutoffs(caller: string, cutoffs: readonly number[], classes: number): void {
  cutoffs.forEach((cutoff, i) => {
    if (!(Number.isSafeInteger(cutoff) && cutoff > 0 && cutoff < classes)) {
      throw new RangeError(`${caller}: cutoffs[${i}] is ${cutoff} but must be a whole number in (0, ${classes})`);
    }
    if (i > 0 && cutoff <= cutoffs[i - 1]) {
      throw new RangeError(`${caller}: cutoffs[${i}] is ${cutoff} but must be above the one before, ${cutoffs[i - 1]}`);
    }
  });
}

/**
 * What the two levels of an adaptive softmax are to predict for each label.
 *
 *     head = y, within = 0                     y < c_1
 *     head = c_1 + i − 1, within = y − c_i     c_i ≤ y < c_{i+1}
 *
 * Reach for it to train the two levels yourself; `adaptiveSoftmaxLoss` does it on its own. `restoreTargets` undoes it.
 *
 * @param labels - classes in [0, V), in the order of frequency
 * @param cutoffs - first class of each tail, ascending, in (0, V)
 * @param classes - V, a whole number ≥ 1
 * @throws RangeError if `classes` is no whole number ≥ 1, `cutoffs` is not ascending in (0, V), or a label is no class
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function remapTargets(labels: ArrayLike<number>, cutoffs: readonly number[], classes: number): RemappedTargets {
  checkCount("remapTargets", { classes }, 1);
  checkCutoffs("remapTargets", cutoffs, classes);
  const frequent = cutoffs[0] ?? classes;
  const head = new Int32Array(labels.length);
  const within = new Int32Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    if (!(Number.isSafeInteger(label) && label >= 0 && label < classes)) {
      throw new RangeError(`remapTargets: labels holds ${label} at ${row} but must be in [0, ${classes})`);
    }
    let tails = 0; // that begin at the label or before it
    while (tails < cutoffs.length && cutoffs[tails] <= label) tails++;
    head[row] = tails === 0 ? label : frequent + tails - 1;
    within[row] = tails === 0 ? 0 : label - cutoffs[tails - 1];
  }
  return { head, within };
}

/**
 * The labels that `remapTargets` was given.
 *
 *     y = head     head < c_1        y = c_i + within     head = c_1 + i − 1
 *
 * Reach for it to turn a sample of the two levels into a class.
 *
 * @param remapped - rows of the head in [0, c_1 + J), positions within tails
 * @param cutoffs - first class of each tail, ascending, in (0, V)
 * @param classes - V, a whole number ≥ 1
 * @throws RangeError if `classes` is no whole number ≥ 1, `cutoffs` is not ascending in (0, V), or a place is none
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function restoreTargets(
  { head, within }: RemappedTargets,
  cutoffs: readonly number[],
  classes: number,
): Int32Array {
  checkCount("restoreTargets", { classes }, 1);
  checkCutoffs("restoreTargets", cutoffs, classes);
  const frequent = cutoffs[0] ?? classes;
  return head.map((row, i) => {
    const tail = row - frequent;
    const start = tail < 0 ? row : cutoffs[tail];
    const size = tail < 0 ? 1 : (cutoffs[tail + 1] ?? classes) - start;
    if (!(row >= 0 && start !== undefined && within[i] >= 0 && within[i] < size)) {
      throw new RangeError(
        `restoreTargets: row ${row} of the head and position ${within[i]} at ${i} are no class but must be as remapTargets gives them`,
      );
    }
    return start + within[i];
  });
}
