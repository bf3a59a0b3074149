import type { ArborescenceOptions } from "./arborescence-marginals.js";
import { checkEdgeUtilities, graphOf } from "./edge-graph.js";
import { maximumArborescence } from "./max-arborescence.js";
import { treeMarginals } from "./spanning-tree-marginals.js";
import { type StochasticSoftmax, stochasticSoftmax } from "./stochastic-softmax.js";

/**
 * Arborescences: directed spanning trees out of a root.
 *
 *     hard = the maximum arborescence of U      relaxed = the edge marginals of arborescences with chances ∝ exp Σ_{e∈T} U_e / t
 *
 * Reach for it for latent parses and other hierarchies with a known top.
 *
 * @param options - the directed graph: nodes, edges, root and, for a batch of different graphs, which edges are present
 * @returns the instance; utilities are `[..., edges]`; edges into the root are never chosen
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or `root` is no node
 * @throws RangeError if a node cannot be reached from the root
 * @throws DTypeError if `present` is not bool
 * @throws ShapeError if `present` does not end in the number of edges
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063
 */
export function arborescenceSst(options: ArborescenceOptions): StochasticSoftmax {
  const graph = graphOf("arborescenceSst", options, options.root ?? 0);
  return stochasticSoftmax({
    name: "arborescenceSst",
    check: (utilities) => checkEdgeUtilities("arborescenceSst", "utilities", utilities, graph),
    maximum: (utilities) => maximumArborescence(utilities, graph),
    relaxation: (z) => treeMarginals(z, graph),
  });
}
