import {
  cast,
  gather,
  type Key,
  log,
  normal,
  randomKey,
  read,
  softplus,
  type Tensor,
  tensor,
  transposeLast,
  uniform,
  where,
} from "cotangent";
import { precisionAt } from "cotangent/data";
import { initLinear, linear } from "cotangent/methods/layers";
import { cosineSimilarities } from "cotangent/methods/metric";
import { adam, optimize } from "cotangent/methods/optimizers";
import { decoupledSoftmaxLoss, multiLabelSoftmaxLoss, softTopKLoss } from "cotangent/methods/ranking";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [steps, topKSteps, seeds] = long ? [600, 600, [0, 1, 2]] : [60, 5, [0]];
const [queries, labels, width, batch] = [1500, 200, 32, 256];

const temperature = 0.05;
const binary = (s: Tensor, p: Tensor<"bool">) => where(p, softplus(s.neg()), softplus(s)).sum(1);
type Loss = (scores: Tensor, positives: Tensor<"bool">) => Tensor;
const losses: Readonly<Record<string, Loss>> = {
  decoupled: (s, p) => decoupledSoftmaxLoss(s, p),
  softmax: (s, p) => multiLabelSoftmaxLoss(s, p),
  topK: (s, p) => softTopKLoss(s, p, { k: 5 }),
  binary: (s, p) => binary(s, p),
  binaryOfCosines: (s, p) => binary(s.mul(temperature), p),
};

interface World {
  readonly label: Tensor;
  readonly train: { readonly x: Tensor; readonly isPositive: Uint8Array };
  readonly test: { readonly x: Tensor; readonly truth: number[][] };
}

/** Queries, and the one to seven labels of largest affinity to each; some labels are popular. */
async function world(key: Key, seed: number): Promise<World> {
  const [q, g, m] = [
    normal(key.at("q"), [2 * queries, width]),
    normal(key.at("g"), [labels, width]),
    normal(key.at("m"), [width, width]),
  ];
  const rank = cast(tensor(Int32Array.from({ length: labels }, (_, l) => l + 1)), "f32");
  const noise = log(
    log(
      uniform(key.at("noise"), [2 * queries, labels])
        .mul(1 - 2e-7)
        .add(1e-7),
    ).neg(),
  ).neg();
  const affinity = q
    .matmul(m)
    .div(Math.sqrt(width))
    .matmul(transposeLast(g))
    .mul(2 / Math.sqrt(width))
    .sub(log(rank))
    .add(noise.mul(0.5));
  const held = await read({ q, g });
  const affinities = Float32Array.from(await affinity.data());
  const random = sfc32(seed);
  const truth = Array.from({ length: 2 * queries }, (_, i) => {
    const row = affinities.subarray(i * labels, (i + 1) * labels);
    const order = Array.from(row, (value, l) => ({ value, l })).sort((a, b) => b.value - a.value);
    return order.slice(0, 1 + Math.floor(7 * random())).map(({ l }) => l);
  });
  const isPositive = new Uint8Array(queries * labels);
  truth.slice(0, queries).forEach((of, i) => {
    for (const l of of) isPositive[i * labels + l] = 1;
  });
  const rows = (from: number) =>
    tensor(Float32Array.from(held.q.slice(from * width, (from + queries) * width)), {
      shape: [queries, width],
    }) as Tensor;
  return {
    label: tensor(Float32Array.from(held.g), { shape: [labels, width] }) as Tensor,
    train: { x: rows(0), isPositive },
    test: { x: rows(queries), truth: truth.slice(queries) },
  };
}

