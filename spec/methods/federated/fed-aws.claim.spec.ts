import { leavesOf, randomKey, type Tensor } from "cotangent";
import {
  centralizedSoftmax,
  type FederatedState,
  fedAwS,
  fixedEmbeddingAveraging,
  positiveOnlyAveraging,
} from "cotangent/methods/federated";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  clientsOf,
  encode,
  meanCosine,
  offsetClasses,
  offsetMeans,
  start,
} from "./support/offset-classes.js";

const long = process.env.COTANGENT_LONG === "1";
const rounds = 500;
const seeds = long ? [0, 1, 2] : [0];

describe("fedAwS on 20 Gaussian classes with an offset", () => {
  it.each(seeds)(
    "nearly reaches the oracle where positives alone collapse (seed %i)",
    async (seed) => {
      const key = randomKey(seed);
      const means = offsetMeans(key.at("means"));
      const train = offsetClasses(means, key.at("train"), 100);
      const test = offsetClasses(means, key.at("test"), 50);
      const problem = { ...start(key), clients: await clientsOf(train) };
      const judge = async (state: FederatedState<Tensor>) => {
        const judged = { accuracy: await accuracy(state, test), cosine: await meanCosine(state) };
        for (const held of leavesOf(state)) held.dispose();
        return judged;
      };

      const alone = await judge(await positiveOnlyAveraging(problem, { rounds }));
      const fixed = await judge(await fixedEmbeddingAveraging(problem, { rounds }));
      const hinge = await judge(await fedAwS(problem, { rounds }));
      const oracle = await judge(centralizedSoftmax({ ...problem, ...train, encode }, { steps: rounds }));
      expect(alone.accuracy).toBeLessThan(fixed.accuracy - 0.1);
      expect(hinge.accuracy).toBeGreaterThan(oracle.accuracy - 0.04);
      expect(alone.cosine).toBeGreaterThan(0.5);
      expect(hinge.cosine).toBeLessThan(0);
      if (!long) return;

      const nearest = await judge(await fedAwS(problem, { rounds, spreadout: { kind: "topK", neighbours: 5 } }));
      const wild = await judge(await fedAwS(problem, { rounds, multiplier: 1 }));
      expect(nearest.accuracy).toBeGreaterThan(fixed.accuracy);
      expect(nearest.accuracy).toBeLessThan(hinge.accuracy);
      expect(nearest.cosine).toBeLessThan(0);
      expect(wild.accuracy).toBeLessThan(fixed.accuracy - 0.1);
      expect(wild.cosine).toBeGreaterThan(0.99);
    },
    600_000,
  );
});
