import { at, gather, grad, logSumExp, type Tensor, zeros } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkSquareUtilities } from "./check-utilities.js";

/** Rows that a permanent may have: 2ⁿ sets of columns are looked at. */
const most = 12;

/**
 * Logarithm of the permanent of `exp z`, the total weight of all permutations: `log Σ_σ exp Σ_i z_{i,σ(i)}`.
 *
 *     A_∅ = 0      A_S = lse_{j∈S} A_{S∖j} + z_{|S|,j}      log Z = A_{all columns}
 *
 * O(n·2ⁿ), for n up to 12.
 *
 * Reach for it for the log-probability of a matching of few elements, `Σ_i z_{i,σ(i)} − log Z`.
 *
 * @param z - `[..., n, n]`, finite
 * @returns `[...]`
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if the two last axes differ in size or there are fewer
 * @throws RangeError if n exceeds 12, or `z` is on the host and not finite
 * @source Bellman, "Dynamic Programming Treatment of the Travelling Salesman Problem", JACM 1962 (the recursion over sets)
 */
export function matchingLogPartition(z: Tensor): Tensor {
  checkMatching("matchingLogPartition", "z", z);
  return logPermanent(z);
}

/**
 * Chances of the pairs in a random perfect matching: permutation σ has a chance in proportion to `exp Σ_i z_{i,σ(i)}`.
 *
 *     μ_ij = P(σ(i) = j) = ∂ log Z / ∂z_ij
 *
 * This is the exponential family's relaxation; `sinkhornRelaxation`, which scales to any n, is another matrix. O(n·2ⁿ).
 *
 * Reach for it for the softmax of matchings of at most 12 elements.
 *
 * @param z - `[..., n, n]`, finite
 * @returns `[..., n, n]`, ≥ 0, rows and columns that sum to 1
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if the two last axes differ in size or there are fewer
 * @throws RangeError if n exceeds 12, or `z` is on the host and not finite
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063 (the
 * exponential-family relaxation, which they leave aside for matchings as the permanent is hard)
 */
export function matchingMarginals(z: Tensor): Tensor {
  checkMatching("matchingMarginals", "z", z);
  return permanentMarginals(z);
}

/** The marginals where everything is checked. */
export function permanentMarginals(z: Tensor): Tensor {
  return grad((scores: Tensor) => logPermanent(scores).sum())(z);
}

/** Throws unless the tensor holds square matrices of at most 12 rows. */
export function checkMatching(caller: string, name: string, z: Tensor): void {
  checkSquareUtilities(caller, name, z);
  const n = z.shape[z.shape.length - 1];
  if (n > most) {
    throw new RangeError(`${caller}: ${name} has ${n} rows but must have at most ${most}; use Sinkhorn's relaxation`);
  }
}

function logPermanent(z: Tensor): Tensor {
  const n = z.shape[z.shape.length - 1];
  const lead = z.shape.slice(0, -2);
  const matrices = z.reshape([z.size / (n * n), n, n]);
  let weights = zeros([1, matrices.shape[0]], z); // of sets of columns of one size, in order of their bits
  let places = new Map([[0, 0]]);
  for (let row = 0; row < n; row++) {
    const sets = setsOf(n, row + 1);
    const columns = sets.map((set) => columnsOf(set, n));
    const without = sets.map((set, s) => columns[s].map((j) => places.get(set & ~(1 << j))!));
    const table = (ids: number[][]) =>
      fromValues(Int32Array.from(ids.flat()), { backend: z.backend, shape: [sets.length, row + 1] }) as Tensor<"i32">;
    const scores = at(matrices, row, 1).transpose(); // [n, batch]
    weights = logSumExp(gather(weights, table(without)).add(gather(scores, table(columns))), 1);
    places = new Map(sets.map((set, s) => [set, s]));
  }
  return weights.reshape(lead);
}

function setsOf(n: number, size: number): number[] {
  return [...Array(2 ** n).keys()].filter((set) => columnsOf(set, n).length === size);
}

function columnsOf(set: number, n: number): number[] {
  return [...Array(n).keys()].filter((j) => (set >> j) % 2 === 1);
}
