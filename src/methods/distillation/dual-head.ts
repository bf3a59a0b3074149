import { checkBetween, checkCount, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { bernoulli, type Float, full, type Key, relu, sqrt, square, type Tensor, where } from "../../autodiff/index.js";
import { ones, zeros } from "../../autodiff/ops/create.js";
import { checkLinear, initLinear, type LinearParameters, linear } from "../layers/linear.js";

/** A head with a hidden layer, normalized over the batch. */
export type HiddenHead = {
  readonly inner: LinearParameters;
  /** `[hidden]` */
  readonly scale: Tensor;
  /** `[hidden]` */
  readonly shift: Tensor;
  readonly outer: LinearParameters;
};

export type DualHeadParameters = {
  /** The classifier: `linear(main, features)` is all that a prediction needs. */
  readonly main: LinearParameters;
  /** For training only. */
  readonly auxiliary: LinearParameters | HiddenHead;
};

export interface InitDualHeadOptions {
  /** Width of the auxiliary head's hidden layer, a whole number ≥ 1. Default: none, the head is linear. */
  readonly hidden?: number;
  /** Default f32. */
  readonly dtype?: Float;
}

/**
 * Parameters of two heads on one backbone, both with normal weights and biases of 0.
 *
 * @param key - a key of its own
 * @param inputs - width of the features, a whole number ≥ 1
 * @param classes - a whole number ≥ 1
 * @throws RangeError if a size is no whole number ≥ 1
 * @source Yang et al., "Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head", 2024,
 * arXiv:2411.08937, §3
 */
export function initDualHead(
  key: Key,
  inputs: number,
  classes: number,
  { hidden, dtype = "f32" }: InitDualHeadOptions = {},
): DualHeadParameters {
  checkCount("initDualHead", { inputs, classes }, 1);
  const main = initLinear(key.at("main"), inputs, classes, { dtype });
  if (hidden === undefined) return { main, auxiliary: initLinear(key.at("auxiliary"), inputs, classes, { dtype }) };
  checkCount("initDualHead", { hidden }, 1);
  const inner = initLinear(key.at("inner"), inputs, hidden, { dtype });
  const outer = initLinear(key.at("outer"), hidden, classes, { dtype });
  const like = main.bias;
  return { main, auxiliary: { inner, scale: ones([hidden], like), shift: zeros([hidden], like), outer } };
}

export interface DualHeadOptions {
  /** For dropout, a key of its own for each step. Default: no dropout. */
  readonly key?: Key;
  /** The share of the hidden layer that is dropped where there is a key, in [0, 1). Default 0.1. */
  readonly dropout?: number;
}

/** Logits of both heads, `[batch, classes]`. */
export interface DualHeadLogits {
  readonly main: Tensor;
  readonly auxiliary: Tensor;
}

/**
 * Two heads on the same features: one that classifies and one that learns the teacher's logits and is then dropped.
 *
 *     main = linear(features)      auxiliary = linear(features), or outer(relu(batchNorm(dropout(inner(features)))))
 *
 * The hidden layer is normalized by the mean and the variance of this batch, and there is no other mode: for predictions
 * take `linear(parameters.main, features)`, which is `main` to the last bit.
 *
 * Reach for it to train with `dualHeadDistillObjective`.
 *
 * @param features - `[batch, inputs]`, what the backbone says; at least two rows where the head has a hidden layer
 * @throws ShapeError if `features` has not two axes, layers do not fit it or each other, or there are fewer than two rows for
 * a hidden layer
 * @throws DTypeError if parameters and features differ in dtype
 * @throws RangeError if `dropout` is not in [0, 1)
 * @source Yang et al., "Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head", 2024,
 * arXiv:2411.08937, §3; Ioffe and Szegedy, "Batch Normalization", ICML 2015, arXiv:1502.03167; Srivastava et al.,
 * "Dropout", JMLR 2014
 */
export function dualHead(
  { main, auxiliary }: DualHeadParameters,
  features: Tensor,
  { key, dropout = 0.1 }: DualHeadOptions = {},
): DualHeadLogits {
  checkBetween("dualHead", { dropout }, 0, 1, { openAbove: true });
  checkRank("dualHead", { features }, 2);
  checkHead("main", main, features);
  if (!("inner" in auxiliary)) {
    checkHead("auxiliary", auxiliary, features);
    return { main: linear(main, features), auxiliary: linear(auxiliary, features) };
  }
  const { inner, scale, shift, outer } = auxiliary;
  checkHead("auxiliary.inner", inner, features);
  for (const [name, factors] of Object.entries({ scale, shift })) {
    checkShape("dualHead", `auxiliary.${name}`, factors, inner.bias.shape);
  }
  checkShape("dualHead", "auxiliary.outer.weights", outer.weights, [inner.bias.shape[0], -1]);
  if (features.shape[0] < 2) {
    throw new ShapeError(
      `dualHead: features has shape ${showShape(features.shape)} but must have at least 2 rows; the hidden layer is normalized over them`,
    );
  }
  const hidden = linear(inner, features);
  const kept = key === undefined || dropout === 0 ? hidden : dropped(hidden, key, dropout);
  return { main: linear(main, features), auxiliary: linear(outer, relu(normalized(kept).mul(scale).add(shift))) };
}

function checkHead(name: string, layer: LinearParameters, features: Tensor): void {
  const [rows] = layer.weights.shape;
  if (features.shape[1] !== rows) {
    throw new ShapeError(
      `dualHead: features has shape ${showShape(features.shape)} but must be [any, ${rows}], as ${name}.weights has ${rows} rows`,
    );
  }
  checkLinear("dualHead", layer, features, `${name}.`);
}

function dropped(x: Tensor, key: Key, share: number): Tensor {
  const isKept = bernoulli(key, full(x.shape, 1 - share, x));
  return where(isKept, x.div(1 - share), 0);
}

/** Columns less their means, over their deviations. */
function normalized(x: Tensor): Tensor {
  const centred = x.sub(x.mean(0, { keepDims: true }));
  return centred.div(sqrt(square(centred).mean(0, { keepDims: true }).add(1e-5)));
}
