import { createHash } from "node:crypto";
import {
  arange,
  type Backend,
  bernoulli,
  cast,
  full,
  gather,
  type Key,
  leavesOf,
  permutation,
  randomBits,
  randomInt,
  randomKey,
  sort,
  square,
  type Tensor,
  tanh,
  uniform,
} from "cotangent";
import { adagrad, adam, type Optimizer, optimize } from "cotangent/methods/optimizers";
import { aliasSampler, sampledSoftmaxLoss } from "cotangent/methods/sampling";

export interface Plan {
  /**
   * `mixed` has matrix products, exponentials and logarithms; `arithmetic` is made of +, −, ×, ÷, √, sums, gathered and
   * scattered rows, and order alone.
   */
  readonly kind: "mixed" | "arithmetic";
  readonly steps: number;
  /** Of parameters and gradients. Random numbers are drawn in f32, and so the same. */
  readonly dtype: "f32" | "f64";
}

/** What a training gave. */
export interface Trained {
  readonly losses: readonly number[];
  /** The values of each parameter. */
  readonly parameters: readonly (readonly number[])[];
  /** SHA-256 of the parameters and of the optimizer's state. */
  readonly hash: string;
}

// Large enough that rows, products and gradients are shared among threads.
const words = 200;
const width = 32;
const classes = 128;
const batch = 128;
const tokens = 8;
const negatives = 64;
/** The chance that dropout keeps a number. */
const stays = 0.75;

type Parameters = {
  readonly embedding: Tensor;
  readonly layer: Tensor;
  readonly weights: Tensor;
  readonly bias: Tensor;
};

/** Multiples of 2⁻²⁷: nothing is rounded, so that all backends start from the same numbers. */
function start(key: Key, dtype: Plan["dtype"]): Parameters {
  const drawn = (name: string, shape: readonly number[]) =>
    cast(uniform(key.at(name), shape).sub(0.5).mul(0.125), dtype);
  return {
    embedding: drawn("embedding", [words, width]),
    layer: drawn("layer", [width, width]),
    weights: drawn("weights", [classes, width]),
    bias: drawn("bias", [classes]),
  };
}

/** Bags of words, with dropout. */
function bagsOf({ embedding }: Parameters, key: Key): Tensor {
  const bag = gather(embedding, randomInt(key.at("words"), [batch, tokens], words)).sum(1);
  const chance = full([batch, width], stays, { dtype: "f32", backend: key.backend });
  const mask = cast(bernoulli(key.at("dropout"), chance), bag.dtype as Plan["dtype"]);
  return bag.mul(mask).div(stays);
}

/** A mean in which a row counts by its rank: the hardest most. */
function byRank(losses: Tensor): Tensor {
  const ranks = cast(arange(batch, { backend: losses.backend }), losses.dtype as Plan["dtype"]);
  return sort(losses)
    .mul(ranks)
    .sum()
    .mul(2 ** -13);
}

function lossOf(kind: Plan["kind"]): (parameters: Parameters, key: Key) => Tensor {
  if (kind === "mixed") {
    const sampler = aliasSampler({ weights: Array.from({ length: classes }, (_, i) => 1 / (i + 1)) });
    return (parameters, key) => {
      const targets = randomInt(key.at("targets"), [batch], classes);
      const hidden = tanh(bagsOf(parameters, key).matmul(parameters.layer));
      return byRank(sampledSoftmaxLoss(hidden, parameters, targets, sampler, key.at("negatives"), { negatives }));
    };
  }
  return (parameters, key) => {
    const ids = randomInt(key.at("targets"), [batch], classes);
    const rows = gather(parameters.weights, ids);
    const scores = bagsOf(parameters, key).mul(rows).sum(1).add(gather(parameters.bias, ids));
    return byRank(square(scores.sub(1)));
  };
}

/** Trains from a fixed seed. */
export async function trained(backend: Backend, { kind, steps, dtype }: Plan): Promise<Trained> {
  const key = randomKey(7, { backend });
  const rule = (kind === "mixed" ? adam({ learningRate: 0.003 }) : adagrad({ learningRate: 0.03 })) as Optimizer;
  const training = optimize(lossOf(kind), start(key, dtype), rule);
  const losses: number[] = [];
  for (let step = 0; step < steps; step += 1) losses.push(await training.step(key.at("step", step)));
  const parameters = await Promise.all(leavesOf<Tensor>(training.params).map((leaf) => leaf.data()));
  const state = await Promise.all(leavesOf<Tensor>(training.state).map((leaf) => leaf.data()));
  training.dispose();
  return { losses, parameters: parameters.map((values) => [...values]), hash: hashOf([...parameters, ...state]) };
}

/** What is drawn and counted in whole numbers, and in fractions that nothing is rounded in, as one hash. */
export async function drawn(backend: Backend): Promise<string> {
  const key = randomKey(11, { backend });
  const chance = full([5000], stays, { dtype: "f32", backend });
  const ids = randomInt(key.at("ids"), [5000], 1000);
  const values = await Promise.all([
    randomBits(key.at("bits"), [5001]).data(),
    uniform(key.at("uniform"), [5000]).data(),
    bernoulli(key.at("coins"), chance).data(),
    permutation(key.at("order"), 3000).data(),
    ids.data(),
    sort(ids).data(),
    ids.mul(ids).sum().data(),
  ]);
  return hashOf(values);
}

function hashOf(arrays: readonly ArrayBufferView[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}
