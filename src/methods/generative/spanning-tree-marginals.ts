import { checkAbove, checkOneOf } from "../../autodiff/check.js";
import { grad, type Tensor } from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";
import { checkEdgeUtilities, type Graph, type GraphOptions, graphOf, withoutAbsent } from "./edge-graph.js";
import { edgeMatrix } from "./edge-matrix.js";
import { logTreeWeight } from "./node-elimination.js";
import { resistanceMarginals } from "./resistance-marginals.js";

export interface SpanningTreeMarginalsOptions extends GraphOptions {
  /**
   * `"elimination"` is exact at any range of z; `"resistance"` inverts the Laplacian, once and on the host, after z is
   * raised to within `maxRange` of its largest. Default `"elimination"`.
   */
  readonly method?: "elimination" | "resistance";
  /** With `"resistance"`, > 0. Smaller z become equal, which no longer tends to the largest tree. Default 15. */
  readonly maxRange?: number;
}

/**
 * Logarithm of the total weight of all spanning trees: `log Σ_T exp Σ_{e∈T} z_e`.
 *
 * Reach for it for the log-probability of a tree, `Σ_{e∈T} z_e − log Z`. Its gradient is `spanningTreeMarginals`.
 *
 * @param z - `[..., edges]`, finite
 * @param options - the graph, connected
 * @returns `[...]`
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` or `present` does not end in the number of edges, or `present` does not stretch to `z`
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or the graph is disconnected
 * @throws RangeError if `z` is on the host and not finite
 * @source Kirchhoff 1847 (the matrix-tree theorem); Paulus et al., NeurIPS 2020, arXiv:2006.08063 (the
 * determinant); its elimination in the log domain is ours
 */
export function spanningTreeLogPartition(z: Tensor, options: GraphOptions): Tensor {
  const graph = graphFor("spanningTreeLogPartition", z, options);
  return logPartition(z, graph);
}

/**
 * Chances of the edges in a random spanning tree: tree T has a chance in proportion to `exp Σ_{e∈T} z_e`.
 *
 *     μ_e = ∂ log Z / ∂z_e = w_e · R_e      w = exp z      R_e: the effective resistance between the ends of e
 *
 * log Z comes of star–mesh elimination in the log domain and μ of its gradient: exact however wide z is, and
 * differentiable to any order, in O(n³).
 *
 * Reach for it for the softmax of spanning trees, or for expected features of a latent tree.
 *
 * @param z - `[..., edges]`, finite
 * @param options - the graph, connected, and how
 * @returns `[..., edges]`, in [0, 1], rows that sum to n − 1; 0 where the edge is absent
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` or `present` does not end in the number of edges, or `present` does not stretch to `z`
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or the graph is disconnected
 * @throws RangeError if `z` is on the host and not finite, or `maxRange` is not > 0
 * @throws TypeError if `method` is not one of those listed
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063;
 * Burton and Pemantle, "Local Characteristics, Entropy and Limit Theorems for Spanning Trees", Annals of Probability 1993
 */
export function spanningTreeMarginals(z: Tensor, options: SpanningTreeMarginalsOptions): Tensor {
  const { method = "elimination", maxRange = 15 } = options;
  checkOneOf("spanningTreeMarginals", "method", method, ["elimination", "resistance"]);
  checkAbove("spanningTreeMarginals", { maxRange }, 0);
  const graph = graphFor("spanningTreeMarginals", z, options);
  return method === "resistance" ? resistanceMarginals(z, graph, maxRange) : treeMarginals(z, graph);
}

/** The marginals where everything is checked; of arborescences if the graph has a root. */
export function treeMarginals(z: Tensor, graph: Graph): Tensor {
  return grad((at: Tensor) => logPartition(at, graph).sum())(z);
}

/** The logarithm of the total weight where everything is checked. */
export function logPartition(z: Tensor, graph: Graph): Tensor {
  return logTreeWeight(edgeMatrix(withoutAbsent(z, graph), graph, Number.NEGATIVE_INFINITY));
}

function graphFor(caller: string, z: Tensor, options: GraphOptions): Graph {
  checkUtilities(caller, "z", z, 1);
  const graph = graphOf(caller, options);
  checkEdgeUtilities(caller, "z", z, graph);
  return graph;
}
