import { randomKey } from "cotangent";
import { reluFactorize, sampleReluModel, subspaceError } from "cotangent/methods/lowrank";
import { describe, expect, it } from "vitest";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2] : [0];
/** Samples, and iterations; in full it runs to the usual 300. */
const sizes = long
  ? ([
      [100, 300],
      [400, 300],
      [1600, 300],
    ] as const)
  : ([
      [100, 100],
      [400, 60],
      [1600, 25],
    ] as const);

describe("reluFactorize on normal dictionaries, codes and biases", () => {
  it.each(seeds)(
    "finds the span where principal components stay off, however many samples there are (seed %i)",
    async (seed) => {
      for (const [samples, iterations] of sizes) {
        const { observations, dictionary } = await sampleReluModel(randomKey(seed), {
          dimension: 60,
          rank: 3,
          samples,
        });
        const error = (most: number) =>
          subspaceError(reluFactorize(observations, { rank: 3, iterations: most }).basis, dictionary);
        const components = error(1);
        expect(components).toBeGreaterThan(0.3);
        expect(error(iterations)).toBeLessThan(0.5 * components);
      }
    },
    600_000,
  );
});
