import { at, evaluate, type Key, randomKey, stack, type Tensor, tensor } from "cotangent";
import {
  aliasSampler,
  QuadraticKernelSampler,
  RfSoftmaxSampler,
  type Sampler,
  uniformSampler,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { gradientBiasOf, randomCosines } from "./support/proposal-bias.js";

const long = process.env.COTANGENT_LONG === "1";
const [count, rows, negatives, inverseTemperature] = [500, 6, 20, 12];
const [sets, seeds] = long ? [10_000, [0, 1, 2]] : [2500, [0]];

/** Draws in each row by its softmax over the other classes. */
function softmaxSampler(scores: Float64Array): Sampler {
  const tables = Array.from({ length: rows }, (_, row) => {
    const weights = scores.slice(row * count, (row + 1) * count).map((score) => Math.exp(score));
    return aliasSampler({ weights: weights.with(row, 0) });
  });
  return {
    classes: count,
    draw: (key, shape) =>
      stack(tables.map((table, row) => table.draw(key.at("row", row), (shape as number[]).slice(1)))),
    logProbability: (ids, like) => stack(tables.map((table, row) => table.logProbability(at(ids, row), like))),
  };
}

/** Mean ℓ1 bias of the gradient for each proposal; rows have the labels 0, 1, … */
async function biases(
  key: Key,
  width: number,
  fourier: readonly (readonly [sharpness: number, frequencies: number])[],
) {
  const { classes, queries } = randomCosines(key, { classes: count, width, rows, noise: 2 });
  const labels = tensor(Int32Array.from({ length: rows }, (_, row) => row));
  const scores: Tensor = evaluate(queries.matmul(classes.transpose()).mul(inverseTemperature));
  const bias = (sampler: Sampler) => gradientBiasOf(scores, labels, sampler, key.at("draws"), { negatives, sets });
  const exact = await bias(softmaxSampler((await scores.data()) as Float64Array));
  const random: number[] = [];
  for (const [sharpness, frequencies] of fourier) {
    using sampler = new RfSoftmaxSampler(classes, key.at("map"), { inverseTemperature, sharpness, frequencies });
    random.push(await bias(sampler.given(queries).without!(labels)));
  }
  using kernel = new QuadraticKernelSampler(classes);
  const quadratic = await bias(kernel.given(queries).without!(labels));
  const uniform = await bias(uniformSampler({ classes: count }).without!(labels));
  for (const tensor of [classes, queries, scores]) tensor.dispose();
  return { exact, random, quadratic, uniform };
}

describe("RfSoftmaxSampler on 500 classes", () => {
  const run = `${count} unit classes, logits of ${inverseTemperature} times the cosine, ${negatives} negatives, ${rows} queries, ${sets} draws`;

  it(
    "bends the gradient less than a quadratic or uniform proposal does, in 8 dimensions",
    async () => {
      const found: { exact: number; fine: number; coarse: number; quadratic: number; uniform: number }[] = [];
      for (const seed of seeds) {
        const { random, ...others } = await biases(randomKey(seed), 8, [
          [6, 1024],
          [4, 256],
        ]);
        found.push({ ...others, fine: random[0], coarse: random[1] });
      }
      const each = (name: keyof (typeof found)[number]) => found.map((bias) => bias[name].toFixed(3)).join(", ");
      const about = { run: `${run}, 8 dimensions, seeds ${seeds.join(", ")}` };
      tellClaim({
        ...{ method: "RfSoftmaxSampler", ...about },
        claim: "Its proposal bends the gradient less than a quadratic or uniform one, by half or more if fine.",
        figure: `ℓ1 bias ${each("fine")} (ν = 6, D = 1024), ${each("coarse")} (ν = 4, D = 256), quadratic ${each("quadratic")}, uniform ${each("uniform")}, exact softmax ${each("exact")}`,
        seen: found.every(
          ({ exact, fine, coarse, quadratic, uniform }) =>
            exact < fine && fine < coarse && coarse < quadratic && quadratic < uniform && fine <= 0.5 * quadratic,
        ),
      });
      tellClaim({
        ...{ method: "QuadraticKernelSampler", ...about },
        claim: "Its proposal bends the gradient less than a uniform one.",
        figure: `ℓ1 bias ${each("quadratic")}, uniform ${each("uniform")}`,
        seen: found.every(({ quadratic, uniform }) => quadratic < uniform),
      });
      for (const { exact, fine, coarse, quadratic, uniform } of found) {
        expect(exact).toBeLessThan(fine);
        expect(fine).toBeLessThan(coarse);
        expect(coarse).toBeLessThan(quadratic);
        expect(quadratic).toBeLessThan(uniform);
        expect(fine).toBeLessThanOrEqual(0.5 * quadratic);
      }
    },
    600_000 * seeds.length,
  );

  it("bends it more than a quadratic one in 32 dimensions with 256 frequencies", async () => {
    const { random, quadratic } = await biases(randomKey(0), 32, [[4, 256]]);
    tellClaim({
      method: "RfSoftmaxSampler",
      claim: "In 32 dimensions 256 frequencies are too few: it bends the gradient more than a quadratic proposal.",
      run: `${run}, 32 dimensions, ν = 4, D = 256, seed 0`,
      figure: `ℓ1 bias ${random[0].toFixed(3)}, quadratic ${quadratic.toFixed(3)}`,
      seen: random[0] > 1.5 * quadratic,
    });
    expect(random[0]).toBeGreaterThan(1.5 * quadratic);
  }, 600_000);
});
