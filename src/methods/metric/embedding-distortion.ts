export interface EmbeddingDistortion {
  /** c_A, the largest `d_e / d_G`. */
  readonly expansion: number;
  /** c_M, the largest `d_G / d_e`. */
  readonly contraction: number;
  /** Their product, ≥ 1; it does not depend on the scale of either distance. */
  readonly distortion: number;
}

/**
 * By how much an embedding changes distances.
 *
 *     (1 / c_M) d_G ≤ d_e ≤ c_A d_G        distortion = c_M c_A
 *
 * A margin shrinks by at most the distortion: that is why a tree, embedded in two hyperbolic dimensions, keeps a margin
 * that no two Euclidean dimensions can keep.
 *
 * Reach for it to compare embeddings.
 *
 * @param embedded - distances after embedding, a row for each point; above 0 off the diagonal
 * @param graph - distances before, likewise
 * @returns both factors and their product; all 1 where there is but one point
 * @throws RangeError if there is no point, the two are not square or differ in size, or a distance of two points is not > 0
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465; Linial
 * et al., "The Geometry of Graphs and Some of Its Algorithmic Applications", Combinatorica 1995
 */
export function embeddingDistortion(
  embedded: readonly ArrayLike<number>[],
  graph: readonly ArrayLike<number>[],
): EmbeddingDistortion {
  checkDistances("embedded", embedded, graph.length);
  checkDistances("graph", graph, graph.length);
  if (graph.length === 1) return { expansion: 1, contraction: 1, distortion: 1 };
  let [expansion, contraction] = [0, 0];
  graph.forEach((row, i) => {
    for (let j = 0; j < row.length; j++) {
      if (i === j) continue;
      expansion = Math.max(expansion, embedded[i][j] / row[j]);
      contraction = Math.max(contraction, row[j] / embedded[i][j]);
    }
  });
  return { expansion, contraction, distortion: expansion * contraction };
}

function checkDistances(name: string, rows: readonly ArrayLike<number>[], size: number): void {
  if (rows.length === 0) throw new RangeError(`embeddingDistortion: ${name} is empty but must hold at least one point`);
  if (rows.length !== size) {
    throw new RangeError(`embeddingDistortion: ${name} has ${rows.length} rows but must have ${size}, as graph has`);
  }
  rows.forEach((row, i) => {
    if (row.length !== size) {
      throw new RangeError(`embeddingDistortion: row ${i} of ${name} has ${row.length} entries but must have ${size}`);
    }
    for (let j = 0; j < size; j++) {
      if (i !== j && !(row[j] > 0 && row[j] < Number.POSITIVE_INFINITY)) {
        throw new RangeError(
          `embeddingDistortion: ${name} holds ${row[j]} at [${i}, ${j}] but must hold finite distances > 0`,
        );
      }
    }
  });
}
