import { beta, concat, full, gather, randomKey, sqrt, square, type Tensor, tensor } from "cotangent";
import {
  cosineSimilarities,
  genericMetricLoss,
  metricLossPresets,
  metrixLoss,
  mixPairs,
  type PairForm,
  pairSets,
  utilization,
} from "cotangent/methods/metric";
import { sfc32 } from "cotangent/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { type BatchLoss, type Clothes, loadClothes, placesOf, recallOn, trainEmbedding } from "./support/clothes.js";

const long = process.env.COTANGENT_LONG === "1";
const [steps, seeds] = long ? [600, [0, 1, 2]] : [40, [0]];
const [known, unseen] = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
];

const forms = {
  multiSimilarity: metricLossPresets.multiSimilarity(),
  contrastive: metricLossPresets.contrastive({ average: true }),
};
const clean =
  (form: PairForm): BatchLoss =>
  (x, labels) =>
    genericMetricLoss(cosineSimilarities(x), pairSets(labels, x), form);
const unit = (x: Tensor) => x.div(sqrt(square(x).sum(1, { keepDims: true })));
const mixed =
  (form: PairForm): BatchLoss =>
  (x, labels, key) =>
    metrixLoss(x, labels, mixPairs(unit(x), labels, key), form);

let clothes: Clothes;
beforeAll(async () => {
  clothes = await loadClothes();
}, 60_000);

/** Of 500 images of unseen classes: by 1000 embeddings of known ones, and by 2000 mixtures of those besides. */
async function utilizations(
  embed: (at: readonly number[], of: "train" | "test") => Tensor,
  seed: number,
): Promise<readonly [number, number]> {
  const random = sfc32(seed + 7);
  const some = (places: readonly number[], count: number) =>
    Array.from({ length: count }, () => places[Math.floor(random() * places.length)]);
  const at = some(placesOf(clothes.train, known), 1000);
  const labelAt = (i: number) => clothes.train.labels[at[i]];
  const queries = unit(embed(some(placesOf(clothes.test, unseen), 500), "test"));
  const examples = unit(embed(at, "train"));
  const pairs: (readonly [number, number])[] = [];
  while (pairs.length < 2000) {
    const pair = [Math.floor(random() * 1000), Math.floor(random() * 1000)] as const;
    if (labelAt(pair[0]) !== labelAt(pair[1])) pairs.push(pair);
  }
  const rows = (side: 0 | 1) => gather(examples, tensor(Int32Array.from(pairs, (pair) => pair[side])));
  const two = full([2000, 1], 2);
  const share = beta(randomKey(seed), two, two);
  const mixtures = unit(
    rows(0)
      .mul(share)
      .add(rows(1).mul(share.neg().add(1))),
  );
  return [
    await utilization(queries, examples).item(),
    await utilization(queries, concat([examples, mixtures], 0)).item(),
  ];
}

describe("metrixLoss on Fashion-MNIST", () => {
  it("retrieves classes that it has not seen better with mixed embeddings than without", async () => {
    const found: Record<string, number[]> = {};
    const falls: number[] = [];
    for (const [name, form] of Object.entries(forms)) {
      for (const [kind, loss] of Object.entries({ clean: clean(form), mixed: mixed(form) })) {
        for (const seed of seeds) {
          const trained = await trainEmbedding(loss, clothes, known, randomKey(seed), seed, steps);
          (found[`${name} ${kind}`] ??= []).push(await recallOn(trained, clothes.test, unseen));
          if (name === "multiSimilarity" && kind === "clean") {
            const [before, after] = await utilizations((at, of) => trained.embed(clothes[of], at), seed);
            falls.push(1 - after / before);
          }
          trained.dispose();
        }
      }
    }
    const mean = (name: string) => found[name].reduce((a, b) => a + b) / seeds.length;
    const show = (name: string) => percent(mean(name));
    const gain = (name: string) => mean(`${name} mixed`) - mean(`${name} clean`);
    const wins = found["multiSimilarity mixed"].filter((value, i) => value > found["multiSimilarity clean"][i]).length;
    const run = `classes 0–4 of Fashion-MNIST to train on, 5–9 to retrieve, perceptron 784–128–32, batches of 5 × 8, ${steps} steps, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`;
    tellClaim({
      method: "metrixLoss",
      claim: "Mixed embeddings raise Recall@1 on unseen classes.",
      run,
      figure: `multi-similarity ${show("multiSimilarity mixed")} against ${show("multiSimilarity clean")} (higher on ${wins} of ${seeds.length}), contrastive ${show("contrastive mixed")} against ${show("contrastive clean")}`,
      seen: gain("multiSimilarity") > 0 && gain("contrastive") >= -0.005,
    });
    tellClaim({
      method: "utilization",
      claim: "Mixed embeddings of a trained model visit more of the space in which unseen classes land.",
      run,
      figure: `2000 mixtures lower the utilization of 500 queries by 1000 embeddings by ${falls.map(percent).join(", ")}`,
      seen: falls.every((fall) => fall >= 0.05),
    });
    // forty steps of one seed are too few for a point
    if (long) expect(gain("multiSimilarity")).toBeGreaterThan(0);
    expect(gain("contrastive")).toBeGreaterThanOrEqual(long ? -0.005 : -0.05);
    for (const fall of falls) expect(fall).toBeGreaterThanOrEqual(long ? 0.05 : 0);
  }, 600_000);
});
