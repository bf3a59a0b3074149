import { arange, type Backend, full, normal, randomKey, uniform, zeros } from "cotangent";
import { Vocabulary } from "cotangent/data";
import { AdversarialTree } from "cotangent/methods/sampling";
import { type Corpus, corpusInMemory } from "../corpus.js";
import type { FeatureSpace } from "../feature-space.js";
import { FlatExamples } from "../flat-examples.js";
import type { Noise } from "../model.js";
import type { Recipe } from "../recipe.js";
import { TrainingRun } from "../training-run.js";
import type { Scale } from "./comparison.js";
import type { Contender } from "./contenders.js";
import { medianOf } from "./trial.js";

/** Numbers of classes by default: powers of two, so that the adversarial softmax's tree needs no padding. */
export const CLASSES: readonly number[] = [2 ** 10, 2 ** 14, 2 ** 17];

const FEATURES = 4096;
const WORDS = 10;
const WARM_UP = 2;
/** Steps that are timed, one method after the other; and how many of a method that takes long, in seconds in all. */
const ROUNDS = 9;
const LEAST_ROUNDS = 3;
const MOST_SECONDS = 3;

/**
 * What a step of each method takes with so many classes, on made-up examples whose labels follow Zipf's law. Methods
 * take turns, so that what else the machine does falls on all of them.
 */
export async function measureScale(
  contenders: readonly Contender[],
  classes: number,
  backend: Backend,
  onRound: (round: number, rounds: number) => Promise<void>,
): Promise<Scale[]> {
  const space: FeatureSpace = { kind: "indices", count: FEATURES, firstIndex: 0, normalize: false };
  const tokens = Array.from({ length: classes }, (_, id) => String(id));
  const counts = tokens.map((_, id) => Math.max(1, Math.round(classes / (id + 1))));
  const labels = new Vocabulary(tokens, counts, null);
  const examples = await zipfExamples(classes);
  const started = contenders.map(({ name, recipe }) => {
    const held = backend.memory().bytes;
    const run = startedRun({ ...recipe, epochs: 1000 }, space, labels, backend);
    const corpus: Corpus = corpusInMemory(examples, { key: TrainingRun.orderKey(recipe), batchSize: recipe.batchSize });
    const bytes = backend.memory().bytes - held;
    return { method: name, run, steps: run.steps(corpus), times: [] as number[], bytes };
  });
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const one of started) {
      const spent = one.times.reduce((sum, time) => sum + time, 0);
      if (one.times.length >= LEAST_ROUNDS && spent > 1000 * MOST_SECONDS) continue;
      const before = backend.memory().bytes;
      const start = performance.now();
      await one.steps.next();
      if (round >= 0) one.times.push(performance.now() - start);
      one.bytes += backend.memory().bytes - before;
    }
    await onRound(round + WARM_UP + 1, ROUNDS + WARM_UP);
  }
  for (const { run, steps } of started) {
    await steps.return(undefined);
    run.dispose();
  }
  return started.map(({ method, times, bytes }) => ({ method, classes, stepTime: medianOf(times), bytes }));
}

/** A run at its start; the adversarial softmax with a tree that nothing was fitted for. */
function startedRun(recipe: Recipe, space: FeatureSpace, labels: Vocabulary, backend: Backend): TrainingRun {
  const isAdversarial = recipe.loss === "adversarial-softmax";
  const from = { position: { epoch: recipe.featureEpochs, batch: 0 }, noise: anyTree(recipe, labels.size, backend) };
  return new TrainingRun(recipe, space, labels, backend, isAdversarial ? from : {});
}

/** A full tree whose decisions are random. */
function anyTree({ treeFeatures, seed }: Recipe, classes: number, backend: Backend): Noise {
  const key = randomKey(seed, { backend });
  const ids = arange(classes, { backend });
  return {
    projection: normal(key.at("projection"), [FEATURES, treeFeatures]),
    offset: zeros([treeFeatures], { backend }),
    tree: new AdversarialTree({
      weights: normal(key.at("weights"), [classes, treeFeatures]),
      bias: zeros([classes], { backend }),
      forced: full([classes], 0, { backend, dtype: "i32" }),
      leafOfLabel: ids,
      labelOfLeaf: ids,
    }),
  };
}

async function zipfExamples(classes: number): Promise<FlatExamples> {
  const count = 4096;
  const key = randomKey(0);
  const words = await uniform(key.at("words"), [count * WORDS]).data();
  const draws = await uniform(key.at("labels"), [count]).data();
  const examples = new FlatExamples();
  for (let row = 0; row < count; row += 1) {
    const chosen = words.subarray(row * WORDS, (row + 1) * WORDS) as Float32Array;
    const indices = Uint32Array.from(new Set(chosen.map((u) => Math.floor(u * FEATURES)))).sort();
    const label = Math.min(classes - 1, Math.floor((classes + 1) ** draws[row]!) - 1);
    examples.push({ labels: [label], indices, values: new Float32Array(indices.length).fill(1 / WORDS) });
  }
  return examples;
}
