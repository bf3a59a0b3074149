import { compile, evaluate, sigmoid, softplus, square, type Tensor, tensor, valueAndGrad, zeros } from "cotangent";
import { accuracyLoss, balancedAccuracyLoss, fBetaLoss } from "cotangent/methods/classification";
import { adam, applyUpdates } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { normals, uniforms } from "./support/gaussian-tasks.js";
import { meanOf } from "./support/noisy-labels.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2, 3, 4] : [0];
const width = 5;

interface Sample {
  readonly x: Tensor;
  readonly y: Int32Array;
}

/** 8 % positives, whose first two features are shifted by 1.2 and 0.8. */
function sample(next: () => number, count: number): Sample {
  const normal = normals(next);
  const y = Int32Array.from({ length: count }, () => Number(next() < 0.08));
  const x = Float32Array.from({ length: count * width }, (_, i) => {
    return normal() + y[Math.floor(i / width)] * ([1.2, 0.8][i % width] ?? 0);
  });
  return { x: tensor(x, { shape: [count, width] }), y };
}

interface Scores {
  readonly f1: number;
  readonly balanced: number;
}

type Loss = (logits: Tensor, labels: Tensor<"i32">, wanted: Tensor) => Tensor;
const losses = {
  entropy: (z, _, wanted) => softplus(z).sub(z.mul(wanted)).mean(),
  squares: (z, _, wanted) => square(sigmoid(z).sub(wanted)).mean(),
  f1: (z, labels) => fBetaLoss(sigmoid(z), labels),
  balanced: (z, labels) => balancedAccuracyLoss(sigmoid(z), labels),
  accuracy: (z, labels) => accuracyLoss(sigmoid(z), labels),
} satisfies Record<string, Loss>;

async function trained(loss: Loss, seed: number): Promise<Scores> {
  const next = uniforms(seed + 1);
  const [train, test] = [sample(next, 2000), sample(next, 4000)];
  const [labels, wanted] = [tensor(train.y), tensor(Float32Array.from(train.y))];
  const optimizer = adam({ learningRate: 0.02 });
  type Model = { weights: Tensor; bias: Tensor };
  const logits = ({ weights, bias }: Model, x: Tensor) => x.matmul(weights).reshape([x.shape[0]]).add(bias);
  const start: Model = { weights: zeros([width, 1]), bias: zeros([]) };
  const step = compile(
    ({ model, state }: { model: Model; state: ReturnType<typeof optimizer.init> }) => {
      const { grad } = valueAndGrad((now: Model) => loss(logits(now, train.x), labels, wanted))(model);
      const after = optimizer.update(grad, state, model);
      return { model: applyUpdates(model, after.updates), state: after.state };
    },
    { donate: [0] },
  );
  let held = evaluate({ model: start, state: optimizer.init(start) });
  for (let i = 0; i < 800; i++) held = step(held);
  const guess = Array.from(await logits(held.model, test.x).data(), (z) => Number(z > 0));
  const count = (label: number, of: number) =>
    test.y.reduce((sum, y, i) => sum + Number(y === label && guess[i] === of), 0);
  const [tp, fn, fp, tn] = [count(1, 1), count(1, 0), count(0, 1), count(0, 0)];
  return { f1: (2 * tp) / (2 * tp + fn + fp), balanced: (tp / (tp + fn) + tn / (tn + fp)) / 2 };
}

describe("anyLoss", () => {
  it("trains on what is reported, where one class is rare", async () => {
    const scores = async (loss: Loss): Promise<Scores> => {
      const all: Scores[] = [];
      for (const seed of seeds) all.push(await trained(loss, seed));
      return { f1: meanOf(all.map(({ f1 }) => f1)), balanced: meanOf(all.map(({ balanced }) => balanced)) };
    };
    const [entropy, squares] = [await scores(losses.entropy), await scores(losses.squares)];
    const [f1, balanced, accuracy] = [
      await scores(losses.f1),
      await scores(losses.balanced),
      await scores(losses.accuracy),
    ];
    const run = `linear model of 5 features, 8 % positives, 2000 examples, 800 full steps of Adam, threshold ½, ${seeds.length} seed(s)`;
    tellClaim({
      method: "fBetaLoss",
      claim: "Training on the F-score gives a better one than cross-entropy and squares do.",
      run,
      figure: `F1 ${percent(f1.f1)} against ${percent(entropy.f1)} (cross-entropy) and ${percent(squares.f1)} (squares); accuracyLoss ${percent(accuracy.f1)}`,
      seen: f1.f1 - entropy.f1 >= 0.08,
    });
    tellClaim({
      method: "balancedAccuracyLoss",
      claim: "Training on balanced accuracy gives a better one than cross-entropy does.",
      run,
      figure: `balanced accuracy ${percent(balanced.balanced)} against ${percent(entropy.balanced)}`,
      seen: balanced.balanced - entropy.balanced >= 0.08,
    });
    expect(f1.f1 - entropy.f1).toBeGreaterThanOrEqual(0.08);
    expect(balanced.balanced - entropy.balanced).toBeGreaterThanOrEqual(0.08);
  }, 120_000);
});
