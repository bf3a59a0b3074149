import {
  diagonal,
  exp,
  expandDims,
  eye,
  greater,
  inverse,
  max,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { type Graph, withoutAbsent } from "./edge-graph.js";
import { edgeMatrix, edgesOfMatrix } from "./edge-matrix.js";

/**
 * Edge marginals of spanning trees from the inverse of the Laplacian.
 *
 *     μ_e = w_e · (G_ii + G_jj − 2·G_ij)      G = (Λ + 11ᵀ/n)⁻¹      Λ = diag(W1) − W
 *
 * Resistances do not depend on how Λ is grounded; with 11ᵀ/n no node is special.
 */
export function resistanceMarginals(z: Tensor, graph: Graph, maxRange: number): Tensor {
  const known = withoutAbsent(z, graph);
  const largest = stopGradient(max(known, -1, { keepDims: true }));
  const centred = z.sub(largest);
  const clipped = where(greater(centred, -maxRange), centred, -maxRange);
  const weights = graph.present === undefined ? exp(clipped) : where(graph.present, exp(clipped), 0);
  const matrix = edgeMatrix(weights, graph, 0);
  const rank = matrix.shape.length;
  const laplacian = eye(graph.nodes, z)
    .mul(matrix.sum(-1, { keepDims: true }))
    .sub(matrix);
  const green = inverse(laplacian.add(1 / graph.nodes));
  const own = diagonal(green);
  const resistance = expandDims(own, rank - 1)
    .add(expandDims(own, rank - 2))
    .sub(green.mul(2));
  return weights.mul(edgesOfMatrix(resistance, graph));
}
