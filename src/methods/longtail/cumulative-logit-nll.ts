import { type OrdinalData, type OrdinalModel, ordinalData } from "./ordinal-data.js";

export interface CumulativeLogitNll {
  /** Mean over examples, in nats; ∞ where the probability of what was seen is not above 0. */
  readonly value: number;
  /** `[K − 1]`, its slope in the intercepts; NaN where the value is ∞. */
  readonly interceptGradient: Float64Array;
  /** `[(K − 1)·p]`, its slope in the slopes; NaN where the value is ∞. */
  readonly slopeGradient: Float64Array;
}

/**
 * Mean negative log-likelihood of ordered classes under cumulative logits.
 *
 *     −(1/n)·Σ log π_{y_i}(x_i)      π_k = σ(η_k) − σ(η_{k−1})      η_k = α_k + β_k·x, increasing in k
 *     log(σ(a) − σ(b)) = −softplus(−a) − softplus(b) + log(1 − e^(b−a))      which nothing cancels in
 *
 * Convex where it is finite. With equal slopes at all boundaries it is the proportional-odds model's.
 *
 * @param model - K ≥ 3
 * @param inputs - `[n][p]`, n ≥ 1, finite
 * @param labels - `[n]`, whole numbers in [0, K), in the classes' order
 * @throws RangeError if `classes` is no whole number ≥ 3, or the model's arrays do not fit its sizes
 * @throws RangeError if there is no input, or one is not finite or not of `features`, or labels are not one an input in [0, K)
 * @source McCullagh, "Regression Models for Ordinal Data", Journal of the Royal Statistical Society B 1980; Faletto and
 * Bien, "Predicting Rare Events by Shrinking Towards Proportional Odds", ICML 2023, §2
 */
export function cumulativeLogitNll(
  model: OrdinalModel,
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): CumulativeLogitNll {
  const caller = "cumulativeLogitNll";
  const data = ordinalData(caller, inputs, labels, model.classes);
  checkModel(caller, model, data.features);
  const interceptGradient = new Float64Array(model.intercepts.length);
  const slopeGradient = new Float64Array(model.slopes.length);
  const value = nllOf(data, model.intercepts, model.slopes, 0, interceptGradient, slopeGradient, false);
  if (value === Number.POSITIVE_INFINITY) {
    interceptGradient.fill(Number.NaN);
    slopeGradient.fill(Number.NaN);
  }
  return { value, interceptGradient, slopeGradient };
}

/** Throws RangeError unless a model's arrays fit its sizes, and those the inputs. */
export function checkModel(caller: string, model: OrdinalModel, width: number): void {
  const { classes, features, intercepts, slopes } = model;
  if (features !== width) {
    throw new RangeError(`${caller}: inputs[0] has ${width} features but must have ${features}, as the model has`);
  }
  for (const [name, values, wanted] of [
    ["intercepts", intercepts, classes - 1],
    ["slopes", slopes, (classes - 1) * features],
  ] as const) {
    if (values.length !== wanted) {
      throw new RangeError(`${caller}: ${name} has length ${values.length} but must have ${wanted}`);
    }
  }
}

/**
 * The value, and gradients where arrays are given for them. It is ∞ where a probability is not above `floor`: that of what
 * was seen or, with `everyClass`, that of any class at any example.
 */
export function nllOf(
  { count, features, classes, rows, labels }: OrdinalData,
  intercepts: Float64Array,
  slopes: Float64Array,
  floor: number,
  interceptGradient: Float64Array,
  slopeGradient: Float64Array,
  everyClass: boolean,
): number {
  const eta = new Float64Array(classes - 1);
  let total = 0;
  interceptGradient.fill(0);
  slopeGradient.fill(0);
  for (let i = 0, from = 0; i < count; i++, from += features) {
    for (let k = 0; k < classes - 1; k++) {
      let score = intercepts[k];
      for (let j = 0, at = k * features; j < features; j++, at++) score += slopes[at] * rows[from + j];
      eta[k] = score;
    }
    const c = labels[i];
    for (let k = everyClass ? 0 : c; k < (everyClass ? classes : c + 1); k++) {
      if (!(probabilityOf(eta, k) > floor)) return Number.POSITIVE_INFINITY;
    }
    const [a, b] = [c < classes - 1 ? eta[c] : Number.POSITIVE_INFINITY, c > 0 ? eta[c - 1] : Number.NEGATIVE_INFINITY];
    const gap = -Math.expm1(b - a); // 1 − e^(b−a)
    total += softplus(-a) + softplus(b) - Math.log(gap);
    if (c < classes - 1) pull(c, -sigmoid(-a) / (sigmoid(-b) * gap));
    if (c > 0) pull(c - 1, sigmoid(b) / (sigmoid(a) * gap));
    function pull(k: number, slope: number): void {
      interceptGradient[k] += slope / count;
      for (let j = 0, at = k * features; j < features; j++, at++) slopeGradient[at] += (slope / count) * rows[from + j];
    }
  }
  return total / count;
}

/** π_k of cumulative logits; 0 or less where they cross. */
export function probabilityOf(eta: Float64Array, k: number): number {
  if (k === 0) return sigmoid(eta[0]);
  if (k === eta.length) return sigmoid(-eta[k - 1]);
  const [a, b] = [eta[k], eta[k - 1]];
  return a > b ? -sigmoid(a) * sigmoid(-b) * Math.expm1(b - a) : sigmoid(a) - sigmoid(b);
}

function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const small = Math.exp(x);
  return small / (1 + small);
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
