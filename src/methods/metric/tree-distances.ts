/**
 * The number of edges between each two nodes of a tree.
 *
 * Reach for it as the distances that an embedding is measured against.
 *
 * @param parents - the parent of each node, −1 for the first node, the root; parents come before their children
 * @returns a row for each node
 * @throws RangeError if `parents` is empty or is not such a list
 * @source Weber et al., "Robust Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465 (d_G)
 */
export function treeDistances(parents: ArrayLike<number>): Float64Array[] {
  checkParents("treeDistances", parents);
  const distances = Array.from({ length: parents.length }, () => new Float64Array(parents.length));
  for (let node = 1; node < parents.length; node++) {
    for (let other = 0; other < node; other++) {
      const steps = distances[parents[node]][other] + 1; // every earlier node is outside of the new one's subtree
      distances[node][other] = steps;
      distances[other][node] = steps;
    }
  }
  return distances;
}

/** The nodes next to each node: its parent first, if it has one, then its children. */
export function neighboursOf(parents: ArrayLike<number>): number[][] {
  const adjacent: number[][] = Array.from({ length: parents.length }, () => []);
  for (let node = 1; node < parents.length; node++) {
    adjacent[node].push(parents[node]);
    adjacent[parents[node]].push(node);
  }
  return adjacent;
}

/** Throws unless the first node is the root and every other comes after its parent. */
export function checkParents(caller: string, parents: ArrayLike<number>): void {
  if (parents.length === 0) throw new RangeError(`${caller}: parents is empty but must hold at least the root`);
  if (parents[0] !== -1)
    throw new RangeError(`${caller}: parents holds ${parents[0]} at 0 but must hold -1, for the root`);
  for (let node = 1; node < parents.length; node++) {
    const parent = parents[node];
    if (!Number.isInteger(parent) || parent < 0 || parent >= node) {
      throw new RangeError(
        `${caller}: parents holds ${parent} at ${node} but must hold an earlier node, in [0, ${node})`,
      );
    }
  }
}
