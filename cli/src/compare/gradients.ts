import { grad, type Key, type Tensor } from "cotangent";
import type { Learned } from "../heads/head.js";
import type { GradientQuality } from "./comparison.js";
import { GradientStatistics } from "./gradient-statistics.js";

/** With respect to what a gradient is taken: the examples' embeddings, and what a head has learned. */
export type Place = { readonly hidden: Tensor; readonly head: Learned };

/** A loss at a place, `[]`; the key decides what is drawn. */
export type LossAt = (place: Place, key: Key) => Tensor;

/** An estimate of a loss, by its name. */
export interface Estimator {
  readonly method: string;
  /** As it stands in tables and plots. */
  readonly title: string;
  readonly loss: LossAt;
}

/** All numbers of a gradient, in the order of names. */
export async function gradientAt(loss: LossAt, place: Place, key: Key): Promise<Float64Array> {
  const { hidden, head } = grad((at: Place) => loss(at, key))(place);
  const names = Object.keys(head).sort();
  const parts = await Promise.all([hidden, ...names.map((name) => head[name]!)].map((part) => part.data()));
  const all = new Float64Array(parts.reduce((total, { length }) => total + length, 0));
  let filled = 0;
  for (const part of parts) {
    all.set(part as Float32Array, filled);
    filled += part.length;
  }
  return all;
}

/** Bias and noise of an estimate's gradient against the exact one at the same place. */
export async function gradientQuality(
  { method, title, loss }: Estimator,
  exact: Float64Array,
  place: Place,
  draws: number,
  key: Key,
): Promise<GradientQuality> {
  const statistics = new GradientStatistics(exact);
  for (let i = 0; i < draws; i += 1) {
    statistics.add(await gradientAt(loss, place, key.at("draw", i)));
    if (i === 1 && statistics.summary().noise === 0) break; // it draws nothing
  }
  return { method, title, ...statistics.summary() };
}
