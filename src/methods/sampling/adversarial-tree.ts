import { checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  and,
  arange,
  bernoulli,
  cast,
  equal,
  expandDims,
  full,
  gather,
  greater,
  greaterEqual,
  type Key,
  less,
  logSigmoid,
  type Shape,
  shiftRight,
  sigmoid,
  slice,
  stack,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";
import type { ConditionalSampler, Like, Sampler } from "./sampler.js";

/** A tree as tensors, so that a checkpoint can hold it. An alias, so that it is a tree for `grad`. */
export type AdversarialTreeParameters = {
  /** `[2^D, k]`: row ν holds the weights of node ν; the root is 1, the children of ν are 2ν and 2ν + 1, row 0 is unused. */
  readonly weights: Tensor;
  /** `[2^D]`. */
  readonly bias: Tensor;
  /** `[2^D]`: −1 where a node always goes left, 1 where always right, as the other side holds only padding; else 0. */
  readonly forced: Tensor<"i32">;
  /** `[C]`, the leaf of each label, all different, in [0, 2^D). */
  readonly leafOfLabel: Tensor<"i32">;
  /** `[2^D]`, the label of each leaf; −1 for padding. */
  readonly labelOfLeaf: Tensor<"i32">;
};

/**
 * A balanced binary tree with a class at each leaf, that draws classes given features: a logistic decision at every
 * node on the way down, so that a draw costs O(k·log C), and so does the probability of a class.
 *
 *     log p(y | z) = Σ log σ(ζ·(w_ν·z + b_ν))      over the nodes ν on the way to y, ζ = 1 to the right, −1 to the left
 *
 * Where the classes are no power of two, some leaves are padding: a node with nothing else on one side always goes to
 * the other, so padding has probability exactly 0. It is a `ConditionalSampler`: `tree.given(features)` serves
 * wherever a sampler does, for instance as the noise of `nceLoss`. Made by `fitAdversarialTree`.
 *
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * section 3 and eq. 8
 */
export class AdversarialTree implements ConditionalSampler {
  readonly parameters: AdversarialTreeParameters;
  /** Number of classes C. */
  readonly classes: number;
  /** Number of features k. */
  readonly features: number;
  /** Decisions of a draw, D = ⌈log₂ C⌉. */
  readonly depth: number;

  /**
   * @param parameters - as `fitAdversarialTree` made them; `tree.parameters` of another tree
   * @throws ShapeError if the parts do not fit
   * @throws DTypeError if they differ in dtype
   */
  constructor(parameters: AdversarialTreeParameters) {
    const { weights, bias, forced, leafOfLabel, labelOfLeaf } = parameters;
    checkFloat("AdversarialTree", { weights });
    checkSameDType("AdversarialTree", { weights, bias });
    checkDType("AdversarialTree", { forced, leafOfLabel, labelOfLeaf }, "i32");
    checkRank("AdversarialTree", { weights }, 2);
    checkRank("AdversarialTree", { leafOfLabel }, 1);
    const classes = leafOfLabel.size;
    const depth = classes === 0 ? 0 : Math.ceil(Math.log2(classes));
    const leaves = 2 ** depth;
    if (classes === 0) throw new ShapeError("AdversarialTree: leafOfLabel has shape [0] but must hold a class");
    checkShape("AdversarialTree", "weights", weights, [leaves, -1]);
    for (const [name, part] of Object.entries({ bias, forced, labelOfLeaf })) {
      checkShape("AdversarialTree", name, part, [leaves]);
    }
    this.parameters = parameters;
    this.classes = classes;
    this.features = weights.shape[1];
    this.depth = depth;
  }

  /**
   * The distributions of a batch, as a sampler: row i of draws and ids belongs to row i of the features.
   *
   * @param features - `[B, k]`, z
   * @returns a sampler whose draws and ids have a shape `[B, ...]`; a draw is i32, log-probabilities are in nats, and
   * differentiable in the features and the tree
   * @throws ShapeError if the features do not have k columns
   * @throws RangeError if a feature on the host is not finite, or an id there out of range
   */
  given(features: Tensor): Sampler {
    this.checkFeatures("AdversarialTree.given", features);
    return {
      classes: this.classes,
      draw: (key, shape) => this.draw(key, features, typeof shape === "number" ? [shape] : shape),
      logProbability: (ids, like) => this.logProbability(features, ids, like),
    };
  }

  /**
   * Log-probabilities of all classes, at a cost of O(B·(C + 2^D·k)).
   *
   * @param features - `[B, k]`, z
   * @returns `[B, C]`, in nats; each row's probabilities sum to 1
   * @throws ShapeError if the features do not have k columns
   * @throws RangeError if a feature on the host is not finite
   */
  logProbabilities(features: Tensor): Tensor {
    this.checkFeatures("AdversarialTree.logProbabilities", features);
    return gather(this.leafLogProbabilities(features).transpose(), this.parameters.leafOfLabel).transpose();
  }

  /**
   * Log-probabilities of all leaves.
   *
   * @param features - `[B, k]`, z
   * @returns `[B, 2^D]`, in nats; −Infinity for padding
   * @throws ShapeError if the features do not have k columns
   * @throws RangeError if a feature on the host is not finite
   */
  leafLogProbabilities(features: Tensor): Tensor {
    this.checkFeatures("AdversarialTree.leafLogProbabilities", features);
    const { weights, bias, forced } = this.parameters;
    const scores = features.matmul(weights.transpose()).add(bias); // [B, 2^D]
    const [rows] = features.shape;
    let reached = zeros([rows, 1], scores);
    for (let level = 0; level < this.depth; level++) {
      const nodes = 2 ** level; // on this level: nodes to 2·nodes − 1
      const score = slice(scores, [0, nodes], [rows, 2 * nodes]);
      const side = slice(forced, [nodes], [2 * nodes]);
      const right = logSigmoid(score);
      const left = right.sub(score); // log σ(−s) = log σ(s) − s
      const toLeft = reached.add(unlessForced(left, side.neg()));
      const toRight = reached.add(unlessForced(right, side));
      reached = stack([toLeft, toRight], 2).reshape([rows, 2 * nodes]);
    }
    return reached;
  }

  private draw(key: Key, features: Tensor, shape: Shape): Tensor<"i32"> {
    this.checkRows("AdversarialTree.draw", "shape", shape, features);
    const { weights, bias, forced, labelOfLeaf } = this.parameters;
    const z = alignRows(features, shape.length);
    let node = full(shape, 1, { backend: features.backend, dtype: "i32" });
    for (let level = 0; level < this.depth; level++) {
      const score = gather(weights, node).mul(z).sum(-1).add(gather(bias, node));
      const side = gather(forced, node);
      const free = sigmoid(score);
      const chance = where(equal(side, 0), free, cast(greater(side, 0), free.dtype));
      node = node.mul(2).add(cast(bernoulli(key.at("level", level), chance), "i32"));
    }
    return gather(labelOfLeaf, node.sub(2 ** this.depth));
  }

  private logProbability(features: Tensor, ids: Tensor<"i32">, like: Like = { dtype: "f32" }): Tensor {
    this.checkRows("AdversarialTree.logProbability", "ids", ids.shape, features);
    const { classes, depth } = this;
    for (const id of hostValues(ids) ?? []) {
      if (id < 0 || id >= classes) {
        throw new RangeError(`AdversarialTree.logProbability: an id is ${id} but must be in [0, ${classes})`);
      }
    }
    const { weights, bias, forced, leafOfLabel } = this.parameters;
    const known = and(greaterEqual(ids, 0), less(ids, classes));
    const leaf = expandDims(gather(leafOfLabel, where(known, ids, 0)).add(2 ** depth), -1);
    const below = arange(depth, ids).neg().add(depth); // levels between the node and its leaf: depth, …, 1
    const nodes = shiftRight(leaf, below); // [..., D]
    const goesRight = shiftRight(leaf, below.sub(1)).sub(nodes.mul(2)); // 0 or 1
    const scores = gather(weights, nodes).mul(alignRows(features, nodes.shape.length)).sum(-1).add(gather(bias, nodes));
    const direction = goesRight.mul(2).sub(1);
    const steps = unlessForced(
      logSigmoid(scores.mul(cast(direction, scores.dtype))),
      gather(forced, nodes).mul(direction),
    );
    return cast(where(known, steps.sum(-1), Number.NaN), like.dtype) as Tensor;
  }

  private checkFeatures(caller: string, features: Tensor): void {
    checkSameDType(caller, { "the tree": this.parameters.weights, features });
    checkShape(caller, "features", features, [-1, this.features]);
    for (const value of hostValues(features) ?? []) {
      if (!Number.isFinite(value)) throw new RangeError(`${caller}: a feature is ${value} but must be finite`);
    }
  }

  private checkRows(caller: string, name: string, shape: Shape, features: Tensor): void {
    const [rows] = features.shape;
    if (shape[0] !== rows) {
      throw new ShapeError(
        `${caller}: ${name} is ${showShape(shape)} but must be [${rows}, ...], a row for each of features`,
      );
    }
  }
}

/** `[B, k]` → `[B, 1, …, 1, k]`, to go with rows of `rank` axes. */
function alignRows(features: Tensor, rank: number): Tensor {
  const [rows, width] = features.shape;
  return features.reshape([rows, ...Array<number>(rank - 1).fill(1), width]);
}

/** The log-probability of a free step; certain (0) or impossible (−∞) where it is forced along or against. */
function unlessForced(free: Tensor, along: Tensor<"i32">): Tensor {
  const forced = where(greater(along, 0), zeros(along.shape, free), Number.NEGATIVE_INFINITY);
  return where(equal(along, 0), free, forced);
}
