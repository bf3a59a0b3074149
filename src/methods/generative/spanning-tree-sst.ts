import { checkEdgeUtilities, type GraphOptions, graphOf } from "./edge-graph.js";
import { maximumTree } from "./kruskal-max.js";
import { treeMarginals } from "./spanning-tree-marginals.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

/**
 * Spanning trees of an undirected graph.
 *
 *     hard = the maximum spanning tree of U      relaxed = the edge marginals of trees with chances ∝ exp Σ_{e∈T} U_e / t
 *
 * Reach for it when the interactions in data are to be explained by a sparse connected structure.
 *
 * @param options - the graph: nodes, edges and, for a batch of different graphs, which edges are present
 * @returns the instance; utilities are `[..., edges]`, one for each undirected edge
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or the graph is disconnected
 * @throws DTypeError if `present` is not bool
 * @throws ShapeError if `present` does not end in the number of edges
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063; where
 * its code clips utilities and takes a determinant, we eliminate nodes in the log domain
 */
export function spanningTreeSst(options: GraphOptions): StochasticSoftmax {
  const graph = graphOf("spanningTreeSst", options);
  return stochasticSoftmax({
    name: "spanningTreeSst",
    check: (utilities) => checkEdgeUtilities("spanningTreeSst", "utilities", utilities, graph),
    maximum: (utilities) => maximumTree(utilities, graph),
    relaxation: (z) => treeMarginals(z, graph),
  });
}
