import { type Tensor, tensor } from "cotangent";
import { AdversarialTree } from "cotangent/methods/sampling";
import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

export interface RandomTree {
  readonly classes: number;
  readonly depth: number;
  readonly width: number;
  readonly leafOfLabel: readonly number[];
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  /** `[2, width]`, features of two examples. */
  readonly features: Float64Array;
}

/** Trees with any weights whose labels sit at any leaves, the other leaves being padding; two examples come along. */
export function randomTrees({
  most = 9,
  least = 1,
}: {
  readonly most?: number;
  readonly least?: number;
} = {}): Arbitrary<RandomTree> {
  return fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 1, max: 3 })).chain(([classes, width]) => {
    const depth = Math.ceil(Math.log2(classes));
    const leaves = Array.from({ length: 2 ** depth }, (_, leaf) => leaf);
    return fc.record({
      classes: fc.constant(classes),
      depth: fc.constant(depth),
      width: fc.constant(width),
      leafOfLabel: fc.shuffledSubarray(leaves, { minLength: classes, maxLength: classes }),
      weights: floats([2 ** depth, width]),
      bias: floats([2 ** depth]),
      features: floats([2, width]),
    });
  });
}

/** −1 or 1 where a node has labels on its left or right only; as the definition reads, without the tree's own tables. */
export function forcedSide({ depth, leafOfLabel }: RandomTree, node: number): number {
  const level = Math.floor(Math.log2(node));
  const has = (child: number) => leafOfLabel.some((leaf) => (2 ** depth + leaf) >> (depth - level - 1) === child);
  return has(2 * node + 1) ? (has(2 * node) ? 0 : 1) : -1;
}

/** Σ log σ(ζ·(w·z + b)) on the way to a leaf, forced nodes left out; −∞ for padding. */
export function logProbabilityOf(random: RandomTree, z: ArrayLike<number>, leaf: number): number {
  const { depth, width, weights, bias, leafOfLabel } = random;
  if (!leafOfLabel.includes(leaf)) return Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let node = 2 ** depth + leaf; node > 1; node >>= 1) {
    const parent = node >> 1;
    if (forcedSide(random, parent) !== 0) continue;
    let score = bias[parent];
    for (let j = 0; j < width; j++) score += weights[parent * width + j] * z[j];
    total -= Math.log1p(Math.exp(node % 2 === 1 ? -score : score));
  }
  return total;
}

export function treeOf(random: RandomTree): AdversarialTree {
  const { depth, width, weights, bias, leafOfLabel } = random;
  const nodes = 2 ** depth;
  const labelOfLeaf = Int32Array.from({ length: nodes }, (_, leaf) => leafOfLabel.indexOf(leaf));
  const forced = Int32Array.from({ length: nodes }, (_, node) => (node === 0 ? 0 : forcedSide(random, node)));
  return new AdversarialTree({
    weights: tensor(weights, { shape: [nodes, width] }),
    bias: tensor(bias),
    forced: tensor(forced),
    leafOfLabel: tensor(Int32Array.from(leafOfLabel)),
    labelOfLeaf: tensor(labelOfLeaf),
  });
}

/** The features of the two examples, `[2, width]`. */
export function featuresOf({ features, width }: RandomTree): Tensor {
  return tensor(features, { shape: [2, width] });
}
