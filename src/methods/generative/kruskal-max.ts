import { apply } from "../../autodiff/graph.js";
import { type HostKernel, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkUtilities } from "./check-utilities.js";
import { checkEdgeUtilities, type Graph, type GraphOptions, graphOf, withoutAbsent } from "./edge-graph.js";

/**
 * The spanning tree with the largest total utility, by Kruskal's greedy algorithm.
 *
 *     argmax_T Σ_{e∈T} utilities_e
 *
 * Ties go to the earlier edge. Computed on the host on every backend, when its value is asked for; without gradient.
 *
 * Reach for it to decode a tree from edge scores.
 *
 * @param utilities - `[..., edges]`, finite
 * @param options - the graph, connected
 * @returns `[..., edges]`, 1 for the n − 1 edges of the tree, else 0. Utilities that a device holds are not checked: rows
 * of NaN come of a graph that is not connected and of utilities that are not finite
 * @throws DTypeError if `utilities` is no f32 or f64
 * @throws ShapeError if `utilities` or `present` does not end in the number of edges, or `present` does not stretch to it
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or the graph is disconnected
 * @throws RangeError if `utilities` is on the host and not finite
 * @source Kruskal, "On the Shortest Spanning Subtree of a Graph and the Traveling Salesman Problem", Proc. AMS 1956
 */
export function kruskalMax(utilities: Tensor, options: GraphOptions): Tensor {
  checkUtilities("kruskalMax", "utilities", utilities, 1);
  const graph = graphOf("kruskalMax", options);
  checkEdgeUtilities("kruskalMax", "utilities", utilities, graph);
  return maximumTree(utilities, graph);
}

/** The same where everything is checked. */
export function maximumTree(utilities: Tensor, graph: Graph): Tensor {
  const { shape, dtype } = utilities;
  const attributes = { nodes: graph.nodes, edges: graph.edges.flat() };
  return apply("kruskalMax", "kruskal", [withoutAbsent(stopGradient(utilities), graph)], {
    shape,
    dtype,
    attributes,
    host: kruskal,
  });
}

/** The kernel: rows of utilities, −∞ where there is no edge, become rows of 0 and 1. */
export const kruskal: HostKernel = ([utilities], output, attributes) => {
  const nodes = attributes.nodes as number;
  const ends = attributes.edges as readonly number[];
  const count = ends.length / 2;
  const order = new Int32Array(count);
  const parent = new Int32Array(nodes);
  const componentOf = (node: number) => {
    let at = node;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]];
    return at;
  };
  output.fill(0);
  for (let start = 0; start < utilities.length; start += count) {
    const row = utilities.subarray(start, start + count);
    for (let e = 0; e < count; e++) order[e] = e;
    for (let i = 0; i < nodes; i++) parent[i] = i;
    order.sort((a, b) => row[b] - row[a] || a - b);
    let missing = nodes - 1;
    for (const e of order) {
      if (row[e] === Number.NEGATIVE_INFINITY) continue; // absent
      const [a, b] = [componentOf(ends[2 * e]), componentOf(ends[2 * e + 1])];
      if (a === b) continue;
      parent[a] = b;
      output[start + e] = 1;
      missing--;
    }
    const isBroken = missing > 0 || row.some((u) => !(u < Number.POSITIVE_INFINITY));
    if (isBroken) output.fill(Number.NaN, start, start + count);
  }
};
