import {
  argmax,
  bernoulli,
  evaluate,
  expandDims,
  full,
  gather,
  type Key,
  normal,
  qr,
  randomInt,
  randomKey,
  relu,
  type Tensor,
  where,
  zeros,
} from "cotangent";
import { adam, optimize } from "cotangent/methods/optimizers";
import { doublyStochasticMiningLoss } from "cotangent/methods/ranking";
import { gumbelTopKSampler } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [classes, width, units, batch, negatives] = [100, 20, 48, 64, 50];
const [steps, seeds] = long ? [4000, [0, 1, 2]] : [1000, [0]];

/** Where the two groups sit for each class. */
interface Groups {
  readonly majority: Tensor;
  readonly minority: Tensor;
}

interface Accuracy {
  readonly majority: number;
  readonly minority: number;
}

/** Labels, and inputs around the mean that the group has for the label; one in ten is of the minority. */
function examples(
  { majority, minority }: Groups,
  key: Key,
  count: number,
  share: number,
): { x: Tensor; labels: Tensor<"i32"> } {
  const labels = randomInt(key.at("labels"), [count], classes);
  const isMinority = expandDims(bernoulli(key.at("group"), full([count], share, majority)), 1);
  const mean = where(isMinority, gather(minority, labels), gather(majority, labels));
  return { x: mean.add(normal(key.at("noise"), [count, width]).mul(0.6)), labels };
}

async function trained(groups: Groups, key: Key, hardest: number, examplesKept: number): Promise<Accuracy> {
  const start = {
    first: normal(key.at("first"), [width, units]).mul(Math.sqrt(2 / width)),
    shift: zeros([units]),
    weights: normal(key.at("last"), [classes, units]).mul(Math.sqrt(1 / units)),
    bias: zeros([classes]),
  };
  const sampler = gumbelTopKSampler({ weights: new Float64Array(classes).fill(1) });
  const hiddenOf = ({ first, shift }: typeof start, x: Tensor) => relu(x.matmul(first).add(shift));
  const loss = (params: typeof start, k: Key) => {
    const { x, labels } = examples(groups, k.at("batch"), batch, 0.1);
    const { weights, bias } = params;
    const options = { negatives, hardest, examples: examplesKept };
    return doublyStochasticMiningLoss(hiddenOf(params, x), { weights, bias }, labels, sampler, k.at("draw"), options);
  };
  using training = optimize(loss, start, adam({ learningRate: 3e-3 }));
  for (let step = 0; step < steps; step++) await training.step(key.at("step", step));
  const accuracy = async (share: number) => {
    const { x, labels } = examples(groups, key.at("test"), 10_000, share);
    const { weights, bias } = training.params;
    const predicted = argmax(hiddenOf(training.params, x).matmul(weights.transpose()).add(bias), 1);
    const [found, right] = [await predicted.data(), await labels.data()];
    return found.filter((label, i) => label === right[i]).length / found.length;
  };
  return { majority: await accuracy(0), minority: await accuracy(1) };
}

/** No mining and S2M, and in the long run examples alone: k and κ. */
const schemes = [[negatives, batch], [5, 8], ...(long ? [[negatives, 16]] : [])];

describe("doublyStochasticMiningLoss with a minority that lies elsewhere", () => {
  it("serves it better than no mining does, and the majority no worse", async () => {
    const totals = schemes.map(() => ({ majority: 0, minority: 0 }));
    for (const seed of seeds) {
      const key = randomKey(seed);
      const majority = evaluate(normal(key.at("means"), [classes, width]));
      const { q } = qr(normal(key.at("rotation"), [width, width]));
      const minority = evaluate(majority.matmul(q).mul(0.8));
      for (const [i, [hardest, kept]] of schemes.entries()) {
        const found = await trained({ majority, minority }, key.at("run"), hardest, kept);
        totals[i].majority += found.majority / seeds.length;
        totals[i].minority += found.minority / seeds.length;
      }
      majority.dispose();
      minority.dispose();
    }
    const [plain, both, examplesAlone = plain] = totals;
    const figure = (of: Accuracy) => `${percent(of.majority)} / ${percent(of.minority)}`;
    const about = {
      method: "doublyStochasticMiningLoss",
      run: `${classes} Gaussian classes, a tenth of the examples of a minority elsewhere, ${width}–${units}–${classes} network, ${steps} steps of ${batch} examples and ${negatives} negatives, means over seeds ${seeds.join(", ")}`,
    };
    tellClaim({
      ...about,
      claim:
        "Mining both negatives and examples serves a minority better by 0.02 or more, and the majority no worse, to 0.01.",
      figure: `accuracy of majority / minority ${figure(both)}, no mining ${figure(plain)}`,
      seen: both.minority >= plain.minority + 0.02 && both.majority >= plain.majority - 0.01,
    });
    if (long) {
      tellClaim({
        ...about,
        claim: "Mining examples alone serves a minority no worse than no mining.",
        figure: `accuracy of majority / minority ${figure(examplesAlone)}, no mining ${figure(plain)}`,
        seen: examplesAlone.minority >= plain.minority,
      });
    }
    expect(both.minority).toBeGreaterThanOrEqual(plain.minority + 0.02);
    expect(examplesAlone.minority).toBeGreaterThanOrEqual(plain.minority);
    expect(both.majority).toBeGreaterThanOrEqual(plain.majority - 0.01);
  }, 900_000);
});
