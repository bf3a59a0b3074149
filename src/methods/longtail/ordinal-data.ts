import { checkCount } from "../../autodiff/check.js";
import { checkClassIds, checkInputs } from "../classification/check-examples.js";

/**
 * Probabilities of ordered classes by their cumulative logits: `P(class ≤ k) = σ(intercepts_k + slopes_k·x)` for k = 0 …
 * K − 2.
 */
export interface OrdinalModel {
  /** K, at least 3. */
  readonly classes: number;
  /** p. */
  readonly features: number;
  /** `[K − 1]`, α. */
  readonly intercepts: Float64Array;
  /** `[(K − 1)·p]`, β, a row a boundary. */
  readonly slopes: Float64Array;
}

/** Examples in one array. */
export interface OrdinalData {
  readonly count: number;
  readonly features: number;
  readonly classes: number;
  /** `[count · features]`. */
  readonly rows: Float64Array;
  readonly labels: Int32Array;
}

/**
 * Examples of ordered classes.
 *
 * @throws RangeError if `classes` is no whole number ≥ 3
 * @throws RangeError if there is no input, or one has another length or is not finite
 * @throws RangeError if `labels` is not one an input, or one is no class
 */
export function ordinalData(
  caller: string,
  inputs: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  classes: number,
): OrdinalData {
  checkCount(caller, { classes }, 3);
  checkInputs(caller, inputs);
  checkClassIds(caller, labels, inputs.length, classes);
  const features = inputs[0].length;
  const rows = new Float64Array(inputs.length * features);
  inputs.forEach((input, i) => {
    rows.set(Array.from(input), i * features);
  });
  return { count: inputs.length, features, classes, rows, labels: Int32Array.from(labels) };
}

/** `[classes]`, examples of each; throws RangeError if one has fewer than `least`. */
export function countClasses(
  caller: string,
  { labels, classes }: OrdinalData,
  least: number,
  remedy: string,
): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] += 1;
  const rare = counts.findIndex((count) => count < least);
  if (rare >= 0) {
    throw new RangeError(
      `${caller}: labels has ${counts[rare]} of class ${rare} but must have at least ${least}${remedy}`,
    );
  }
  return counts;
}

/** The rows of some examples. */
export function chosenData({ features, classes, rows, labels }: OrdinalData, ids: readonly number[]): OrdinalData {
  const chosen = new Float64Array(ids.length * features);
  ids.forEach((id, i) => {
    chosen.set(rows.subarray(id * features, (id + 1) * features), i * features);
  });
  return { count: ids.length, features, classes, rows: chosen, labels: Int32Array.from(ids, (id) => labels[id]) };
}

/** Means, and deviations, 1 for a column that is constant. */
export interface Standard {
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/** Columns of mean 0 and deviation 1, in place of the data's. */
export function standardize(data: OrdinalData): { readonly data: OrdinalData; readonly standard: Standard } {
  const { count, features, rows } = data;
  const means = new Float64Array(features);
  const deviations = new Float64Array(features);
  for (let at = 0; at < rows.length; at++) means[at % features] += rows[at] / count;
  for (let at = 0; at < rows.length; at++) deviations[at % features] += (rows[at] - means[at % features]) ** 2 / count;
  for (let j = 0; j < features; j++) {
    const deviation = Math.sqrt(deviations[j]);
    deviations[j] = deviation > 1e-12 * Math.abs(means[j]) ? deviation : 1; // else rounding would be blown up
  }
  const standard = rows.map((value, at) => (value - means[at % features]) / deviations[at % features]);
  return { data: { ...data, rows: standard }, standard: { means, deviations } };
}

/** A model of standardized inputs, in terms of the inputs as they were. */
export function onOriginalScale(model: OrdinalModel, { means, deviations }: Standard): OrdinalModel {
  const { features, slopes } = model;
  const original = slopes.map((slope, at) => slope / deviations[at % features]);
  const intercepts = model.intercepts.map((intercept, k) => {
    let moved = intercept;
    for (let j = 0; j < features; j++) moved -= original[k * features + j] * means[j];
    return moved;
  });
  return { ...model, intercepts, slopes: original };
}
