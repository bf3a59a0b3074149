import { evaluate, gather, grad, type Key, normal, randomKey, type Tensor, tensor, transposeLast } from "cotangent";
import { optimize, sgd } from "cotangent/methods/optimizers";
import { aucMannWhitney, infoNceLoss, mannWhitneyLoss } from "cotangent/methods/ranking";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [steps, seeds] = long ? [400, [0, 1, 2, 3, 4]] : [400, [0]];
const [pairs, latent, batch] = [200, 16, 32];

type Pairs = {
  readonly query: Tensor;
  /** `[n, 1]`, a feature of the query that says nothing. */
  readonly nuisance: Tensor;
  readonly document: Tensor;
};
type Towers = {
  readonly left: Tensor;
  readonly right: Tensor;
  readonly offset: { readonly query: Tensor; readonly nuisance: Tensor };
};
const losses = {
  mannWhitney: (scores: Tensor) => mannWhitneyLoss(scores, { reduction: "mean" }),
  infoNce: (scores: Tensor) => infoNceLoss(scores, { reduction: "mean" }),
};

/** Two views of a latent vector. */
async function pairsOf(key: Key): Promise<Pairs> {
  const z = normal(key.at("z"), [pairs, latent]);
  const view = (name: string) => z.add(normal(key.at(name), [pairs, latent]).mul(0.6));
  const nuisance = normal(key.at("nuisance"), [pairs, 1]);
  return evaluate({ query: view("query"), nuisance, document: view("document") });
}

/** `<A q, B d> + b·(q, nuisance)` of each query with each document. */
function scoresOf({ left, right, offset }: Towers, { query, nuisance, document }: Pairs): Tensor {
  const products = query.matmul(left).matmul(transposeLast(document.matmul(right)));
  return products.add(query.matmul(offset.query)).add(nuisance.matmul(offset.nuisance));
}

const start = (key: Key): Towers => ({
  left: normal(key.at("left"), [latent, latent]).div(4),
  right: normal(key.at("right"), [latent, latent]).div(4),
  offset: { query: normal(key.at("offset"), [latent, 1]), nuisance: normal(key.at("nuisance"), [1, 1]) },
});

const rowsOf = (of: Pairs, ids: Tensor<"i32">): Pairs => ({
  query: gather(of.query, ids),
  nuisance: gather(of.nuisance, ids),
  document: gather(of.document, ids),
});

/** Pooled AUC and mean reciprocal rank on unseen pairs. */
async function measured(towers: Towers, test: Pairs): Promise<{ readonly auc: number; readonly mrr: number }> {
  const scores = await scoresOf(towers, test).data();
  const isOwn = (at: number) => Math.floor(at / pairs) === at % pairs;
  const own = Array.from({ length: pairs }, (_, i) => scores[i * pairs + i]);
  const ranks = own.map((s, i) => 1 + scores.subarray(i * pairs, (i + 1) * pairs).filter((other) => other > s).length);
  return {
    auc: aucMannWhitney(
      own,
      scores.filter((_, at) => !isOwn(at)),
    ),
    mrr: ranks.reduce((sum, rank) => sum + 1 / rank, 0) / pairs,
  };
}

async function trained(loss: (scores: Tensor) => Tensor, learningRate: number, seed: number) {
  const key = randomKey(seed);
  const [train, test] = [await pairsOf(key.at("train")), await pairsOf(key.at("test"))];
  const random = sfc32(seed + 1);
  const objective = (towers: Towers, ids: Tensor<"i32">) => loss(scoresOf(towers, rowsOf(train, ids)));
  using training = optimize(objective, start(key.at("start")), sgd({ learningRate, momentum: 0.9 }));
  for (let step = 0; step < steps; step++) {
    await training.step(tensor(Int32Array.from({ length: batch }, () => Math.floor(random() * pairs))));
  }
  return measured(training.params, test);
}

describe("mannWhitneyLoss on queries with a nuisance", () => {
  it("finds one threshold for all of them, and ranks no worse", async () => {
    for (const learningRate of [0.1, 0.02]) {
      const found: Record<string, { readonly auc: number; readonly mrr: number }[]> = {};
      for (const [name, loss] of Object.entries(losses)) {
        for (const seed of seeds) (found[name] ??= []).push(await trained(loss, learningRate, seed));
      }
      const mean = (name: string, of: "auc" | "mrr") =>
        found[name].reduce((sum, one) => sum + one[of], 0) / seeds.length;
      const show = (name: string) => `${mean(name, "auc").toFixed(3)} / ${mean(name, "mrr").toFixed(2)}`;
      const gain = mean("mannWhitney", "auc") - mean("infoNce", "auc");
      const better = mean("mannWhitney", "mrr") - mean("infoNce", "mrr");
      tellClaim({
        method: "mannWhitneyLoss",
        claim:
          "Comparing positives with the negatives of all queries gives a higher pooled AUC than InfoNCE, and no worse ranks.",
        run: `200 pairs to train on and 200 others, bilinear scores with an offset of the query, batches of 32, ${steps} steps, momentum 0.9, rate ${learningRate}, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`,
        figure: `pooled AUC / MRR: Mann-Whitney ${show("mannWhitney")}, InfoNCE ${show("infoNce")}`,
        seen: gain >= 0.01 && better >= -0.02,
      });
      expect(gain).toBeGreaterThanOrEqual(0.01);
      expect(better).toBeGreaterThanOrEqual(-0.02);
    }
  }, 600_000);

  it("moves the query's offset, for which InfoNCE has no gradient", async () => {
    const key = randomKey(3);
    const train = rowsOf(await pairsOf(key.at("train")), tensor(Int32Array.from({ length: batch }, (_, i) => i)));
    const byOffset = (loss: (scores: Tensor) => Tensor) =>
      grad((offset: Towers["offset"]) => loss(scoresOf({ ...start(key.at("start")), offset }, train)))(
        start(key.at("start")).offset,
      );
    const largest = async (values: Tensor) => Math.max(...(await values.data()).map(Math.abs));
    const [none, some] = [byOffset(losses.infoNce), byOffset(losses.mannWhitney)];
    for (const part of ["query", "nuisance"] as const) {
      expect(await largest(none[part])).toBeLessThan(1e-6); // 0 but for what rounds
      expect(await largest(some[part])).toBeGreaterThan(1e-3);
    }
  });
});
