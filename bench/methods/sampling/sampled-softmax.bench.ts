import { totalmem } from "node:os";
import b from "benny";
import { type Key, normal, randomInt, randomKey, type Tensor, tensor, zeros } from "cotangent";
import { linearSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adagrad, optimize } from "cotangent/methods/optimizers";
import { sampledSoftmaxLoss, uniformSampler } from "cotangent/methods/sampling";

// A training step: gather, loss, gradient, row-sparse Adagrad. It must not grow with the number of classes.
const width = 64;
const batch = 256;
const negatives = 64;
const key = randomKey(1);
const hidden = tensor(await normal(key.at("hidden"), [batch, width]).data(), { shape: [batch, width] });

type Table = { readonly weights: Tensor };

async function labelsOf(classes: number): Promise<Tensor<"i32">> {
  return tensor(await randomInt(key.at("labels"), [batch], classes).data());
}

async function sampledStep(classes: number): Promise<() => Promise<number>> {
  const labels = await labelsOf(classes);
  const sampler = uniformSampler({ classes });
  const loss = (table: Table, at: Key) => sampledSoftmaxLoss(hidden, table, labels, sampler, at, { negatives }).mean();
  const training = optimize(loss, { weights: zeros([classes, width]) }, adagrad({ learningRate: 0.1 }));
  let step = 0;
  return () => training.step(key.at("step", step++));
}

async function fullStep(classes: number): Promise<() => Promise<number>> {
  const labels = await labelsOf(classes);
  const loss = ({ weights }: Table) => linearSoftmaxCrossEntropy(hidden, weights, undefined, labels).mean();
  const training = optimize(loss, { weights: zeros([classes, width]) }, adagrad({ learningRate: 0.1 }));
  return () => training.step();
}

/** Milliseconds of one call. */
async function timed(step: () => Promise<number>): Promise<number> {
  const start = performance.now();
  await step();
  return performance.now() - start;
}

const median = (times: number[]) => times.sort((x, y) => x - y)[times.length >> 1];

/** Medians of steps taken in turn, so that a slow moment of the machine falls on all alike. */
async function scaling(): Promise<void> {
  const sizes = [1e4, 1e5, 1e6, ...(totalmem() > 16 * 2 ** 30 ? [1e7] : [])];
  const steps = await Promise.all(sizes.map(sampledStep));
  const times: number[][] = sizes.map(() => []);
  for (let round = 0; round < 60; round++) {
    for (const [i, step] of steps.entries()) {
      const time = await timed(step);
      if (round >= 10) times[i].push(time);
    }
  }
  const [first, ...others] = times.map(median);
  others.forEach((time, i) => {
    console.log(
      `sampled step at ${sizes[i + 1].toLocaleString("en")} classes / at 10,000: ${(time / first).toFixed(2)}`,
    );
  });
}

await b.suite(
  "a step with 10 000 classes",
  b.add("full softmax (baseline)", async () => fullStep(1e4)),
  b.add("sampled softmax, 64 negatives", async () => sampledStep(1e4)),
  b.cycle(),
  b.complete(),
);
await b.suite(
  "a step with 100 000 classes",
  b.add("full softmax (baseline)", async () => fullStep(1e5), { minSamples: 3 }),
  b.add("sampled softmax, 64 negatives", async () => sampledStep(1e5)),
  b.cycle(),
  b.complete(),
);
await scaling();
