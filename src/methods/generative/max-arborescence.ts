import { apply } from "../../autodiff/graph.js";
import { type HostKernel, stopGradient, type Tensor } from "../../autodiff/index.js";
import type { ArborescenceOptions } from "./arborescence-marginals.js";
import { checkUtilities } from "./check-utilities.js";
import { checkEdgeUtilities, type Graph, graphOf, withoutAbsent } from "./edge-graph.js";

/**
 * The arborescence, a directed spanning tree out of the root, with the largest total utility: the algorithm of Chu and
 * Liu and of Edmonds.
 *
 *     argmax_T Σ_{e∈T} utilities_e
 *
 * Each node takes its best incoming edge, of equals the earlier one; a cycle becomes one node whose incoming edges count
 * what they gain over those they replace. Computed on the host on every backend, when its value is asked for; without
 * gradient. O(n·edges).
 *
 * Reach for it to decode a dependency parse from edge scores.
 *
 * @param utilities - `[..., edges]`, finite; edges into the root do not count
 * @param options - the directed graph and its root
 * @returns `[..., edges]`, 1 for the n − 1 edges of the tree, else 0. Utilities that a device holds are not checked: rows
 * of NaN come of nodes out of reach and of utilities that are not finite
 * @throws DTypeError if `utilities` is no f32 or f64
 * @throws ShapeError if `utilities` or `present` does not end in the number of edges, or `present` does not stretch to it
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or `root` is no node
 * @throws RangeError if a node cannot be reached from the root, or `utilities` is on the host and not finite
 * @source Chu and Liu, "On the Shortest Arborescence of a Directed Graph", Scientia Sinica 1965; Edmonds, "Optimum
 * Branchings", J. Res. NBS 1967
 */
export function maxArborescence(utilities: Tensor, options: ArborescenceOptions): Tensor {
  checkUtilities("maxArborescence", "utilities", utilities, 1);
  const graph = graphOf("maxArborescence", options, options.root ?? 0);
  checkEdgeUtilities("maxArborescence", "utilities", utilities, graph);
  return maximumArborescence(utilities, graph);
}

/** The same where everything is checked. */
export function maximumArborescence(utilities: Tensor, graph: Graph): Tensor {
  const { shape, dtype } = utilities;
  const attributes = { nodes: graph.nodes, edges: graph.edges.flat(), root: graph.root! };
  return apply("maxArborescence", "chuLiuEdmonds", [withoutAbsent(stopGradient(utilities), graph)], {
    shape,
    dtype,
    attributes,
    host: chuLiuEdmonds,
  });
}

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly utility: number;
  /** Which arc of the graph before contraction it is. */
  readonly origin: number;
}

const chuLiuEdmonds: HostKernel = ([utilities], output, attributes) => {
  const ends = attributes.edges as readonly number[];
  const count = ends.length / 2;
  output.fill(0);
  for (let start = 0; start < utilities.length; start += count) {
    const row = utilities.subarray(start, start + count);
    const arcs: Arc[] = [];
    row.forEach((utility, e) => {
      if (utility > Number.NEGATIVE_INFINITY) {
        arcs.push({ from: ends[2 * e], to: ends[2 * e + 1], utility, origin: e });
      }
    });
    const isBroken = row.some((u) => !(u < Number.POSITIVE_INFINITY));
    const tree = isBroken ? undefined : bestTree(attributes.nodes as number, attributes.root as number, arcs);
    if (tree === undefined) output.fill(Number.NaN, start, start + count);
    for (const at of tree ?? []) output[start + arcs[at].origin] = 1;
  }
};

/** Positions of the arcs of the best tree; undefined if a node cannot be reached. */
function bestTree(nodes: number, root: number, arcs: readonly Arc[]): number[] | undefined {
  const best = new Int32Array(nodes).fill(-1);
  arcs.forEach(({ from, to, utility }, a) => {
    if (to !== root && from !== to && (best[to] < 0 || utility > arcs[best[to]].utility)) best[to] = a;
  });
  if (best.some((arc, node) => arc < 0 && node !== root)) return undefined;
  const cycle = cycleOf(best, root, arcs);
  if (cycle === undefined) return Array.from(best).filter((arc) => arc >= 0);

  // Nodes that are left keep their order; the cycle becomes the last of them.
  const place = new Int32Array(nodes);
  let left = 0;
  for (let node = 0; node < nodes; node++) if (!cycle.has(node)) place[node] = left++;
  for (const node of cycle) place[node] = left;
  const contracted: Arc[] = [];
  arcs.forEach(({ from, to, utility }, a) => {
    if (cycle.has(from) && cycle.has(to)) return;
    const gain = cycle.has(to) ? utility - arcs[best[to]].utility : utility;
    contracted.push({ from: place[from], to: place[to], utility: gain, origin: a });
  });
  const chosen = bestTree(left + 1, place[root], contracted)?.map((at) => contracted[at].origin);
  if (chosen === undefined) return undefined;
  const entered = new Set(chosen.map((arc) => arcs[arc].to));
  for (const node of cycle) if (!entered.has(node)) chosen.push(best[node]);
  return chosen;
}

/** The nodes of a cycle among the best incoming arcs, if there is one. */
function cycleOf(best: Int32Array, root: number, arcs: readonly Arc[]): Set<number> | undefined {
  const walkOf = new Int32Array(best.length).fill(-1);
  walkOf[root] = best.length; // no walk has this number
  for (let start = 0; start < best.length; start++) {
    let node = start;
    for (; walkOf[node] < 0; node = arcs[best[node]].from) walkOf[node] = start;
    if (walkOf[node] !== start || node === root) continue;
    const cycle = new Set<number>();
    for (; !cycle.has(node); node = arcs[best[node]].from) cycle.add(node);
    return cycle;
  }
  return undefined;
}
