import { eigh, type Key, normal, tensor } from "cotangent";

/** A least-squares problem without noise. */
export interface LeastSquares {
  readonly design: readonly Float64Array[];
  readonly target: Float64Array;
  readonly solution: Float64Array;
}

/** Rows of Gaussian numbers. */
export async function gaussianRows(key: Key, count: number, width: number): Promise<Float64Array[]> {
  const values = Float64Array.from(await normal(key, [count, width], { dtype: "f64" }).data());
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (x, i) => x * b[i]).reduce((sum, x) => sum + x, 0);
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(Array.from(a, (x, i) => (x - b[i]) ** 2).reduce((sum, x) => sum + x, 0));
}

export async function gaussianProblem(key: Key, examples: number, parameters: number): Promise<LeastSquares> {
  const design = await gaussianRows(key.at("design"), examples, parameters);
  const [solution] = await gaussianRows(key.at("solution"), 1, parameters);
  return { design, target: Float64Array.from(design, (row) => dot(row, solution)), solution };
}

/** Xᵀ·X. */
export function secondMoments(design: readonly ArrayLike<number>[]): Float64Array[] {
  const size = design[0].length;
  const moments = Array.from({ length: size }, () => new Float64Array(size));
  for (const row of design) {
    for (let i = 0; i < size; i++) {
      const [into, factor] = [moments[i], row[i]];
      for (let j = 0; j < size; j++) into[j] += factor * row[j];
    }
  }
  return moments;
}

/** Xᵀ·(X·θ − y), from the data. */
export function gradientOf({ design, target }: LeastSquares, theta: ArrayLike<number>): Float64Array {
  const gradient = new Float64Array(theta.length);
  design.forEach((row, example) => {
    const rest = dot(row, theta) - target[example];
    for (let j = 0; j < row.length; j++) gradient[j] += rest * row[j];
  });
  return gradient;
}

/** The least and the largest eigenvalue of a symmetric matrix. */
export async function extremeEigenvalues(matrix: readonly Float64Array[]): Promise<[number, number]> {
  const size = matrix.length;
  const flat = new Float64Array(size * size);
  for (const [i, row] of matrix.entries()) flat.set(row, i * size);
  const { values, vectors } = eigh(tensor(flat, { shape: [size, size] }));
  const held = await values.data();
  vectors.dispose();
  return [Math.min(...held), Math.max(...held)];
}
