import { concat, full, gather, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import type { Graph } from "./edge-graph.js";

/**
 * Values of edges as a matrix, the root first: entry (i, j) is the edge from i to j, in an undirected graph in either
 * direction, and `absent` where there is none.
 *
 * @param values - `[..., edges]`
 * @returns `[..., nodes, nodes]`
 */
export function edgeMatrix(values: Tensor, graph: Graph, absent: number): Tensor {
  const { nodes, edges } = graph;
  const lead = values.shape.slice(0, -1);
  const rows = values.size / edges.length;
  const table = concat([values.reshape([rows, edges.length]), full([rows, 1], absent, values)], 1).transpose();
  const ids = new Int32Array(nodes * nodes).fill(edges.length);
  for (const [e, [i, j]] of placesOf(graph).entries()) {
    ids[i * nodes + j] = e;
    if (graph.root === undefined) ids[j * nodes + i] = e;
  }
  return gather(table, idsTensor(ids, values))
    .transpose()
    .reshape([...lead, nodes, nodes]);
}

/** The entries of such a matrix that belong to edges: `[..., edges]`. */
export function edgesOfMatrix(matrix: Tensor, graph: Graph): Tensor {
  const { nodes, edges } = graph;
  const lead = matrix.shape.slice(0, -2);
  const table = matrix.reshape([matrix.size / (nodes * nodes), nodes * nodes]).transpose();
  const ids = Int32Array.from(placesOf(graph), ([i, j]) => i * nodes + j);
  return gather(table, idsTensor(ids, matrix))
    .transpose()
    .reshape([...lead, edges.length]);
}

/** Where the nodes of each edge are when the root comes first. */
function placesOf({ edges, root = 0 }: Graph): (readonly [number, number])[] {
  const place = (node: number) => (node === root ? 0 : node < root ? node + 1 : node);
  return edges.map(([from, to]) => [place(from), place(to)]);
}

function idsTensor(ids: Int32Array, { backend }: Tensor): Tensor<"i32"> {
  return fromValues(ids, { backend }) as Tensor<"i32">;
}