/** P@1 and P@5 of two linear towers on unseen queries. */
async function precisions(
  loss: Loss,
  { label, train, test }: World,
  key: Key,
  seed: number,
  count: number,
): Promise<readonly number[]> {
  const random = sfc32(seed + 100);
  const start = { query: initLinear(key.at("query"), width, 16), label: initLinear(key.at("label"), width, 16) };
  const scoresOf = (towers: typeof start, x: Tensor) =>
    cosineSimilarities(linear(towers.query, x), linear(towers.label, label)).div(temperature);
  using training = optimize(
    (towers: typeof start, ids: Tensor<"i32">, positives: Tensor<"bool">) =>
      loss(scoresOf(towers, gather(train.x, ids)), positives).mean(),
    start,
    adam({ learningRate: 0.01 }),
  );
  for (let step = 0; step < count; step++) {
    const ids = Int32Array.from({ length: batch }, () => Math.floor(random() * queries));
    const positives = new Uint8Array(batch * labels);
    ids.forEach((id, i) => {
      positives.set(train.isPositive.subarray(id * labels, (id + 1) * labels), i * labels);
    });
    await training.step(tensor(ids), tensor(positives, { shape: [batch, labels] }) as Tensor<"bool">);
  }
  const scores = Float32Array.from(await scoresOf(training.params, test.x).data());
  const ranked = test.truth.map((_, i) => {
    const row = Array.from(scores.subarray(i * labels, (i + 1) * labels), (value, l) => ({ value, l }));
    return row
      .sort((a, b) => b.value - a.value)
      .slice(0, 5)
      .map(({ l }) => l);
  });
  return [1, 5].map((k) => precisionAt(ranked, test.truth, { k }).mean);
}

describe("decoupledSoftmaxLoss with one to seven right answers a query", () => {
  it("ranks better than a softmax in which they compete", async () => {
    const found: Record<string, number[][]> = {};
    for (const seed of seeds) {
      const key = randomKey(seed);
      const given = await world(key.at("world"), seed);
      for (const [name, loss] of Object.entries(losses)) {
        const count = name === "topK" ? topKSteps : steps;
        (found[name] ??= []).push([...(await precisions(loss, given, key.at("towers"), seed, count))]);
      }
    }
    const mean = (name: string, at: number) => found[name].reduce((sum, of) => sum + of[at], 0) / seeds.length;
    const show = (name: string) => `${percent(mean(name, 0))} / ${percent(mean(name, 1))}`;
    const run = `1500 queries to train on and 1500 others, 200 labels, linear towers 32–16, batches of 256, ${steps} steps of Adam (${topKSteps} for soft top-k), ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`;
    const figure = `P@1 / P@5: decoupled ${show("decoupled")}, softmax ${show("softmax")}, soft top-5 ${show("topK")}, binary cross-entropy ${show("binary")}, of plain cosines ${show("binaryOfCosines")}`;
    const gain = mean("decoupled", 0) - mean("softmax", 0);
    const least = Math.min(mean("decoupled", 0), mean("softmax", 0));
    const behind = Math.max(mean("decoupled", 1), mean("softmax", 1)) - mean("topK", 1);
    tellClaim({
      method: "decoupledSoftmaxLoss",
      claim: "Positives that do not compete are ranked better than by a softmax over all labels.",
      run,
      figure,
      seen: gain >= 0.01,
    });
    tellClaim({
      method: "decoupledSoftmaxLoss",
      claim: "P@1 of both is at least twice that of binary cross-entropy.",
      run,
      figure,
      seen: least >= 2 * mean("binary", 0),
    });
    tellClaim({
      method: "softTopKLoss",
      claim: "The soft top-k loss has a P@5 within two points of the best.",
      run,
      figure,
      seen: behind <= 0.02,
    });
    expect(gain).toBeGreaterThanOrEqual(0.01);
    if (!long) return; // five steps with the bisection are too few to catch up, sixty for plain cosines to fail
    // of the same scores binary cross-entropy comes close to the softmax: what it lacks is a temperature
    expect(least).toBeGreaterThanOrEqual(2 * mean("binaryOfCosines", 0));
    expect(behind).toBeLessThanOrEqual(0.02);
  }, 600_000);
});
