import type { Tensor } from "cotangent";
import {
  type AdaptiveSoftmax,
  adaptiveSoftmax,
  adaptiveSoftmaxLogProbabilities,
  adaptiveSoftmaxLoss,
} from "cotangent/methods/sampling";
import type { Recipe } from "../recipe.js";
import type { Head, Learned } from "./head.js";

/** Each tail has a quarter of the dimensions of the one before. */
const DIVISION = 4;

/** Frequent classes in full, rare ones in clusters of fewer dimensions; classes are numbered by falling frequency. */
export function adaptiveSoftmaxHead({ dim }: Recipe, classes: number): Head {
  const cutoffs = cutoffsOf(classes);
  const bounds = [...cutoffs, classes];
  const shapes: Record<string, readonly number[]> = { head: [bounds[0]! + cutoffs.length, dim] };
  cutoffs.forEach((start, i) => {
    const width = Math.max(1, Math.floor(dim / DIVISION ** (i + 1)));
    shapes[`tails.${i}.projection`] = [width, dim];
    shapes[`tails.${i}.weights`] = [bounds[i + 1]! - start, width];
  });
  const layerOf = (learned: Learned): AdaptiveSoftmax => ({
    head: learned.head!,
    tails: cutoffs.map((_, i) => ({
      projection: learned[`tails.${i}.projection`]!,
      weights: learned[`tails.${i}.weights`]!,
    })),
  });
  return {
    shapes,
    init(key) {
      const { head, tails } = adaptiveSoftmax(key, { classes, features: dim, cutoffs, divValue: DIVISION });
      const parts = tails.flatMap(({ projection, weights }, i): [string, Tensor][] => [
        [`tails.${i}.projection`, projection],
        [`tails.${i}.weights`, weights],
      ]);
      return { head, ...Object.fromEntries(parts) };
    },
    loss: (hidden, learned, { targets }) =>
      adaptiveSoftmaxLoss(hidden, layerOf(learned), targets, { reduction: "mean" }),
    scores: (hidden, learned) => adaptiveSoftmaxLogProbabilities(hidden, layerOf(learned)),
  };
}

/**
 * A tenth of the classes, at least one, in the head, and up to half of them in the first tail: what a threshold on the
 * time of small products leads to. The optimum of operation counts alone is far more extreme, and no faster.
 */
function cutoffsOf(classes: number): number[] {
  const head = Math.max(1, Math.ceil(classes / 10));
  const middle = Math.ceil(classes / 2);
  return [head, middle].filter((cut, i, all) => cut < classes && all.indexOf(cut) === i);
}
