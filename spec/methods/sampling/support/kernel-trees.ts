import { randomKey, type Tensor, tensor } from "cotangent";
import { type FeatureMap, KernelSamplingTree, quadraticMap, randomFourierMap } from "cotangent/methods/sampling";
import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

export interface RandomKernel {
  readonly classes: number;
  readonly width: number;
  readonly leafSize: number;
  /** Few, so that estimates are often negative; 0 stands for the quadratic kernel. */
  readonly frequencies: number;
  readonly floor: number;
  readonly seed: number;
  /** `[classes, width]`. */
  readonly vectors: Float64Array;
  /** `[2, width]`. */
  readonly queries: Float64Array;
  /** A class for each of the two rows. */
  readonly labels: Int32Array;
}

export interface RandomKernelsOptions {
  /** Numbers of classes to choose from: few, as each is a program of its own. Default 2, 3, 6 and 9. */
  readonly sizes?: readonly number[];
  readonly kernels?: "fourier" | "quadratic";
}

/** Trees over a few classes, whose floor is often at work with Fourier features, and never with quadratic ones. */
export function randomKernels({
  sizes = [2, 3, 6, 9],
  kernels = "fourier",
}: RandomKernelsOptions = {}): Arbitrary<RandomKernel> {
  const width = 2;
  return fc.constantFrom(...sizes).chain((classes) =>
    fc.record({
      classes: fc.constant(classes),
      width: fc.constant(width),
      leafSize: fc.constantFrom(1, 4),
      frequencies: fc.constant(kernels === "fourier" ? 2 : 0),
      floor: fc.constant(0.1),
      seed: fc.integer({ min: 0, max: 1000 }),
      vectors: floats([classes, width], { min: -1, max: 1 }),
      queries: floats([2, width], { min: -1, max: 1 }),
      labels: fc
        .array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 2, maxLength: 2 })
        .map((list) => Int32Array.from(list)),
    }),
  );
}

/** A map and a tree that a body may use; both are disposed of after it. */
export async function withTree<T>(
  random: RandomKernel,
  options: { readonly flat?: boolean; readonly rebuildEvery?: number },
  body: (tree: KernelSamplingTree, map: FeatureMap) => T | Promise<T>,
): Promise<T> {
  const { floor, leafSize } = random;
  const map = mapOf(random);
  const tree = new KernelSamplingTree(map, vectorsOf(random), {
    floor,
    leafSize: options.flat ? 1 : leafSize,
    ...options,
  });
  try {
    return await body(tree, map);
  } finally {
    tree.dispose();
    map.dispose();
  }
}

export function mapOf({ width, frequencies, seed }: RandomKernel): FeatureMap {
  if (frequencies === 0) return quadraticMap({ width, strength: 3 });
  return randomFourierMap(randomKey(seed), { width, sharpness: 4, frequencies, dtype: "f64" });
}

export const vectorsOf = ({ vectors, classes, width }: RandomKernel): Tensor =>
  tensor(vectors, { shape: [classes, width] });

export const queriesOf = ({ queries, width }: RandomKernel): Tensor => tensor(queries, { shape: [2, width] });

/** φ(h)·φ(c_j) of the two queries with every class. */
export async function scoresOf(random: RandomKernel, map: FeatureMap): Promise<Float64Array[]> {
  const scores = await map
    .apply(queriesOf(random))
    .matmul(map.apply(vectorsOf(random)).transpose())
    .data();
  return [0, 1].map((row) => scores.slice(row * random.classes, (row + 1) * random.classes) as Float64Array);
}

/** The law of a walk, as the definition reads: halves of ever smaller ranges of classes, each with its floor. */
export function lawOfWalk(scores: Float64Array, floor: number, leafSize: number, label = -1): Float64Array {
  const classes = scores.length;
  const law = new Float64Array(classes);
  const mass = (from: number, to: number) => {
    let sum = 0;
    let count = 0;
    for (let j = from; j < Math.min(to, classes); j++) {
      if (j === label) continue;
      sum += scores[j];
      count++;
    }
    return count === 0 ? 0 : Math.max(sum, floor * count);
  };
  const walk = (from: number, to: number, reached: number) => {
    if (reached === 0) return;
    const parts: [number, number][] = [];
    if (to - from <= leafSize) for (let j = from; j < to; j++) parts.push([j, j + 1]);
    else parts.push([from, (from + to) / 2], [(from + to) / 2, to]);
    const total = parts.reduce((sum, [low, high]) => sum + mass(low, high), 0);
    for (const [low, high] of parts) {
      const here = (reached * mass(low, high)) / total;
      if (high - low === 1) {
        if (low < classes) law[low] = here;
      } else walk(low, high, here);
    }
  };
  walk(0, 2 ** Math.ceil(Math.log2(classes)), 1);
  return law;
}

/** Every class, for both rows: `[2, classes]`. */
export const everyClass = (classes: number): Tensor<"i32"> =>
  tensor(
    Int32Array.from({ length: 2 * classes }, (_, i) => i % classes),
    { shape: [2, classes] },
  );
