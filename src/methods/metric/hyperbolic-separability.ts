import { solveLp } from "../optimizers/solve-lp.js";

/**
 * Whether some `v` has `sign_i (v · x_i) > 0` for all vectors: the largest least such product over a box, by a linear
 * program, with the answer put to the test.
 *
 * @param vectors - of one length
 * @param signs - one a vector
 */
export function isSeparable(vectors: readonly ArrayLike<number>[], signs: ArrayLike<number>): boolean {
  const width = vectors[0].length;
  const signed = vectors.map((vector, i) => {
    const length = Math.hypot(...Array.from(vector));
    return Array.from(vector, (value) => (length === 0 ? 0 : (signs[i] * value) / length)); // far points weigh no more than near ones
  });
  const places = Array.from({ length: width }, (_, j) => j);
  const box = places.flatMap((j) => {
    const coefficients = Array.from({ length: width + 1 }, (_, k) => (k === j ? 1 : 0));
    return [{ coefficients, relation: "<=", bound: 1 } as const, { coefficients, relation: ">=", bound: -1 } as const];
  });
  const { x } = solveLp({
    objective: [...places.map(() => 0), -1],
    constraints: [...signed.map((row) => ({ coefficients: [...row, -1], relation: ">=", bound: 0 }) as const), ...box],
    free: places, // the last variable, the least product, is ≥ 0: v = 0 attains that
  });
  return signed.every((row) => row.reduce((sum, value, j) => sum + value * x[j], 0) > 0);
}
