import { leavesOf, randomKey, type Tensor } from "cotangent";
import {
  centralizedSoftmax,
  type FederatedState,
  fedAwS,
  fixedEmbeddingAveraging,
  positiveOnlyAveraging,
} from "cotangent/methods/federated";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import {
  accuracy,
  classes,
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

interface Judged {
  readonly accuracy: number;
  /** Mean over pairs of embeddings. */
  readonly cosine: number;
}

interface Run {
  readonly alone: Judged;
  readonly fixed: Judged;
  readonly hinge: Judged;
  readonly oracle: Judged;
  /** In the long run: the spreadout of the nearest 5, and one whose steps are too long. */
  readonly nearest?: Judged;
  readonly wild?: Judged;
}

async function compared(seed: number): Promise<Run> {
  const key = randomKey(seed);
  const means = offsetMeans(key.at("means"));
  const train = offsetClasses(means, key.at("train"), 100);
  const test = offsetClasses(means, key.at("test"), 50);
  const problem = { ...start(key), clients: await clientsOf(train) };
  const judge = async (state: FederatedState<Tensor>): Promise<Judged> => {
    const judged = { accuracy: await accuracy(state, test), cosine: await meanCosine(state) };
    for (const held of leavesOf(state)) held.dispose();
    return judged;
  };

  const alone = await judge(await positiveOnlyAveraging(problem, { rounds }));
  const fixed = await judge(await fixedEmbeddingAveraging(problem, { rounds }));
  const hinge = await judge(await fedAwS(problem, { rounds }));
  const oracle = await judge(centralizedSoftmax({ ...problem, ...train, encode }, { steps: rounds }));
  if (!long) return { alone, fixed, hinge, oracle };

  const nearest = await judge(await fedAwS(problem, { rounds, spreadout: { kind: "topK", neighbours: 5 } }));
  const wild = await judge(await fedAwS(problem, { rounds, multiplier: 1 }));
  return { alone, fixed, hinge, oracle, nearest, wild };
}

describe("fedAwS on 20 Gaussian classes with an offset", () => {
  it(
    "nearly reaches the oracle where positives alone collapse",
    async () => {
      const runs: Run[] = [];
      for (const seed of seeds) runs.push(await compared(seed));
      const each = (name: keyof Run) =>
        runs.map((run) => `${percent(run[name]!.accuracy)} (${run[name]!.cosine.toFixed(2)})`).join(", ");
      const run = `${classes} Gaussian classes with an offset, 100 examples each, linear encoder to 8 dimensions, ${rounds} rounds, seeds ${seeds.join(", ")}`;
      tellClaim({
        ...{ method: "positiveOnlyAveraging", run },
        claim: "Trained with positives alone, embeddings collapse, and fixed random ones do better.",
        figure: `accuracy (mean cosine of embeddings) ${each("alone")}; fixed ${each("fixed")}`,
        seen: runs.every(({ alone, fixed }) => alone.accuracy < fixed.accuracy - 0.1 && alone.cosine > 0.5),
      });
      tellClaim({
        ...{ method: "fedAwS", run },
        claim: "The server's hinge spreadout nearly restores what a softmax over all data would reach.",
        figure: `accuracy (mean cosine of embeddings) ${each("hinge")}; centralized softmax ${each("oracle")}`,
        seen: runs.every(({ hinge, oracle }) => hinge.accuracy > oracle.accuracy - 0.04 && hinge.cosine < 0),
      });
      if (long) {
        tellClaim({
          ...{ method: "fedAwS", run },
          claim: "To spread only the 5 nearest embeddings is better than fixed ones, and worse than the hinge.",
          figure: `accuracy (mean cosine of embeddings) ${each("nearest")}; fixed ${each("fixed")}; hinge ${each("hinge")}`,
          seen: runs.every(
            ({ nearest, fixed, hinge }) =>
              nearest!.accuracy > fixed.accuracy && nearest!.accuracy < hinge.accuracy && nearest!.cosine < 0,
          ),
        });
        tellClaim({
          ...{ method: "fedAwS", run },
          claim: "With a multiplier of 1 in place of 1/C all embeddings collapse.",
          figure: `accuracy (mean cosine of embeddings) ${each("wild")}`,
          seen: runs.every(({ wild, fixed }) => wild!.accuracy < fixed.accuracy - 0.1 && wild!.cosine > 0.99),
        });
      }

      for (const { alone, fixed, hinge, oracle, nearest, wild } of runs) {
        expect(alone.accuracy).toBeLessThan(fixed.accuracy - 0.1);
        expect(hinge.accuracy).toBeGreaterThan(oracle.accuracy - 0.04);
        expect(alone.cosine).toBeGreaterThan(0.5);
        expect(hinge.cosine).toBeLessThan(0);
        if (nearest === undefined || wild === undefined) continue;
        expect(nearest.accuracy).toBeGreaterThan(fixed.accuracy);
        expect(nearest.accuracy).toBeLessThan(hinge.accuracy);
        expect(nearest.cosine).toBeLessThan(0);
        expect(wild.accuracy).toBeLessThan(fixed.accuracy - 0.1);
        expect(wild.cosine).toBeGreaterThan(0.99);
      }
    },
    600_000 * seeds.length,
  );
});
