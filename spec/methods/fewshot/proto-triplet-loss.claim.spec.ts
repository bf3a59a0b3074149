import { argmax, type Key, normal, randomKey, relu, type Tensor, tensor } from "cotangent";
import { type Episode, type EpisodeTerm, episodeLoss, prototypes } from "cotangent/methods/fewshot";
import { squaredDistances } from "cotangent/methods/metric";
import { adam, optimize } from "cotangent/methods/optimizers";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [episodes, tests, seeds] = long ? [400, 300, [0, 1, 2]] : [80, 100, [0]];
const [ways, shots, asked, width, telling] = [5, 5, 15, 32, 8];

const settings = {
  plain: ["crossEntropy"],
  protoTriplet: ["crossEntropy", "protoTriplet"],
  icnn: ["crossEntropy", "full"],
} as const satisfies Record<string, readonly EpisodeTerm[]>;

/** Gaussian classes in 8 of 32 directions; the others say nothing, and loudly. */
class World {
  private readonly random: () => number;
  private readonly means: number[][];

  constructor(seed: number) {
    this.random = sfc32(seed);
    this.means = Array.from({ length: 30 }, () => Array.from({ length: telling }, () => 1.5 * this.normal()));
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }

  /** `count` points of each of five classes. */
  private draw(classes: readonly number[], count: number): { readonly points: Tensor; readonly labels: Tensor<"i32"> } {
    const rows = classes.flatMap((c) =>
      Array.from({ length: count }, () =>
        Array.from({ length: width }, (_, k) => (k < telling ? this.means[c][k] + this.normal() : 2 * this.normal())),
      ),
    );
    const labels = Int32Array.from(rows, (_, i) => Math.floor(i / count));
    return {
      points: tensor(Float32Array.from(rows.flat()), { shape: [rows.length, width] }) as Tensor,
      labels: tensor(labels),
    };
  }

  /** The first 20 classes are for training, the last 10 are new. */
  episode(isNew: boolean): Episode {
    const pool = Array.from({ length: isNew ? 10 : 20 }, (_, c) => (isNew ? 20 + c : c));
    const classes = Array.from({ length: ways }, () => pool.splice(Math.floor(this.random() * pool.length), 1)[0]);
    return { support: this.draw(classes, shots), query: this.draw(classes, asked) };
  }
}

const embedded = (weights: Tensor, { support, query }: Episode): Episode => ({
  support: { ...support, points: relu(support.points.matmul(weights)) },
  query: { ...query, points: relu(query.points.matmul(weights)) },
});

async function accuracy(weights: Tensor, episode: Episode): Promise<number> {
  const { support, query } = embedded(weights, episode);
  const guess = await argmax(
    squaredDistances(query.points, prototypes(support.points, support.labels, ways)).neg(),
  ).data();
  return guess.filter((label, i) => label === Math.floor(i / asked)).length / guess.length;
}

/** Mean accuracy on tasks of new classes. */
async function trained(terms: readonly EpisodeTerm[], seed: number, key: Key): Promise<number> {
  const world = new World(seed + 1);
  const start = normal(key, [width, 16]).mul(Math.sqrt(2 / width));
  using training = optimize(
    (weights: Tensor, support: Tensor, query: Tensor, supportLabels: Tensor<"i32">, queryLabels: Tensor<"i32">) => {
      const episode = {
        support: { points: support, labels: supportLabels },
        query: { points: query, labels: queryLabels },
      };
      return episodeLoss(embedded(weights, episode), ways, { terms });
    },
    start,
    adam({ learningRate: 2e-3 }),
  );
  for (let i = 0; i < episodes; i++) {
    const { support, query } = world.episode(false);
    await training.step(support.points, query.points, support.labels, query.labels);
  }
  let total = 0;
  for (let i = 0; i < tests; i++) total += await accuracy(training.params, world.episode(true));
  return total / tests;
}

describe("protoTripletLoss and icnnLoss on tasks of new classes", () => {
  it("each improve on cross-entropy alone", async () => {
    const found: Record<string, number[]> = {};
    for (const [name, terms] of Object.entries(settings)) {
      for (const seed of seeds) (found[name] ??= []).push(await trained(terms, seed, randomKey(seed)));
    }
    const mean = (name: string) => found[name].reduce((a, b) => a + b) / seeds.length;
    const gain = (name: string) => mean(name) - mean("plain");
    const wins = (name: string) => found[name].filter((value, i) => value > found.plain[i]).length;
    const run = `Gaussian classes, 20 to train on and 10 new ones, 8 of 32 directions telling, embedding relu(xW) of 16, 5-way 5-shot with 15 queries, ${episodes} episodes, ${tests} tests, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`;
    for (const [method, name, what] of [
      ["protoTripletLoss", "protoTriplet", "Proto-Triplet"],
      ["icnnLoss", "icnn", "ICNN over support and queries"],
    ] as const) {
      const told = {
        claim: `Cross-entropy with ${what} classifies new classes better than cross-entropy alone.`,
        run,
        figure: `${percent(mean(name))} against ${percent(mean("plain"))}, better on ${wins(name)} of ${seeds.length}`,
        seen: gain(name) > 0,
      };
      if (method === "icnnLoss") tellClaim({ method: "icnnLoss", ...told });
      else tellClaim({ method: "protoTripletLoss", ...told });
    }
    // gains are under a point, more than a short run of one seed can show
    for (const name of ["protoTriplet", "icnn"]) expect(gain(name)).toBeGreaterThan(long ? 0 : -0.02);
  }, 600_000);
});
