import { checkRows } from "./check-rows.js";

/**
 * How far points are from a subspace: the sum of squared distances.
 *
 *     Σ_j ‖p_j − Σ_i ⟨p_j, v_i⟩ · v_i‖²
 *
 * Reach for it to compare subspaces.
 *
 * @param points - n rows of d numbers, finite
 * @param basis - orthonormal rows of d numbers, such as `straggleResilientSubspace` gives
 * @throws RangeError if rows differ in length, there are none, or a number is not finite
 * @source Gandikota, Mazumdar and Rawat, "Reliable Distributed Clustering with Redundant Data Assignment", ISIT 2020,
 * arXiv:2002.08892
 */
export function subspaceResidual(points: readonly ArrayLike<number>[], basis: readonly ArrayLike<number>[]): number {
  const width = checkRows("subspaceResidual", "points", points);
  if (checkRows("subspaceResidual", "basis", basis) !== width) {
    throw new RangeError(`subspaceResidual: basis[0] has ${basis[0].length} numbers but must have ${width}, as points`);
  }
  let total = 0;
  for (const point of points) {
    const rest = Float64Array.from(point);
    for (const direction of basis) {
      let along = 0;
      for (let i = 0; i < width; i++) along += rest[i] * direction[i];
      for (let i = 0; i < width; i++) rest[i] -= along * direction[i];
    }
    for (const value of rest) total += value * value;
  }
  return total;
}
