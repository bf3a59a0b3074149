import { exp, inverse, type Tensor, tensor } from "cotangent";
import { completeGraph } from "./structures.js";

/** The Laplacian of a complete graph with weights exp z, the first node removed. */
export function laplacian(z: Tensor, { nodes }: { readonly nodes: number }): Tensor {
  const edges = completeGraph(nodes);
  const incidence = tensor(
    Float64Array.from(
      edges.flatMap(([i, j]) => Array.from({ length: nodes - 1 }, (_, v) => +(v + 1 === i) - +(v + 1 === j))),
    ),
    { shape: [edges.length, nodes - 1] },
  );
  return incidence
    .mul(exp(z).reshape([edges.length, 1]))
    .transpose()
    .matmul(incidence);
}

/** Effective resistances between the ends of edges, and `B G Bᵀ` row by row. */
export async function resistances(
  z: Float64Array,
  graph: { readonly nodes: number },
): Promise<{ readonly own: Float64Array; readonly between: Float64Array }> {
  const edges = completeGraph(graph.nodes);
  const green = await inverse(laplacian(tensor(z), graph)).data();
  const at = (i: number, j: number) => (i === 0 || j === 0 ? 0 : green[(i - 1) * (graph.nodes - 1) + j - 1]);
  const between = Float64Array.from(
    edges.flatMap(([a, b]) => edges.map(([c, d]) => at(a, c) - at(a, d) - at(b, c) + at(b, d))),
  );
  return { own: Float64Array.from(edges, (_, e) => between[e * edges.length + e]), between };
}
