import { checkAbove, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { read, type Tensor, type TypedArray } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { AdversarialTree } from "./adversarial-tree.js";
import { type LabeledExamples, splitLabels } from "./label-split.js";
import { LogisticFit } from "./logistic-fit.js";

/** Squares of larger features, summed, might overflow. */
const largest = 1e100;

/** How the fit of a node went. */
export interface AdversarialTreeNodeReport {
  /** The root is 1, the children of ν are 2ν and 2ν + 1. */
  readonly node: number;
  /** Labels and examples below it. */
  readonly labels: number;
  readonly examples: number;
  /** L after each continuous and each discrete step, in turn; never decreasing. */
  readonly objectives: readonly number[];
}

export interface FitAdversarialTreeOptions {
  /** Number of classes C, a whole number ≥ 1. */
  readonly classes: number;
  /** Weight λ of the penalty on each node's weights and bias, a finite number > 0. Default 0.1. */
  readonly regularization?: number;
  /** Times at most that labels are moved at a node, a whole number ≥ 1. Default 100. */
  readonly maxAlternations?: number;
  /** Told of each node as its fit ends, parents first. */
  readonly onNode?: (report: AdversarialTreeNodeReport) => void;
}

/**
 * Fits a tree that imitates `p(y | z)`, from the root down: at each node the labels are divided between the two sides,
 * and a logistic decision is fitted that sends examples to the side of their label. The two alternate until no label
 * moves; neither ever makes it worse.
 *
 *     L = Σ log σ(ζ_y·(w·z + b)) − λ·(‖w‖² + b²)      over the examples (z, y) below the node
 *
 * (w, b) by Newton's method; ζ by sorting `Δ_y = Σ_{z of y} (w·z + b)`, the smallest to the left, as many as are
 * negative and the sides can hold. The first direction is the dominant eigenvector of the scatter of the labels'
 * summed features. Runs on the host in f64; cost O(N·k²) a level and Newton step.
 *
 * Reach for it to draw hard negatives; use features that are few and centred, such as `principalComponents` gives.
 *
 * @param features - `[N, k]`, z, at most 1e100 in magnitude; N ≥ 1
 * @param labels - `[N]`, the class of each example, in [0, classes)
 * @returns the tree, in the dtype and on the backend of the features
 * @throws ShapeError if `labels` does not fit `features`
 * @throws DTypeError if `features` is not f32 or f64, or `labels` not i32
 * @throws RangeError if there is no example, a label is out of range or a feature not finite or too large
 * @throws RangeError if `classes` or `maxAlternations` is not a whole number ≥ 1, or `regularization` not above 0
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * section 3, eq. 9–11. The bias starts at minus the mean score, where the paper has 0: Newton needs the centring. Where
 * leaves are padding, how many labels go left follows the signs of Δ.
 */
export async function fitAdversarialTree(
  features: Tensor,
  labels: Tensor<"i32">,
  options: FitAdversarialTreeOptions,
): Promise<AdversarialTree> {
  const { classes, regularization = 0.1, maxAlternations = 100, onNode } = options;
  checkFloat("fitAdversarialTree", { features });
  checkDType("fitAdversarialTree", { labels }, "i32");
  checkRank("fitAdversarialTree", { features }, 2);
  const [count, width] = features.shape;
  checkShape("fitAdversarialTree", "labels", labels, [count]);
  checkCount("fitAdversarialTree", { classes, maxAlternations }, 1);
  checkAbove("fitAdversarialTree", { regularization }, 0);
  if (count === 0) throw new RangeError("fitAdversarialTree: features has 0 rows but must have an example");

  const host = await read({ features, labels });
  const examples = sortByLabel(host.features, host.labels, width, classes);
  const depth = Math.ceil(Math.log2(classes));
  const leaves = 2 ** depth;
  const weights = new Float64Array(leaves * width);
  const bias = new Float64Array(leaves);
  const forced = new Int32Array(leaves);
  const labelOfLeaf = new Int32Array(leaves).fill(-1);
  const leafOfLabel = new Int32Array(classes);
  const fit = new LogisticFit(count, width, regularization);

  const grow = (node: number, capacity: number, below: Int32Array): void => {
    if (capacity === 1) {
      if (below.length === 0) return;
      labelOfLeaf[node - leaves] = below[0];
      leafOfLabel[below[0]] = node - leaves;
      return;
    }
    const half = capacity / 2;
    let [left, right] = [below, below.subarray(0, 0)]; // of a single label or none the way is always left
    if (below.length > 1) {
      const split = splitLabels(examples, below, half, fit, maxAlternations);
      ({ left, right } = split);
      onNode?.({ node, labels: below.length, examples: fit.count, objectives: split.objectives });
      weights.set(split.theta.subarray(0, width), node * width);
      bias[node] = split.theta[width];
    }
    forced[node] = right.length === 0 ? -1 : left.length === 0 ? 1 : 0;
    grow(2 * node, half, left);
    grow(2 * node + 1, half, right);
  };
  grow(
    1,
    leaves,
    Int32Array.from({ length: classes }, (_, label) => label),
  );

  const { backend, dtype } = features;
  const floats = (values: Float64Array, shape: readonly number[]) =>
    fromValues(values, { backend, dtype, shape }) as Tensor;
  const ints = (values: Int32Array) => fromValues(values, { backend }) as Tensor<"i32">;
  return new AdversarialTree({
    weights: floats(weights, [leaves, width]),
    bias: floats(bias, [leaves]),
    forced: ints(forced),
    leafOfLabel: ints(leafOfLabel),
    labelOfLeaf: ints(labelOfLeaf),
  });
}

function sortByLabel(features: TypedArray, labels: TypedArray, width: number, classes: number): LabeledExamples {
  const starts = new Int32Array(classes + 1);
  for (const label of labels) {
    if (label < 0 || label >= classes) {
      throw new RangeError(`fitAdversarialTree: a label is ${label} but must be in [0, ${classes})`);
    }
    starts[label + 1]++;
  }
  for (let label = 0; label < classes; label++) starts[label + 1] += starts[label];
  const next = starts.slice();
  const rows = new Float64Array(features.length);
  const sums = new Float64Array(classes * width);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    const row = next[label]++;
    for (let j = 0; j < width; j++) {
      const value = features[i * width + j];
      if (!(Math.abs(value) <= largest)) {
        throw new RangeError(
          `fitAdversarialTree: a feature is ${value} but must be finite and at most ${largest} in magnitude`,
        );
      }
      rows[row * width + j] = value;
      sums[label * width + j] += value;
    }
  }
  return { width, rows, starts, sums };
}
