import {
  type Backend,
  cpu,
  csrMatmul,
  evaluate,
  type Key,
  leavesOf,
  normal,
  randomKey,
  type Tensor,
  tanh,
  tensor,
} from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { adagrad, adam, optimize } from "cotangent/methods/optimizers";
import { aliasSampler, sampledSoftmaxLoss } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../../support/law.js";

const steps = 200;
const classes = 300;
const tokens = 500;
const width = 16;
const batch = 32;

/** The CPU without double precision: samplers draw by the finest numbers that a backend has. */
function singleCpu(): Backend {
  return Object.assign(cpu(), { dtypes: gpu!.dtypes });
}

/** Where a run has come to. */
interface Course {
  readonly losses: readonly number[];
  readonly parameters: readonly ArrayLike<number>[];
}

async function valuesOf(tree: unknown): Promise<ArrayLike<number>[]> {
  return Promise.all(leavesOf<Tensor>(tree).map((leaf) => leaf.data()));
}

/** Initial values are drawn on the CPU for both: the curves are to be compared, not the last bit of a normal. */
function drawn(key: Key, shape: readonly number[], scale: number, backend: Backend): Promise<Tensor> {
  return normal(key, shape)
    .mul(scale)
    .data()
    .then((values) => tensor(values, { shape, backend }));
}

/** An embedding bag with sampled softmax and Adagrad: only rows that a batch names change. */
async function sampled(backend: Backend, count: number = steps): Promise<Course> {
  const key = randomKey(7);
  const parameters = {
    embedding: await drawn(key.at("embedding"), [tokens, width], 0.3, backend),
    weights: await drawn(key.at("weights"), [classes, width], 0.3, backend),
    bias: tensor(new Float32Array(classes), { backend }),
  };
  const sampler = aliasSampler({ weights: Array.from({ length: classes }, (_, i) => 1 / (i + 1)) });
  const loss = ({ embedding, ...table }: typeof parameters, rows: Rows, targets: Tensor<"i32">, draw: Key) =>
    sampledSoftmaxLoss(csrMatmul(rows, embedding), table, targets, sampler, draw, { negatives: 40, reduction: "mean" });
  const training = optimize(loss, parameters, adagrad({ learningRate: 0.3 }));
  const losses: number[] = [];
  const onDevice = randomKey(11, { backend });
  for (let step = 0; step < count; step++) {
    const { rows, targets } = batchOf(step, backend);
    losses.push(await training.step(rows, targets, onDevice.at("step", step)));
  }
  const course = { losses, parameters: await valuesOf(training.params) };
  training.dispose();
  return course;
}

interface Rows {
  readonly offsets: Tensor<"i32">;
  readonly columns: Tensor<"i32">;
  readonly values: Tensor;
}

/** Three or four tokens an example, one of which names its class: batches differ in length. */
function batchOf(step: number, backend: Backend): { readonly rows: Rows; readonly targets: Tensor<"i32"> } {
  const offsets = [0];
  const columns: number[] = [];
  const targets: number[] = [];
  for (let i = 0; i < batch; i++) {
    const number = step * batch + i;
    const target = Math.floor(classes * ((number * 0.6180339887) % 1) ** 2);
    targets.push(target);
    columns.push(target % tokens, (number * 31) % tokens, (number * 17) % tokens);
    if (number % 3 === 0) columns.push((number * 7) % tokens);
    offsets.push(columns.length);
  }
  const ids = (values: readonly number[]) => tensor(Int32Array.from(values), { backend });
  const values = tensor(new Float32Array(columns.length).fill(0.3), { backend });
  return { rows: { offsets: ids(offsets), columns: ids(columns), values }, targets: ids(targets) };
}

/** A dense network with Adam. */
async function dense(backend: Backend): Promise<Course> {
  const key = randomKey(3);
  const parameters = {
    first: await drawn(key.at("first"), [20, 33], 0.3, backend),
    second: await drawn(key.at("second"), [33, 10], 0.3, backend),
  };
  const inputs = await drawn(key.at("inputs"), [64, 20], 1, backend);
  const targets = tensor(
    Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 10),
    { backend },
  );
  const loss = ({ first, second }: typeof parameters) =>
    sparseSoftmaxCrossEntropy(tanh(inputs.matmul(first)).matmul(second), targets, { reduction: "mean" });
  const training = optimize(loss, parameters, adam({ learningRate: 0.01 }));
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) losses.push(await training.step());
  const course = { losses, parameters: await valuesOf(training.params) };
  training.dispose();
  return course;
}

function expectSameCourse(onDevice: Course, onCpu: Course): void {
  onCpu.losses.forEach((loss, step) => {
    expect(Math.abs(onDevice.losses[step] - loss), `loss of step ${step}`).toBeLessThan(1e-3 * loss + 1e-5);
  });
  onCpu.parameters.forEach((values, leaf) => {
    const scale = Math.max(...Array.from(values, Math.abs));
    const off = Array.from(values, (value, i) => Math.abs(value - onDevice.parameters[leaf][i]));
    expect(Math.max(...off), `parameter ${leaf}`).toBeLessThan(2e-3 * scale);
  });
}

describe.skipIf(gpu === undefined)(`training on the GPU${gpu === undefined ? ` (${noGpu})` : ""}`, () => {
  it.each([
    ["sampled softmax", sampled],
    ["a dense network", dense],
  ])("takes the course that it takes on the CPU: %s", async (_, train) => {
    const before = gpu!.memory();
    const [onDevice, onCpu] = [await train(gpu!), await train(singleCpu())];
    expect(onCpu.losses[steps - 1]).toBeLessThan(0.8 * onCpu.losses[0]);
    expectSameCourse(onDevice, onCpu);
    expect(gpu!.memory()).toEqual(before);
  });

  it("gives the same bits every time", async () => {
    const [once, again] = [await sampled(gpu!, 40), await sampled(gpu!, 40)];
    expect(again).toEqual(once);
  });

  it("draws the bits that the CPU draws", async () => {
    const draw = async (backend: Backend) => {
      const sampler = aliasSampler({ probabilities: [0.5, 0.25, 0.125, 0.125] });
      const drawn = sampler.draw(randomKey(5, { backend }), [1001]);
      return [...(await evaluate(drawn).data())];
    };
    expect(await draw(gpu!)).toEqual(await draw(singleCpu()));
  });
});
