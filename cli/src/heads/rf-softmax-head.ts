import { evaluate, normal, randomKey, sqrt, square, type Tensor, transposeLast } from "cotangent";
import { type ConditionalSampler, RfSoftmaxSampler, rfSoftmaxLoss } from "cotangent/methods/sampling";
import type { Recipe } from "../recipe.js";
import type { Head, Learned } from "./head.js";

/** Steps from one tree of the classes to the next: what is drawn from is a little old, and corrected for exactly. */
const EVERY = 50;

/** Numbers that the sums of the tree's nodes may have, on each side; beyond, classes are scored in groups, which is slower. */
const MOST_SUMS = 2 ** 26;

/** Added to every coordinate: an example without known words needs a direction too. */
const NOWHERE = 1e-6;

/** Cosines with a vector for each class, times an inverse temperature; negatives come from a kernel that imitates them. */
export function rfSoftmaxHead(recipe: Recipe, classes: number): Head {
  const { sharpness, frequencies, seed } = recipe;
  let sampler: RfSoftmaxSampler | undefined;
  let followed: Learned | undefined;
  const follow = ({ weights }: Learned): RfSoftmaxSampler => {
    dispose();
    const copy = evaluate(weights!);
    followed = { weights: copy };
    const key = randomKey(seed, { backend: copy.backend }).at("frequencies");
    const excess = (classes * 2 * frequencies) / MOST_SUMS;
    const leafSize = 2 ** Math.max(0, Math.ceil(Math.log2(excess)));
    sampler = new RfSoftmaxSampler(copy, key, { inverseTemperature: sharpness, frequencies, leafSize });
    return sampler;
  };
  const dispose = () => {
    sampler?.dispose();
    followed?.weights?.dispose();
    sampler = undefined;
    followed = undefined;
  };
  return {
    ...cosineHead(recipe, classes, (learned) => sampler ?? follow(learned)),
    follower: {
      every: EVERY,
      get followed() {
        return followed;
      },
      follow,
      dispose,
    },
  };
}

/** The same, with negatives from anywhere. */
export function cosineHead(
  { dim, negatives, sharpness }: Recipe,
  classes: number,
  proposal: (learned: Learned) => ConditionalSampler,
): Head {
  return {
    shapes: { weights: [classes, dim] },
    init: (key) => ({ weights: normal(key.at("weights"), [classes, dim]) }),
    loss(hidden, learned, { targets }, key) {
      const options = { inverseTemperature: sharpness, negatives, reduction: "mean" } as const;
      return rfSoftmaxLoss(hidden.add(NOWHERE), learned.weights!, targets, proposal(learned), key, options);
    },
    scores: (hidden, { weights }) =>
      unit(hidden.add(NOWHERE))
        .matmul(transposeLast(unit(weights!)))
        .mul(sharpness),
  };
}

function unit(vectors: Tensor): Tensor {
  return vectors.div(sqrt(square(vectors).sum(-1, { keepDims: true })));
}
