import { logSumExp, slice, type Tensor } from "../../autodiff/index.js";
import { logAddExp } from "./log-add-exp.js";

/**
 * `log Σ exp Σ_{(i,j)∈T} z_ij` over the trees T that lead from node 0 to all others, by elimination of one node after the
 * other in the log domain: exact however wide z is, where a determinant would be singular.
 *
 *     for v = n−1 … 1:   s = lse_{i<v} z_iv      log Z += s      z_ij ← logaddexp(z_ij, z_iv + z_vj − s) for i, j < v
 *
 * For a symmetric z these are the spanning trees, and the step is the star–mesh transform of resistor networks. O(n³).
 *
 * @param z - `[..., n, n]`, −∞ where there is no edge; n ≥ 2, all nodes reachable. The diagonal is never used
 * @returns `[...]`
 */
export function logTreeWeight(z: Tensor): Tensor {
  const lead = z.shape.slice(0, -2);
  const [nodes] = z.shape.slice(-1);
  const part = (x: Tensor, rows: readonly [number, number], columns: readonly [number, number]) =>
    slice(x, [...lead.map(() => 0), rows[0], columns[0]], [...lead, rows[1], columns[1]]);
  let rest = z;
  let total: Tensor | undefined;
  for (let v = nodes - 1; v >= 1; v--) {
    const incoming = part(rest, [0, v], [v, v + 1]);
    const outgoing = part(rest, [v, v + 1], [0, v]);
    const sum = logSumExp(incoming, -2, { keepDims: true });
    total = total === undefined ? sum : total.add(sum);
    rest = logAddExp(part(rest, [0, v], [0, v]), incoming.sub(sum).add(outgoing));
  }
  return total!.reshape(lead);
}
