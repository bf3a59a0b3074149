import { grad, hvp, read, type Tensor, tensor } from "cotangent";
import { solve } from "../../../support/solve.js";

/** The minimizer of a convex function of few variables, by Newton's method with steps of norm 1 at most. */
export async function minimize(f: (x: Tensor) => Tensor, start: Float64Array): Promise<Float64Array> {
  let x = start;
  for (let step = 0; step < 100; step++) {
    const at = tensor(x);
    const units = Array.from(x, (_, i) => tensor(x.map((_, j) => (i === j ? 1 : 0))));
    const { slope, rows } = await read({ slope: grad(f)(at), rows: units.map((unit) => hvp(f, at, unit)) });
    const move = solve(
      rows.map((row) => [...row]),
      [...slope],
    );
    const norm = Math.hypot(...move);
    x = x.map((value, i) => value - move[i] / Math.max(1, norm));
    if (norm < 1e-12) return x;
  }
  throw new Error("minimize: 100 Newton steps did not reach the minimum");
}
