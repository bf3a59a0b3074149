import { grad, type Key, type Tensor } from "cotangent";
import type { Examples, Head, Learned } from "../heads/head.js";
import { headOf } from "../heads/head-of.js";
import { embed, type Noise, type Parameters } from "../model.js";
import type { GradientQuality } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { GradientStatistics } from "./gradient-statistics.js";

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
  const statistics = new GradientStatistics(full);
  for (let i = 0; i < draws; i += 1) statistics.add(await at(head, key.at("draw", i)));
  return { method, ...statistics.summary() };
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
