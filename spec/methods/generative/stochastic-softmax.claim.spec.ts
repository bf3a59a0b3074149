import {
  broadcastTo,
  compile,
  evaluate,
  eye,
  grad,
  type Key,
  normal,
  randomKey,
  solve,
  type Tensor,
  tensor,
  transposeLast,
  zeros,
} from "cotangent";
import {
  movingAverageBaseline,
  sampleHard,
  sampleRelaxed,
  scoreFunctionGrad,
  spanningTreeSst,
} from "cotangent/methods/generative";
import { adam, applyUpdates } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { completeGraph } from "./support/structures.js";

const [nodes, steps, temperature] = [6, 300, 0.5];
const seeds = [0, 1, 2, 3, 4];
const edges = completeGraph(nodes);
const family = spanningTreeSst({ nodes });
const f64 = { dtype: "f64" } as const;

const incidence = tensor(
  Float64Array.from(
    edges.flatMap(([i, j]) => Array.from({ length: nodes }, (_, v) => Number(v === i) - Number(v === j))),
  ),
  { shape: [edges.length, nodes] },
);

/** What is left of signals s after they spread along the edges: (I + Λ(x))⁻¹ s, for each row of x. */
function diffused(x: Tensor, signals: Tensor): Tensor {
  const weighted = x.reshape([...x.shape, 1]).mul(incidence);
  const laplacian = transposeLast(weighted).matmul(broadcastTo(incidence, weighted.shape));
  const system = laplacian.add(eye(nodes, incidence));
  return solve(system, signals);
}

interface Problem {
  readonly signals: Tensor;
  readonly hidden: Tensor;
  readonly target: Tensor;
}

function problem(key: Key): Problem {
  const signals = evaluate(normal(key.at("signals"), [nodes, 8], f64));
  const hidden = evaluate(sampleHard(family, key.at("hidden"), zeros([edges.length], f64)).hard);
  return { signals, hidden, target: evaluate(diffused(hidden, signals)) };
}

/** The squared distance from what the hidden tree does, for each row of x. */
function loss(x: Tensor, { signals, target }: Problem): Tensor {
  const off = diffused(x, signals).sub(target);
  return off.mul(off).sum([-2, -1]);
}

interface Judged {
  /** Share of hidden edges. */
  readonly precision: number;
  readonly loss: number;
}

/** What hard samples are like on average. */
async function judge(theta: Tensor, task: Problem, key: Key): Promise<Judged> {
  const { hard } = sampleHard(family, key, broadcastTo(theta, [500, edges.length]));
  const precision = hard
    .mul(task.hidden)
    .sum(-1)
    .mean()
    .div(nodes - 1);
  return { precision: await precision.item(), loss: await loss(hard, task).mean().item() };
}

type Gradient = (
  theta: Tensor,
  utilities: Tensor,
  baseline: Tensor,
) => { readonly gradient: Tensor; readonly losses: Tensor };

/** θ after single-sample steps of Adam. */
async function trained(gradient: Gradient, key: Key): Promise<Tensor> {
  const optimizer = adam({ learningRate: 0.1 });
  const average = movingAverageBaseline({ decay: 0.95 });
  const start = zeros([edges.length], f64);
  const step = compile(
    (theta: Tensor, noise: Tensor, state: ReturnType<typeof optimizer.init>, seen: ReturnType<typeof average.init>) => {
      const { gradient: slope, losses } = gradient(theta, theta.add(noise), average.value(seen));
      const { updates, state: next } = optimizer.update(slope, state, theta);
      return { theta: applyUpdates(theta, updates), state: next, seen: average.update(seen, losses) };
    },
  );
  let held = evaluate({ theta: start, state: optimizer.init(start), seen: average.init(start) });
  for (let i = 0; i < steps; i++) {
    const noise = sampleHard(family, key.at(i), start).utilities;
    held = step(held.theta, noise, held.state, held.seen);
  }
  return held.theta;
}

const relaxedGradient =
  (task: Problem): Gradient =>
  (theta, utilities) => {
    const noise = utilities.sub(theta);
    const of = (x: Tensor) => loss(family.relaxed(x.add(noise), temperature), task).sum();
    return { gradient: grad(of)(theta), losses: of(theta) };
  };

const scoreGradient =
  (task: Problem): Gradient =>
  (theta, utilities, baseline) => {
    const losses = loss(family.hard(utilities), task);
    return { gradient: scoreFunctionGrad(family, utilities, theta, losses, { baseline }), losses };
  };

describe("sampleRelaxed on a hidden spanning tree", () => {
  const tree = `hidden spanning tree on ${nodes} nodes, ${edges.length} edges, t = ${temperature}`;

  it(
    "finds it, where the score function does not",
    async () => {
      const runs: { relaxed: Judged; score: Judged }[] = [];
      for (const seed of seeds) {
        const key = randomKey(seed);
        const task = problem(key.at("task"));
        const relaxed = await judge(await trained(relaxedGradient(task), key.at("relaxed")), task, key.at("judge"));
        const score = await judge(await trained(scoreGradient(task), key.at("score")), task, key.at("judge"));
        runs.push({ relaxed, score });
      }
      const each = (of: (run: (typeof runs)[number]) => Judged) =>
        runs
          .map(of)
          .map(({ precision, loss }) => `${percent(precision)} (${loss.toFixed(3)})`)
          .join(", ");
      tellClaim({
        method: "sampleRelaxed",
        claim: "Relaxed trees find a better optimum than score-function gradients with a baseline do.",
        run: `${tree}, ${steps} single-sample steps of Adam, seeds ${seeds.join(", ")}`,
        figure: `right edges (loss) ${each(({ relaxed }) => relaxed)}; score function ${each(({ score }) => score)}`,
        seen: runs.every(
          ({ relaxed, score }) =>
            relaxed.precision >= 0.99 && relaxed.loss <= 0.03 && score.precision < 0.98 && score.loss > 0.1,
        ),
      });
      for (const { relaxed, score } of runs) {
        expect(relaxed.precision).toBeGreaterThanOrEqual(0.99);
        expect(relaxed.loss).toBeLessThanOrEqual(0.03);
        expect(score.precision).toBeLessThan(0.98);
        expect(score.loss).toBeGreaterThan(0.1);
      }
    },
    120_000 * seeds.length,
  );

  it("has less than a fiftieth of the score function's variance at theta = 0", async () => {
    const key = randomKey(0);
    const task = problem(key.at("task"));
    const samples = 10_000;
    const theta = zeros([samples, edges.length], f64);
    const drawn = sampleRelaxed(family, key.at("variance"), theta, temperature);
    const noise = evaluate(drawn.utilities);
    const slopes = grad((x: Tensor) => loss(family.relaxed(x.add(noise), temperature), task).sum())(theta);
    const scores = scoreFunctionGrad(family, noise, theta, loss(drawn.hard, task));
    const variance = (g: Tensor) => {
      const off = g.sub(g.mean(0));
      return off.mul(off).mean(0).sum().item();
    };
    const [low, high] = [await variance(slopes), await variance(scores)];
    tellClaim({
      method: "sampleRelaxed",
      claim: "Its gradient has less than a fiftieth of the variance of the score function's without a baseline.",
      run: `${tree}, θ = 0, ${samples} samples, seed 0`,
      figure: `${low.toFixed(2)} against ${high.toFixed(0)}, summed over coordinates`,
      seen: high / low > 50,
    });
    expect(high / low).toBeGreaterThan(50);
  });
});
