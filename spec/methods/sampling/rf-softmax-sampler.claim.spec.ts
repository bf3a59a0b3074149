import { at, evaluate, type Key, randomKey, stack, type Tensor, tensor } from "cotangent";
import {
  aliasSampler,
  QuadraticKernelSampler,
  RfSoftmaxSampler,
  type Sampler,
  uniformSampler,
} from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { gradientBiasOf, randomCosines } from "./support/proposal-bias.js";

const long = process.env.COTANGENT_LONG === "1";
const [count, rows, negatives, inverseTemperature] = [500, 6, 20, 12];
const sets = long ? 10_000 : 2500;

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
  it.each(long ? [0, 1, 2] : [0])(
    "bends the gradient less than a quadratic or uniform proposal does, in 8 dimensions (seed %i)",
    async (seed) => {
      const { exact, random, quadratic, uniform } = await biases(randomKey(seed), 8, [
        [6, 1024],
        [4, 256],
      ]);
      const [fine, coarse] = random;
      expect(exact).toBeLessThan(fine);
      expect(fine).toBeLessThan(coarse);
      expect(coarse).toBeLessThan(quadratic);
      expect(quadratic).toBeLessThan(uniform);
      expect(fine).toBeLessThanOrEqual(0.5 * quadratic);
    },
    600_000,
  );

  it("bends it more than a quadratic one in 32 dimensions with 256 frequencies", async () => {
    const { random, quadratic } = await biases(randomKey(0), 32, [[4, 256]]);
    expect(random[0]).toBeGreaterThan(1.5 * quadratic);
  }, 600_000);
});
