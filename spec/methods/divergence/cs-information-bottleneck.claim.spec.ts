import {
  evaluate,
  gather,
  type Key,
  normal,
  permutation,
  randomKey,
  type Tensor,
  tanh,
  tensor,
  uniform,
} from "cotangent";
import { csInformationBottleneckLoss, normalizedCsMutualInformation } from "cotangent/methods/divergence";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { adam, optimize } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";

const long = process.env.COTANGENT_LONG === "1";
const [epochs, seeds, betas] = long ? [60, [0, 1], [0, 0.01, 0.1, 1]] : [12, [0], [0, 0.01, 1]];
/** In a fifth of the time compression has only begun. */
const most = long ? 0.5 : 0.9;
const [train, test, width, batch] = [1024, 1000, 8, 128];

/** Weights start small, as the usual uniform start has them; larger ones leave the code less time to compress. */
const gains = { gain: Math.sqrt(1 / 3), lastGain: Math.sqrt(1 / 3) };

interface Examples {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** y = sin 2x₁ and exponential noise, to be standardized by the training examples. */
async function drawn(key: Key): Promise<readonly [Examples, Examples]> {
  const parts: Examples[] = [];
  let [centre, deviation] = [0, 1];
  for (const [name, count] of [
    ["train", train],
    ["test", test],
  ] as const) {
    const x = await normal(key.at(name, 0), [count, width]).data();
    const noise = await uniform(key.at(name, 1), [count]).data();
    const y = Float32Array.from(noise, (u, i) => Math.sin(2 * x[i * width]) + 0.3 * (-Math.log(1 - u) - 1));
    if (name === "train") {
      centre = y.reduce((sum, value) => sum + value, 0) / count;
      deviation = Math.sqrt(y.reduce((sum, value) => sum + (value - centre) ** 2, 0) / count);
    }
    const standard = y.map((value) => (value - centre) / deviation);
    parts.push({ x: tensor(x, { shape: [count, width] }), y: tensor(standard, { shape: [count, 1] }) });
  }
  return [parts[0], parts[1]];
}

type Network = { readonly encoder: LinearParameters[]; readonly decoder: LinearParameters[] };

async function trained(beta: number, key: Key): Promise<{ readonly information: number; readonly error: number }> {
  const [fit, held] = await drawn(key.at("data"));
  const start: Network = {
    encoder: initMlp(key.at("encoder"), [width, 32, 4], gains),
    decoder: initMlp(key.at("decoder"), [4, 32, 1], gains),
  };
  const run = ({ encoder, decoder }: Network, x: Tensor) => {
    const codes = mlp(encoder, x, { activation: tanh });
    return { codes, predictions: mlp(decoder, codes, { activation: tanh }) };
  };
  const loss = (network: Network, ids: Tensor<"i32">) => {
    const x = gather(fit.x, ids);
    const { codes, predictions } = run(network, x);
    return csInformationBottleneckLoss(predictions, gather(fit.y, ids), x, codes, { beta });
  };
  using training = optimize(loss, start, adam({ learningRate: 3e-3 }));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = await permutation(key.at("order", epoch), train).data();
    for (let from = 0; from + batch <= train; from += batch) {
      await training.step(tensor(order.slice(from, from + batch)));
    }
  }
  const { codes, predictions } = evaluate(run(training.params, held.x));
  const information = await normalizedCsMutualInformation(held.x, codes).item();
  const away = predictions.sub(held.y);
  const error = Math.sqrt(await away.mul(away).mean().item());
  for (const part of [codes, predictions, fit.x, fit.y, held.x, held.y]) part.dispose();
  return { information, error };
}

describe("csInformationBottleneckLoss with skewed noise", () => {
  it("keeps less of the input as beta grows, with no greater error", async () => {
    const means: { information: number; error: number }[] = [];
    for (const beta of betas) {
      let [information, error] = [0, 0];
      for (const seed of seeds) {
        const result = await trained(beta, randomKey(seed));
        information += result.information / seeds.length;
        error += result.error / seeds.length;
      }
      means.push({ information, error });
    }
    const [first, last] = [means[0], means[means.length - 1]];
    const falls = means.every((at, i) => i === 0 || at.information <= 1.1 * means[i - 1].information);
    tellClaim({
      method: "csInformationBottleneckLoss",
      claim: "as β grows the code keeps less of the input, and a small β does not raise the error",
      run: `y = sin 2x₁ + skewed noise, ${train} examples, ${epochs} epochs of 60, β ${betas.join(", ")}, ${seeds.length} of 2 seeds`,
      figure: means.map((at) => `information ${at.information.toFixed(2)}, error ${at.error.toFixed(2)}`).join("; "),
      seen: falls && last.information <= most * first.information && means[1].error <= 1.05 * first.error,
    });
    expect(falls).toBe(true);
    expect(last.information).toBeLessThanOrEqual(most * first.information);
    expect(means[1].error).toBeLessThanOrEqual(1.05 * first.error);
  }, 600_000);
});
