import { exp, full, type Key, type Tensor, tensor } from "cotangent";
import {
  type CandidateSampler,
  type SampledSoftmaxLossOptions,
  type Sampler,
  sampledSoftmaxLoss,
} from "cotangent/methods/sampling";
import { floats, simplex } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Scores of one row, its label, and a distribution to draw negatives from. */
export interface OneRow {
  readonly scores: Float64Array;
  readonly label: number;
  readonly q: Float64Array;
}

/** A row of scores over a few classes. */
export function oneRow(classes: number, most = 2): Arbitrary<OneRow> {
  return fc.record({
    scores: floats([classes], { min: -most, max: most }),
    label: fc.integer({ min: 0, max: classes - 1 }),
    q: simplex(classes, 0.04),
  });
}

export const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));

/** The scores themselves as a table: one hidden unit, which is 1. */
export function lossOf(
  scores: Tensor,
  label: number,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledSoftmaxLossOptions,
): Tensor {
  const weights = scores.reshape([scores.size, 1]);
  return sampledSoftmaxLoss(full([1, 1], 1, scores), { weights }, ids(label), sampler, key, options).sum();
}

/** Z' of that loss. */
export function partitionOf(
  scores: Float64Array,
  label: number,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledSoftmaxLossOptions,
): Tensor {
  return exp(lossOf(tensor(scores), label, sampler, key, options).add(scores[label]));
}

export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);

/** Σ exp(scores). */
export const partition = (scores: Float64Array): number => sumOf(scores.map(Math.exp));

/** Weights on the classes other than the label, adding up to 1. */
export function besides(weights: Float64Array, label: number): Float64Array {
  const others = weights.with(label, 0);
  const total = sumOf(others);
  return others.map((weight) => weight / total);
}
