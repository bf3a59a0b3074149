import { cast, gather, type Tensor, tensor } from "cotangent";
import { type ConditionalSampler, KernelSamplingTree } from "cotangent/methods/sampling";

/**
 * A tree whose kernel is exactly `exp(−sharpness·‖x − y‖²/2)`: its features of point i are row i of a Cholesky factor of
 * all the kernels, and what it calls vectors are the numbers of the points.
 *
 * @param queries - points, in the order in which they will be rows of a batch
 */
export function exactKernelSampler(
  classes: readonly (readonly number[])[],
  queries: readonly (readonly number[])[],
  sharpness: number,
): ConditionalSampler & Disposable {
  const points = [...classes, ...queries];
  const kernel = points.map((x) =>
    points.map((y) => Math.exp((-sharpness * x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0)) / 2)),
  );
  const factor = tensor(choleskyOf(kernel), { shape: [points.length, points.length] });
  const map = {
    width: 1,
    features: points.length,
    apply: (numbers: Tensor) => {
      const lead = numbers.shape.slice(0, -1);
      return gather(factor, cast(numbers, "i32").reshape(lead));
    },
    dispose: () => {},
  };
  const numbered = (from: number, count: number) =>
    tensor(
      Float64Array.from({ length: count }, (_, i) => from + i),
      { shape: [count, 1] },
    );
  const tree = new KernelSamplingTree(map, numbered(0, classes.length), { floor: 1e-9 });
  return {
    classes: classes.length,
    given: ({ shape: [rows] }) => tree.given(numbered(classes.length, rows)),
    [Symbol.dispose]: () => tree.dispose(),
  };
}

function choleskyOf(matrix: readonly (readonly number[])[]): Float64Array {
  const n = matrix.length;
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i][j];
      for (let k = 0; k < j; k++) rest -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i === j ? Math.sqrt(rest) : rest / factor[j * n + j];
    }
  }
  return factor;
}
