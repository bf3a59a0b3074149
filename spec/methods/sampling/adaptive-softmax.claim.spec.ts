import { gather, type Key, normal, randomKey, type Tensor, tensor, uniform } from "cotangent";
import { linearSoftmaxCrossEntropy, sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import {
  adaptiveSoftmax,
  adaptiveSoftmaxCost,
  adaptiveSoftmaxLoss,
  frequencyOrder,
  operationCountModel,
} from "cotangent/methods/sampling";
import { expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [classes, cutoff, steps] = long ? [2000, 400, 4000] : [400, 80, 1000];
const [features, batch, clusters] = [32, 128, long ? 50 : 20];

interface Pairs {
  readonly x: Int32Array;
  readonly y: Int32Array;
}

/** The first place where a running total exceeds a number. */
function placeOf(totals: Float64Array, from: number, length: number, wanted: number): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (totals[from + middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Pairs with x by Zipf's law and P(y | x) ∝ exp(u_x·v_y) / (y + 1), u and v of deviation 0.7. */
async function pairs(key: Key, counts: readonly number[]): Promise<{ sets: Pairs[]; entropy: number }> {
  const [u, v] = ["u", "v"].map((name) => normal(key.at(name), [classes, 8], { dtype: "f64" }).mul(0.7));
  const scores = await u.matmul(v.transpose()).data();
  const totals = new Float64Array(classes * classes);
  const zipf = new Float64Array(classes);
  let entropy = 0;
  for (let x = 0; x < classes; x++) {
    zipf[x] = (x === 0 ? 0 : zipf[x - 1]) + 1 / (x + 1);
    let total = 0;
    let weighted = 0;
    for (let y = 0; y < classes; y++) {
      const weight = Math.exp(scores[x * classes + y]) / (y + 1);
      total += weight;
      weighted += weight * Math.log(weight);
      totals[x * classes + y] = total;
    }
    entropy += (Math.log(total) - weighted / total) / (x + 1);
  }
  const sets: Pairs[] = [];
  for (const [i, count] of counts.entries()) {
    const coins = await uniform(key.at("pairs", i), [2, count], { dtype: "f64" }).data();
    const x = Int32Array.from({ length: count }, (_, j) => placeOf(zipf, 0, classes, coins[j] * zipf[classes - 1]));
    const y = x.map((row, j) => {
      const from = row * classes;
      return placeOf(totals, from, classes, coins[count + j] * totals[from + classes - 1]);
    });
    sets.push({ x, y });
  }
  return { sets, entropy: entropy / zipf[classes - 1] };
}

type Embedded<Layer> = { readonly embeddings: Tensor; readonly layer: Layer };
type Loss<Layer> = (hidden: Tensor, layer: Layer, labels: Int32Array) => Tensor;

/** Test perplexity after training. */
async function perplexity<Layer extends object>(loss: Loss<Layer>, start: Embedded<Layer>, train: Pairs, test: Pairs) {
  // The loop takes plain trees, of which a layer is one, however it is called.
  type Params = { embeddings: Tensor; layer: Record<string, Tensor> };
  const of = ({ embeddings, layer }: Params, { x, y }: Pairs) =>
    loss(gather(embeddings, tensor(x)), layer as unknown as Layer, y).mean();
  const rule = adagrad({ learningRate: 0.3, epsilon: 1e-8 });
  using training = optimize(of, start as unknown as Params, rule);
  const count = train.x.length;
  for (let step = 0; step < steps; step++) {
    const from = (step * batch) % (count - batch + 1);
    await training.step({ x: train.x.slice(from, from + batch), y: train.y.slice(from, from + batch) });
  }
  let total = 0;
  const part = 2000;
  for (let from = 0; from < test.x.length; from += part) {
    const some = { x: test.x.slice(from, from + part), y: test.y.slice(from, from + part) };
    total += (await of(training.params, some).item()) * some.x.length;
  }
  return Math.exp(total / test.x.length);
}

it("comes close to a full softmax at a quarter of its multiply-adds, and is better than random clusters", async () => {
  const key = randomKey(0);
  const { sets, entropy } = await pairs(key, long ? [300_000, 20_000] : [100_000, 8000]);
  const [train, test] = sets;
  const counts = new Float64Array(classes);
  for (const label of train.y) counts[label]++;
  const unigram = test.y.reduce((sum, y) => sum - Math.log((counts[y] + 1) / (train.y.length + classes)), 0);

  const bound = 1 / Math.sqrt(features);
  const matrix = (name: string, rows: number) =>
    uniform(key.at(name), [rows, features])
      .mul(2 * bound)
      .sub(bound);
  const embeddings = matrix("embeddings", classes);
  const own = classes / clusters;
  const coins = await uniform(key.at("clusters"), [classes]).data();
  const placeAt = frequencyOrder(coins).rankOf; // each class at a random place, of which a cluster takes so many
  const full = await perplexity(
    (h, { weights }: { weights: Tensor }, y) => linearSoftmaxCrossEntropy(h, weights, undefined, tensor(y)),
    { embeddings, layer: { weights: matrix("full", classes) } },
    train,
    test,
  );
  const adaptive = await perplexity(
    (h, layer: ReturnType<typeof adaptiveSoftmax>, y) => adaptiveSoftmaxLoss(h, layer, tensor(y)),
    { embeddings, layer: adaptiveSoftmax(key.at("adaptive"), { classes, features, cutoffs: [cutoff] }) },
    train,
    test,
  );
  const clustered = await perplexity(
    (h, { outer, inner }: { outer: Tensor; inner: Tensor }, y) => {
      const cluster = y.map((c) => Math.floor(placeAt[c] / own));
      const members = Int32Array.from(
        { length: y.length * own },
        (_, i) => cluster[Math.floor(i / own)] * own + (i % own),
      );
      const rows = gather(inner, tensor(members, { shape: [y.length, own] }) as Tensor<"i32">);
      const scores = rows.matmul(h.reshape([y.length, features, 1])).reshape([y.length, own]);
      const first = linearSoftmaxCrossEntropy(h, outer, undefined, tensor(cluster));
      return first.add(sparseSoftmaxCrossEntropy(scores, tensor(y.map((c) => placeAt[c] % own))));
    },
    { embeddings, layer: { outer: matrix("outer", clusters), inner: matrix("inner", classes) } },
    train,
    test,
  );
  const cost = adaptiveSoftmaxCost(
    Float64Array.from(counts).sort().reverse(),
    [cutoff],
    operationCountModel({ features }),
  );
  const least = Math.exp(entropy); // what no model can beat
  const frequencies = Math.exp(unigram / test.y.length);
  const share = cost.total / cost.full;
  const about = {
    method: "adaptiveSoftmax",
    run: `${train.x.length} training and ${test.x.length} test pairs over ${classes} words, ${features} dimensions, cutoff ${cutoff}, ${steps} steps of ${batch}, seed 0`,
  };
  tellClaim({
    ...about,
    claim: "With 0.3 of the multiply-adds of a full softmax, or less, it comes within 5 % of its perplexity.",
    figure: `${share.toFixed(2)} of the multiply-adds; test perplexity ${adaptive.toFixed(1)}, full ${full.toFixed(1)}, word frequencies ${frequencies.toFixed(1)}, the truth ${least.toFixed(1)}`,
    seen: share <= 0.3 && adaptive <= 1.05 * full && adaptive < 0.75 * frequencies,
  });
  tellClaim({
    ...about,
    claim: "It learns as well as a softmax in two levels of random clusters, or better.",
    figure: `test perplexity ${adaptive.toFixed(1)}, ${clusters} random clusters ${clustered.toFixed(1)}`,
    seen: adaptive <= clustered,
  });
  expect(least).toBeLessThan(Math.min(full, adaptive, clustered));
  expect(share).toBeLessThanOrEqual(0.3);
  expect(adaptive).toBeLessThanOrEqual(1.05 * full);
  expect(adaptive).toBeLessThanOrEqual(clustered);
  expect(adaptive).toBeLessThan(0.75 * frequencies);
}, 900_000);
