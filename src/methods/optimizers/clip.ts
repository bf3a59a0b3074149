import { checkAbove } from "../../autodiff/check.js";
import { cast, coalesce, leavesOf, mapTree, minimum, rowSparse, sqrt, type Tensor } from "../../autodiff/index.js";
import { full } from "../../autodiff/ops/create.js";
import type { Optimizer } from "./optimizer.js";

/**
 * The Euclidean norm of all elements of a tree, `[]`. Of row-sparse gradients it reads only the rows.
 *
 *     ‖g‖ = √(Σ over tensors, Σ over elements, g²)
 *
 * @throws TypeError if there is no tensor
 */
export function globalNorm(tree: unknown): Tensor {
  const leaves = leavesOf<Tensor>(tree);
  if (leaves.length === 0) throw new TypeError("globalNorm: tree holds no tensor but must hold at least one");
  const squares = leaves.map((leaf) => {
    const sparse = rowSparse(leaf);
    const elements = sparse === undefined ? leaf : coalesce(sparse).rows;
    return cast(elements.mul(elements).sum(), leaves[0].dtype);
  });
  return sqrt(squares.reduce((total, square) => total.add(square)));
}

/**
 * Scales all gradients by one factor where their global norm exceeds a bound; to be chained before an optimizer.
 *
 *     g ← g · min(1, maxNorm / ‖g‖)
 *
 * @param maxNorm - a finite number > 0
 * @throws RangeError if `maxNorm` is not above 0
 * @source Pascanu et al., "On the Difficulty of Training Recurrent Neural Networks", ICML 2013, arXiv:1211.5063, algorithm 1
 */
export function clipByGlobalNorm(maxNorm: number): Optimizer<Record<string, never>> {
  checkAbove("clipByGlobalNorm", { maxNorm }, 0);
  return {
    init: () => ({}),
    update(gradients, state) {
      const norm = globalNorm(gradients);
      const factor = minimum(full([], maxNorm, norm).div(norm), 1); // a norm of 0 gives ∞, so 1
      const updates = mapTree(gradients, (leaf) => leaf.mul(cast(factor, leaf.dtype))) as typeof gradients;
      return { updates, state };
    },
  };
}
