import type { Tensor } from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";
import { checkEdgeUtilities, type Graph, type GraphOptions, graphOf } from "./edge-graph.js";
import { logPartition, treeMarginals } from "./spanning-tree-marginals.js";

export interface ArborescenceOptions extends GraphOptions {
  /** The node that the tree leads out of, in [0, nodes). Default 0. */
  readonly root?: number;
}

/**
 * Logarithm of the total weight of all arborescences, directed spanning trees out of the root: `log Σ_T exp Σ_{e∈T} z_e`.
 *
 * Reach for it for the log-probability of an arborescence, `Σ_{e∈T} z_e − log Z`. Its gradient is `arborescenceMarginals`.
 *
 * @param z - `[..., edges]`, finite
 * @param options - the directed graph and its root
 * @returns `[...]`
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` or `present` does not end in the number of edges, or `present` does not stretch to `z`
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or `root` is no node
 * @throws RangeError if a node cannot be reached from the root, or `z` is on the host and not finite
 * @source Tutte, "The Dissection of Equilateral Triangles into Equilateral Triangles", 1948 (the directed matrix-tree
 * theorem); its elimination in the log domain is ours
 */
export function arborescenceLogPartition(z: Tensor, options: ArborescenceOptions): Tensor {
  return logPartition(z, rootedGraph("arborescenceLogPartition", z, options));
}

/**
 * Chances of the edges in a random arborescence: T has a chance in proportion to `exp Σ_{e∈T} z_e`.
 *
 *     μ_ij = ∂ log Z / ∂z_ij = w_ij · ([Λ⁻¹]_jj − [Λ⁻¹]_ji)      w = exp z      Λ = diag(column sums) − W without the root
 *
 * log Z comes of node elimination in the log domain and μ of its gradient: exact however wide z is, and differentiable to
 * any order, in O(n³). Adding a constant to all edges into one node changes nothing.
 *
 * Reach for it for the softmax of arborescences: dependency parses, and who infected whom.
 *
 * @param z - `[..., edges]`, finite
 * @param options - the directed graph and its root
 * @returns `[..., edges]`, in [0, 1]; those into a node sum to 1, those into the root are 0
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if `z` or `present` does not end in the number of edges, or `present` does not stretch to `z`
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or `root` is no node
 * @throws RangeError if a node cannot be reached from the root, or `z` is on the host and not finite
 * @source Koo, Globerson, Carreras and Collins, "Structured Prediction Models via the Matrix-Tree Theorem", EMNLP 2007;
 * Paulus et al., NeurIPS 2020, arXiv:2006.08063
 */
export function arborescenceMarginals(z: Tensor, options: ArborescenceOptions): Tensor {
  return treeMarginals(z, rootedGraph("arborescenceMarginals", z, options));
}

function rootedGraph(caller: string, z: Tensor, options: ArborescenceOptions): Graph {
  checkUtilities(caller, "z", z, 1);
  const graph = graphOf(caller, options, options.root ?? 0);
  checkEdgeUtilities(caller, "z", z, graph);
  return graph;
}
