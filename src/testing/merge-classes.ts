import { sfc32 } from "./sfc32.js";

/** Classes gathered into fewer cells. */
export interface MergedClasses {
  /** Cell of each class. */
  readonly cellOf: Int32Array;
  /** Probability of each cell. */
  readonly probabilities: Float64Array;
}

/**
 * Gathers classes into at most `cells` cells of nearly equal probability.
 *
 * Classes too heavy to share get a cell each. The others are shuffled by `seed` and dealt out in that order, each cell
 * taking its share of the mass that is left, so another seed pairs other classes. With no more classes than cells, each
 * class has its own.
 *
 * @param probabilities - `[classes]`, ≥ 0
 * @param cells - a whole number ≥ 1
 * @param seed - a whole number ≥ 0
 */
export function mergeClasses(probabilities: ArrayLike<number>, cells: number, seed: number): MergedClasses {
  const classes = probabilities.length;
  if (classes <= cells) {
    return {
      cellOf: Int32Array.from({ length: classes }, (_, id) => id),
      probabilities: Float64Array.from(probabilities),
    };
  }
  const uniform = sfc32(seed);
  const order = Int32Array.from({ length: classes }, (_, id) => id);
  for (let last = classes - 1; last > 0; last--) {
    const other = Math.floor(uniform() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }

  const cellOf = new Int32Array(classes).fill(-1);
  const merged = new Float64Array(cells);
  let left = 0;
  for (let id = 0; id < classes; id++) left += probabilities[id];
  let cell = 0;
  for (const id of order.slice().sort((a, b) => probabilities[b] - probabilities[a])) {
    if (cell === cells - 1 || probabilities[id] < left / (cells - cell)) break;
    cellOf[id] = cell;
    merged[cell++] = probabilities[id];
    left -= probabilities[id];
  }

  let share = left / (cells - cell);
  for (const id of order) {
    if (cellOf[id] >= 0) continue;
    // close a full cell unless it is the last; a class that would overshoot by more than it fills starts the next one
    if (cell < cells - 1 && merged[cell] > 0 && merged[cell] + probabilities[id] / 2 > share) {
      left -= merged[cell++];
      share = left / (cells - cell);
    }
    cellOf[id] = cell;
    merged[cell] += probabilities[id];
  }
  return { cellOf, probabilities: merged.subarray(0, cell + 1) };
}
