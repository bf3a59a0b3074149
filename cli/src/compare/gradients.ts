import { grad, type Key, type Tensor } from "cotangent";
import type { Examples, Head, Learned } from "../heads/head.js";
import { headOf } from "../heads/head-of.js";
import { embed, type Noise, type Parameters } from "../model.js";
import type { GradientQuality } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { GradientStatistics } from "./gradient-statistics.js";

/** Where gradients are compared: parameters of a linear layer over the classes, and a batch. */
export interface GradientPlace {
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

/** The gradient of a head's loss with respect to the class weights, their biases and the examples' embeddings. */
export async function gradientAt(head: Head, { parameters, batch }: GradientPlace, key: Key): Promise<Float64Array> {
  const loss = (place: Place) => head.loss(place.hidden, place.head, batch, key);
  return flat(grad(loss)({ hidden: embed(batch, parameters), head: parameters.head }));
}

/** Bias and noise of a method's gradient against that of the full softmax at the same place. */
export async function gradientQuality(
  { recipe, name: method }: Contender,
  place: GradientPlace,
  full: Float64Array,
  draws: number,
  key: Key,
): Promise<GradientQuality> {
  const head = headOf(recipe, place.counts, place.noise);
  const statistics = new GradientStatistics(full);
  for (let i = 0; i < draws; i += 1) {
    statistics.add(await gradientAt(head, place, key.at("draw", i)));
    if (i === 1 && statistics.summary().noise === 0) break; // it draws nothing
  }
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
