import { randomKey } from "cotangent";
import { reluFactorize, sampleReluModel, subspaceError } from "cotangent/methods/lowrank";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

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

const model = { dimension: 60, rank: 3 };

describe("reluFactorize on normal dictionaries, codes and biases", () => {
  it(
    "finds the span where principal components stay off, however many samples there are",
    async () => {
      const errors: { components: number; ours: number }[] = [];
      for (const seed of seeds) {
        for (const [samples, iterations] of sizes) {
          const { observations, dictionary } = await sampleReluModel(randomKey(seed), { ...model, samples });
          const error = (most: number) =>
            subspaceError(reluFactorize(observations, { rank: model.rank, iterations: most }).basis, dictionary);
          errors.push({ components: error(1), ours: error(iterations) });
        }
      }
      tellClaim({
        method: "reluFactorize",
        claim:
          "The column space is recovered, to less than half the error of principal components, for any number of samples.",
        run: `d = ${model.dimension}, k = ${model.rank}, ${sizes.map(([samples]) => samples).join(", ")} samples, ${sizes.map(([, iterations]) => iterations).join(", ")} iterations, seeds ${seeds.join(", ")}`,
        figure: errors
          .map(({ components, ours }) => `${ours.toFixed(2)} off, principal components ${components.toFixed(2)}`)
          .join("; "),
        seen: errors.every(({ components, ours }) => components > 0.3 && ours < 0.5 * components),
      });
      for (const { components, ours } of errors) {
        expect(components).toBeGreaterThan(0.3);
        expect(ours).toBeLessThan(0.5 * components);
      }
    },
    600_000 * seeds.length,
  );
});
