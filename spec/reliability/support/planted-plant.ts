import { equal, type Key, type Tensor, type Tree, tensor, where } from "cotangent";
import { aliasSampler, type Sampler } from "cotangent/methods/sampling";

/** How an estimator is spoiled. */
export type PlantKind =
  /** One term counts 1 + size times. */
  | "factor"
  /** One outcome is drawn 1 + size times as often, the others by as much less, and nobody is told. */
  | "chance"
  /** An outcome whose chance is the size is never drawn. */
  | "dropped"
  /** The log-probability that is reported of one outcome is off by the size. */
  | "log-probability"
  /** One component of the result is off by the size. */
  | "component";

export interface Plant {
  readonly kind: PlantKind;
  /** 0 changes nothing. */
  readonly size: number;
}

/** An estimator and what it estimates. */
export interface Instance {
  readonly estimate: (key: Key) => Tree;
  readonly target: Tree;
  /** Where a spoiled component must show, as a message names it. */
  readonly place?: string;
  readonly dispose?: () => void;
}

/** Builds random instances of an estimator of the library, sound or spoiled. */
export interface PlantedEstimator {
  readonly name: string;
  readonly kinds: readonly PlantKind[];
  readonly build: (uniform: () => number, plant?: Plant) => Instance;
}

/** The size of a plant of this kind, and 0 of any other. */
export const sizeOf = (plant: Plant | undefined, kind: PlantKind): number => (plant?.kind === kind ? plant.size : 0);

/** Numbers in [low, high). */
export const drawn = (uniform: () => number, length: number, low: number, high: number): Float64Array =>
  Float64Array.from({ length }, () => low + (high - low) * uniform());

/** Weights over their total. */
export function shares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Chances that add up to 1, none of them small but that of a last outcome that is going to be dropped: it is the size. */
export function chancesFor(uniform: () => number, length: number, plant?: Plant): Float64Array {
  const chances = shares(drawn(uniform, length, 0.2, 1));
  const rare = sizeOf(plant, "dropped");
  if (rare === 0) return chances;
  return shares(chances.with(length - 1, 0))
    .map((chance) => chance * (1 - rare))
    .with(length - 1, rare);
}

/** Scores of classes whose softmax is not far from flat but for a last class that is going to be dropped. */
export function scoresFor(uniform: () => number, length: number, plant?: Plant): Float64Array {
  return chancesFor(uniform, length, plant).map(Math.log);
}

/** What is really drawn from where these are the stated chances: the last outcome is the one that is tampered with. */
export function tampered(chances: Float64Array, plant?: Plant): Float64Array {
  const last = chances.length - 1;
  if (sizeOf(plant, "dropped") > 0) return chances.with(last, 0);
  return chances.with(last, chances[last] * (1 + sizeOf(plant, "chance")));
}

/** An alias sampler of the stated chances whose draws, or whose log-probabilities, are tampered with. */
export function spoiledSampler(chances: Float64Array, plant?: Plant): Sampler {
  const { classes, logProbability } = aliasSampler({ weights: chances });
  const { draw } = aliasSampler({ weights: tampered(chances, plant) });
  return misreporting({ classes, draw, logProbability }, plant);
}

/** A sampler that reports the log-probability of its last class wrongly. */
export function misreporting(sampler: Sampler, plant?: Plant): Sampler {
  const { without, classes } = sampler;
  return {
    ...sampler,
    logProbability: (ids, like) => sampler.logProbability(ids, like).add(offBy(ids, classes, plant)),
    ...(without === undefined ? {} : { without: (labels) => misreporting(without(labels), plant) }),
  };
}

/** How far the report on each class is off. */
export function offBy(ids: Tensor<"i32">, classes: number, plant?: Plant): Tensor {
  return where(equal(ids, classes - 1), f64(sizeOf(plant, "log-probability")).reshape([]), f64(0).reshape([]));
}

/** Adds the size to the last component. */
export function spoiledComponent(x: Tensor, plant?: Plant): Tensor {
  const excess = new Float64Array(x.size);
  excess[x.size - 1] = sizeOf(plant, "component");
  return x.add(tensor(excess, { shape: x.shape }));
}

/** The scores that make the last class's term count too much. */
export const inflated = (scores: Float64Array, plant?: Plant): Float64Array =>
  scores.with(scores.length - 1, scores[scores.length - 1] + Math.log1p(sizeOf(plant, "factor")));

export const f64 = (...list: number[]): Tensor => tensor(Float64Array.from(list));
export const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
