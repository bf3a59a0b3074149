import { checkAbove, checkAtLeast, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { square, type Tensor, transposeLast } from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";
import { type LbfgsResult, lbfgs } from "../optimizers/lbfgs.js";
import { sparseSoftmaxCrossEntropy } from "./sparse-softmax-cross-entropy.js";

export interface MultinomialLogisticRegressionOptions {
  /** K, a whole number ≥ 2. */
  readonly classes: number;
  /** C > 0: the smaller, the more weights are held back. Default 1. */
  readonly inverseRegularization?: number;
  /** It stops once no element of the gradient is larger than this number ≥ 0. Default 1e-8; f32 ends above that. */
  readonly tolerance?: number;
  /** L-BFGS steps at most, a whole number ≥ 0. Default 1000. */
  readonly maxIterations?: number;
}

export interface LogisticRegression {
  /** `[K, d]`; the caller's to dispose of. */
  readonly weights: Tensor;
  /** `[K]`, of sum 0; the caller's to dispose of. */
  readonly bias: Tensor;
  /** The objective there. */
  readonly loss: number;
  /** The largest element of its gradient, in magnitude. */
  readonly gradient: number;
  readonly iterations: number;
  readonly stopped: LbfgsResult<Tensor>["stopped"];
}

/**
 * Logistic regression with K classes and a quadratic penalty, fitted to the optimum.
 *
 *     min mean_i −log softmax(W·x_i + b)_{y_i} + ‖W‖² / (2·C·n)
 *
 * Convex; L-BFGS on all data. With two classes this is a penalty of ‖w‖²/(4Cn) on the difference w of the two weights:
 * libraries that have one weight and ½‖w‖² hold it back twice as much.
 *
 * Reach for it as the linear probe where examples abound; with few, see `GaussianNaiveBayes`.
 *
 * @param inputs - `[n, d]`, finite
 * @param labels - `[n]`, in [0, K), each class among them
 * @throws ShapeError if `inputs` is no matrix or `labels` not one a row
 * @throws DTypeError if `inputs` is no f32 or f64 or `labels` no i32
 * @throws RangeError if an option is out of range, or on the host an input is not finite, a label no class or a class absent
 * @source Cox, "The Regression Analysis of Binary Sequences", 1958; Zheng et al., "Revisiting Discriminative vs. Generative
 * Classifiers: Theory and Implications", ICML 2023, arXiv:2302.02334, the authors' program
 */
export async function multinomialLogisticRegression(
  inputs: Tensor,
  labels: Tensor<"i32">,
  options: MultinomialLogisticRegressionOptions,
): Promise<LogisticRegression> {
  const caller = "multinomialLogisticRegression";
  const { classes, inverseRegularization = 1, tolerance = 1e-8, maxIterations = 1000 } = options;
  checkRank(caller, { inputs }, 2);
  checkFloat(caller, { inputs });
  checkDType(caller, { labels }, "i32");
  const [n, d] = inputs.shape;
  checkShape(caller, "labels", labels, [n]);
  checkCount(caller, { classes }, 2);
  checkAbove(caller, { inverseRegularization }, 0);
  checkAtLeast(caller, { tolerance }, 0);
  checkCount(caller, { maxIterations }, 0);
  checkFinite(caller, { inputs });
  checkPresent(caller, labels, classes);

  const penalty = 1 / (2 * inverseRegularization * n);
  const loss = ({ weights, bias }: { readonly weights: Tensor; readonly bias: Tensor }) => {
    const logits = inputs.matmul(transposeLast(weights)).add(bias);
    const fit = sparseSoftmaxCrossEntropy(logits, labels, { reduction: "mean" });
    return fit.add(square(weights).sum().mul(penalty));
  };
  const start = { weights: zeros([classes, d], inputs), bias: zeros([classes], inputs) };
  const { params, ...rest } = await lbfgs(loss, start, { maxIterations, gradientTolerance: tolerance });
  const { loss: reached, gradient, iterations, stopped } = rest;
  return { ...params, loss: reached, gradient, iterations, stopped };
}

function checkPresent(caller: string, labels: Tensor<"i32">, classes: number): void {
  const ids = hostValues(labels);
  if (ids === undefined) return;
  const seen = new Set<number>();
  ids.forEach((label, i) => {
    if (!(label >= 0 && label < classes)) {
      throw new RangeError(`${caller}: labels is ${label} at [${i}] but must be in [0, ${classes})`);
    }
    seen.add(label);
  });
  for (let k = 0; k < classes; k++) {
    if (!seen.has(k)) throw new RangeError(`${caller}: labels has no example of class ${k} but must have one`);
  }
}
