import { evaluate, type Key, mapTree, randomKey, read, type Tensor, tensor } from "cotangent";
import { type AdaptiveSoftmax, adaptiveSoftmax } from "cotangent/methods/sampling";
import { floats, ids, seeds } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** An adaptive softmax of a few classes, some hidden vectors and their labels. */
export interface AdaptiveProblem {
  readonly classes: number;
  readonly features: number;
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly bias: boolean;
  readonly seed: number;
  readonly rows: number;
  readonly hidden: Float64Array;
  readonly labels: Int32Array;
}

/** Two to nine classes in up to three tails, one to five rows. */
export const adaptiveProblems: Arbitrary<AdaptiveProblem> = fc
  .record({
    classes: fc.integer({ min: 2, max: 9 }),
    features: fc.integer({ min: 1, max: 4 }),
    rows: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ classes, features, rows }) =>
    fc.record({
      classes: fc.constant(classes),
      features: fc.constant(features),
      rows: fc.constant(rows),
      cutoffs: fc.subarray([...Array(classes).keys()].slice(1), { maxLength: Math.min(3, classes - 1) }),
      divValue: fc.constantFrom(1, 2, 4),
      bias: fc.boolean(),
      seed: seeds,
      hidden: floats([rows, features]),
      labels: ids(rows, classes),
    }),
  );

/** Parameters larger than those that training starts from, in f64. */
export function layerOf({ seed, classes, features, cutoffs, divValue, bias }: AdaptiveProblem): AdaptiveSoftmax {
  const options = { classes, features, cutoffs, divValue, bias, dtype: "f64" } as const;
  return scaled(adaptiveSoftmax(randomKey(seed), options), 2);
}

export function hiddenOf({ hidden, rows, features }: AdaptiveProblem): Tensor {
  return tensor(hidden, { shape: [rows, features] });
}

/** The layer with all its parameters times a factor. */
export function scaled(layer: AdaptiveSoftmax, by: number): AdaptiveSoftmax {
  return mapTree(layer, (leaf) => leaf.mul(by)) as AdaptiveSoftmax;
}

/** Labels that only the device knows. */
export const unknown = (labels: Int32Array): Tensor<"i32"> => tensor(labels).add(0);

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);

const rowsOf = (values: ArrayLike<number>, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => Array.from(values).slice(i * width, (i + 1) * width));

function logSoftmaxOf(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  return scores.map((score) => score - most - total);
}

/** What becomes of a hidden vector, in plain numbers. */
export interface DefinedRow {
  /** Log-probabilities of frequent classes and tails. */
  readonly first: readonly number[];
  /** `projection · h` and scores of each tail. */
  readonly tails: readonly { readonly inner: readonly number[]; readonly scores: readonly number[] }[];
  readonly logProbabilities: readonly number[];
}

/** What the definition says of each row. */
export async function definitionOf(problem: AdaptiveProblem): Promise<DefinedRow[]> {
  const { features, cutoffs, classes } = problem;
  const layer = await read(layerOf(problem));
  const frequent = cutoffs[0] ?? classes;
  return rowsOf(problem.hidden, features).map((h) => {
    const head = rowsOf(layer.head, features).map((w, k) => dot(w, h) + (layer.headBias?.[k] ?? 0));
    const first = logSoftmaxOf(head);
    const tails = layer.tails.map(({ projection, weights }) => {
      const inner = rowsOf(projection, features).map((w) => dot(w, h));
      return { inner, scores: rowsOf(weights, inner.length).map((w) => dot(w, inner)) };
    });
    const logProbabilities = [
      ...first.slice(0, frequent),
      ...tails.flatMap(({ scores }, i) => logSoftmaxOf(scores).map((log) => log + first[frequent + i])),
    ];
    return { first, tails, logProbabilities };
  });
}

/** A held layer over so many classes, and so many hidden vectors, in f64. */
export function largeLayer(key: Key, classes: number, cutoffs: readonly number[], features = 8): AdaptiveSoftmax {
  const layer = adaptiveSoftmax(key, { classes, features, cutoffs, divValue: 2, dtype: "f64" });
  return evaluate(scaled(layer, 3));
}
