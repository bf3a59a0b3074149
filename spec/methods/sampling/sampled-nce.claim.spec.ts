import {
  exp,
  full,
  gather,
  type Key,
  log,
  logSoftmax,
  logSumExp,
  normal,
  randomKey,
  type Tensor,
  takeAlongAxis,
  tensor,
} from "cotangent";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import { aliasSampler, sampledNceLoss, unigramPower } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { markovBigrams } from "./support/bigrams.js";

// The sizes of the claim take minutes on the CPU backend: they run where COTANGENT_LONG is set.
const isLong = process.env.COTANGENT_LONG !== undefined;
const size = isLong
  ? { words: 500, train: 180_000, test: 20_000, width: 32, negatives: 25, batch: 128, steps: 6000 }
  : { words: 60, train: 40_000, test: 5_000, width: 12, negatives: 15, batch: 64, steps: 800 };

type Model = { before: Tensor; after: Tensor; bias: Tensor };
type Loss = (model: Model, x: Tensor<"i32">, y: Tensor<"i32">, key: Key) => Tensor;

const scoresOf = ({ before, after, bias }: Model, x: Tensor<"i32">) =>
  gather(before, x).matmul(after.transpose()).add(bias);

function softmaxLoss(model: Model, x: Tensor<"i32">, y: Tensor<"i32">): Tensor {
  return takeAlongAxis(logSoftmax(scoresOf(model, x)), y.reshape([-1, 1]))
    .mean()
    .neg();
}

describe("noise-contrastive estimation of a Markov chain of words", () => {
  it(
    "is as good as the full softmax and normalizes itself; negative sampling is neither until log p_n is added",
    async () => {
      const { words, train, test, width, batch, steps } = size;
      const key = randomKey(1);
      const chain = await markovBigrams(key, words, train + test);
      const counts = new Float64Array(words);
      for (const word of chain.subarray(1, train)) counts[word]++;
      const noise = unigramPower(counts);
      const sampler = aliasSampler({ probabilities: noise });
      const pairs = (from: number, count: number) => ({
        x: tensor(chain.slice(from, from + count)),
        y: tensor(chain.slice(from + 1, from + count + 1)),
      });
      const heldOut = pairs(train, test - 1);

      const sampled = (objective: "nce" | "negativeSampling"): Loss => {
        return ({ before, after, bias }, x, y, step) =>
          sampledNceLoss(gather(before, x), { weights: after, bias }, y, sampler, step, {
            negatives: size.negatives,
            objective,
            reduction: "mean",
          });
      };
      const trained = async (loss: Loss, startBias: number) => {
        const start = {
          before: normal(key.at("a"), [words, width]).mul(0.1),
          after: normal(key.at("b"), [words, width]).mul(0.1),
          bias: full([words], startBias),
        };
        using training = optimize(loss, start, adagrad({ learningRate: 0.1 }));
        for (let step = 0; step < steps; step++) {
          const { x, y } = pairs((step * 7919 * batch) % (train - batch - 1), batch);
          await training.step(x, y, key.at("noise", step));
        }
        const scores = scoresOf(training.params, heldOut.x);
        const shifted = scores.add(log(tensor(Float32Array.from(noise))));
        return {
          perplexity: await perplexityOf(scores),
          corrected: await perplexityOf(shifted),
          total: await exp(logSumExp(scores, 1)).mean().item(),
        };
      };
      const perplexityOf = (scores: Tensor) =>
        exp(
          takeAlongAxis(logSoftmax(scores), heldOut.y.reshape([-1, 1]))
            .mean()
            .neg(),
        ).item();

      const complete = await trained(softmaxLoss, 0);
      const nce = await trained(sampled("nce"), -Math.log(words));
      const negative = await trained(sampled("negativeSampling"), 0);
      const gap = negative.perplexity - nce.perplexity;
      const closed = (negative.perplexity - negative.corrected) / gap;
      const about = {
        method: "sampledNceLoss",
        run: `Markov chain of ${words} words, ${train} training and ${test} test words, ${width} dimensions, ${size.negatives} negatives, ${steps} steps of ${batch}, seed 1`,
      };
      tellClaim({
        ...about,
        claim: "Noise-contrastive estimation comes within 1.1 times the perplexity of a full softmax.",
        figure: `test perplexity ${nce.perplexity.toFixed(1)}, full softmax ${complete.perplexity.toFixed(1)}`,
        seen: nce.perplexity <= 1.1 * complete.perplexity,
      });
      tellClaim({
        ...about,
        claim: "It normalizes itself, and negative sampling does not.",
        figure: `mean partition function ${nce.total.toFixed(2)}, of negative sampling ${negative.total.toFixed(2)}`,
        seen: nce.total > 0.9 && nce.total < 1.1 && (negative.total < 0.5 || negative.total > 2),
      });
      tellClaim({
        ...about,
        claim: "Negative sampling models something else: adding log p_n closes 80 % of the gap or more.",
        figure: `test perplexity ${negative.perplexity.toFixed(1)}, with log p_n ${negative.corrected.toFixed(1)}: ${percent(closed)} of the gap to ${nce.perplexity.toFixed(1)}`,
        seen: negative.perplexity >= 1.5 * nce.perplexity && closed >= 0.8,
      });
      expect(nce.perplexity).toBeLessThanOrEqual(1.1 * complete.perplexity);
      expect(nce.total).toBeGreaterThan(0.9);
      expect(nce.total).toBeLessThan(1.1);
      expect(negative.total < 0.5 || negative.total > 2).toBe(true);
      expect(negative.perplexity).toBeGreaterThanOrEqual(1.5 * nce.perplexity);
      expect(negative.perplexity - negative.corrected).toBeGreaterThanOrEqual(0.8 * gap);
    },
    isLong ? 3_600_000 : 300_000,
  );
});
