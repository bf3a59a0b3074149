import { apply } from "../../autodiff/graph.js";
import { type HostKernel, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkSquareUtilities } from "./check-utilities.js";

/**
 * The permutation with the largest total utility: the assignment problem, by shortest augmenting paths with potentials.
 *
 *     argmax_σ Σ_i utilities[i, σ(i)]
 *
 * Computed on the host on every backend, when its value is asked for; without gradient. O(n³). Of equally good
 * permutations it is always the same one.
 *
 * Reach for it to match two sets one to one.
 *
 * @param utilities - `[..., n, n]`, finite
 * @returns `[..., n, n]`, a permutation matrix of 0 and 1. Utilities that a device holds are not checked: those that are
 * not finite give NaN
 * @throws DTypeError if `utilities` is no f32 or f64
 * @throws ShapeError if the two last axes differ in size or there are fewer
 * @throws RangeError if `utilities` is on the host and not finite
 * @source Kuhn, "The Hungarian Method for the Assignment Problem", Naval Research Logistics 1955; Jonker and Volgenant,
 * "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems", Computing 1987
 */
export function assignmentMax(utilities: Tensor): Tensor {
  checkSquareUtilities("assignmentMax", "utilities", utilities);
  return apply("assignmentMax", "assignment", [stopGradient(utilities)], {
    shape: utilities.shape,
    dtype: utilities.dtype,
    host: assignment,
  });
}

const assignment: HostKernel = ([utilities], output, _attributes, { output: shape }) => {
  const n = shape[shape.length - 1];
  output.fill(0);
  for (let start = 0; start < utilities.length; start += n * n) {
    const costs = Float64Array.from(utilities.subarray(start, start + n * n), (u) => -u);
    if (!costs.every(Number.isFinite)) {
      output.fill(Number.NaN, start, start + n * n);
      continue;
    }
    cheapestRows(costs, n).forEach((row, column) => {
      output[start + row * n + column] = 1;
    });
  }
};

/** For each column its row in the cheapest assignment. */
function cheapestRows(costs: Float64Array, n: number): Int32Array {
  const rowOf = new Int32Array(n + 1).fill(-1); // column n stands for the row that is being placed
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(n + 1);
  const before = new Int32Array(n);
  for (let placed = 0; placed < n; placed++) {
    rowOf[n] = placed;
    const distance = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const isDone = new Uint8Array(n + 1);
    let column = n;
    while (rowOf[column] >= 0) {
      isDone[column] = 1;
      const row = rowOf[column];
      let nearest = -1;
      for (let j = 0; j < n; j++) {
        if (isDone[j]) continue;
        const through = costs[row * n + j] - rowPrice[row] - columnPrice[j];
        if (through < distance[j]) {
          distance[j] = through;
          before[j] = column;
        }
        if (nearest < 0 || distance[j] < distance[nearest]) nearest = j;
      }
      const step = distance[nearest];
      for (let j = 0; j <= n; j++) {
        if (isDone[j]) {
          rowPrice[rowOf[j]] += step;
          columnPrice[j] -= step;
        } else if (j < n) distance[j] -= step;
      }
      column = nearest;
    }
    for (; column !== n; column = before[column]) rowOf[column] = rowOf[before[column]];
  }
  return rowOf.subarray(0, n);
}
