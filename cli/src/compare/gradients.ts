import { grad, type Key, type Tensor } from "cotangent";
import type { Examples, Head, Learned } from "../heads/head.js";
import { headOf } from "../heads/head-of.js";
import { embed, type Noise, type Parameters } from "../model.js";
import type { GradientQuality } from "./comparison.js";
import type { Contender } from "./contenders.js";

/** Where gradients are compared: parameters of a linear layer over the classes, and a batch. */
export interface GradientPoint {
  readonly parameters: Parameters;
  readonly batch: Examples;
  readonly counts: readonly number[];
  /** Of the adversarial softmax, if it takes part. */
  readonly noise?: Noise;
}

/** With respect to what a gradient is taken. */
type Place = { readonly hidden: Tensor; readonly head: Learned };

/** Whether a method's gradient can be taken at the parameters of a linear layer. */
export function isComparable(contender: Contender, counts: readonly number[]): boolean {
  const { shapes } = headOf(contender.recipe, counts);
  return Object.keys(shapes).sort().join() === "bias,weights";
}

/**
 * Bias and noise of a method's gradient with respect to the class weights, their biases and the examples' embeddings,
 * against the gradient of the full softmax at the same point.
 *
 * With n draws ĝ_i of mean m: `tr Cov ≈ (Σ‖ĝ_i‖² − n‖m‖²) / (n − 1)`, and `‖E ĝ − g‖² ≈ ‖m − g‖² − tr Cov / n`, both
 * without bias; a negative estimate of the latter is reported as 0.
 */
export async function gradientQuality(
  contender: Contender,
  { parameters, batch, counts, noise }: GradientPoint,
  draws: number,
  key: Key,
): Promise<GradientQuality> {
  const hidden = embed(batch, parameters);
  const at = async (head: Head, draw: Key): Promise<Float64Array> => {
    const loss = (place: Place) => head.loss(place.hidden, place.head, batch, draw);
    return flat(grad(loss)({ hidden, head: parameters.head }));
  };
  const { recipe, name: method } = contender;
  const full = await at(headOf({ ...recipe, loss: "full-softmax" }, counts), key);
  const head = headOf(recipe, counts, noise);
  const sum = new Float64Array(full.length);
  let squares = 0;
  for (let i = 0; i < draws; i += 1) {
    const drawn = await at(head, key.at("draw", i));
    for (let j = 0; j < sum.length; j += 1) {
      sum[j] += drawn[j]!;
      squares += drawn[j]! * drawn[j]!;
    }
  }
  const mean = sum.map((value) => value / draws);
  const size = squaredNorm(full);
  const meanSize = squaredNorm(mean);
  // An estimate that draws nothing leaves rounding only.
  const spread = Math.max(0, (squares - draws * meanSize) / (draws - 1));
  const trace = spread < 1e-9 * meanSize ? 0 : spread;
  const signal = Math.max(0, meanSize - trace / draws);
  const off = full.reduce((total, value, j) => total + (mean[j]! - value) ** 2, 0);
  const product = full.reduce((total, value, j) => total + mean[j]! * value, 0);
  return {
    method,
    bias: Math.sqrt(Math.max(0, off - trace / draws) / size),
    resolution: Math.sqrt(trace / draws / size),
    noise: Math.sqrt(trace / size),
    ...(trace === 0 ? {} : { signalToNoise: signal / trace }),
    cosine: signal === 0 ? 0 : Math.max(-1, Math.min(1, product / Math.sqrt(signal * size))),
  };
}

async function flat({ hidden, head }: Place): Promise<Float64Array> {
  const parts = await Promise.all(
    [
      hidden,
      ...Object.keys(head)
        .sort()
        .map((name) => head[name]!),
    ].map((t) => t.data()),
  );
  const all = new Float64Array(parts.reduce((total, { length }) => total + length, 0));
  let filled = 0;
  for (const part of parts) {
    all.set(part as Float32Array, filled);
    filled += part.length;
  }
  return all;
}

function squaredNorm(values: Float64Array): number {
  return values.reduce((total, value) => total + value * value, 0);
}
