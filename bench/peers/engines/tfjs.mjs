// TensorFlow.js: `node tfjs.mjs cpu`, `… wasm 1`, `… wasm all`, `… webgpu`.
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { serve } from "./serve.mjs";

const [name = "cpu", threads = "1"] = process.argv.slice(2);
const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
setWasmPaths(`${dirname(main)}/`);
if (threads !== "1") {
  // Its authors leave the flag off in Node, where the threaded build did not start; see whether it does today.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  setThreadsCount(availableParallelism());
}
const isOnDevice = name === "webgpu";
if (isOnDevice) {
  await import("./node-webgpu.mjs");
  await import("@tensorflow/tfjs-backend-webgpu");
}
if (!(await tf.setBackend(name))) throw new Error(`its ${name} does not start here with threads: ${threads}`);
tf.enableProdMode();

const free = (tensors) => tf.dispose(tensors);

/** Lets results go; on a device, once they are there. */
const done = isOnDevice ? doneOnDevice : free;

async function doneOnDevice(results) {
  free(results);
  const backend = tf.backend();
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.queue.onSubmittedWorkDone();
}

function graph(build, held) {
  return {
    run: () => done(tf.tidy(build)),
    result: async () => {
      const value = tf.tidy(build);
      const parts = { value: await value.data() };
      free(value);
      return parts;
    },
    release: () => free(held),
  };
}

function valueAndGradients(build, named) {
  const names = Object.keys(named);
  const step = tf.valueAndGrads((...held) => build(Object.fromEntries(held.map((tensor, i) => [names[i], tensor]))));
  const all = Object.values(named);
  const compute = () => tf.tidy(() => step(all));
  return {
    run: () => done(compute()),
    result: async () => {
      const { value, grads } = compute();
      const parts = { value: await value.data() };
      for (const [i, part] of names.entries()) parts[part] = await grads[i].data();
      free({ value, grads });
      return parts;
    },
    release: () => free(named),
  };
}

function chain(f) {
  return ({ x, y }) => {
    const held = [x, y].filter(Boolean).map((values) => tf.tensor1d(values));
    return graph(() => f(...held), held);
  };
}

const full = ({ hidden, table, labels }, classes) => {
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), classes).cast("float32"));
  const loss = ({ hidden, table }) => tf.losses.softmaxCrossEntropy(targets, tf.matMul(hidden, table, false, true));
  const held = { hidden: tf.tensor2d(hidden, [256, 64]), table: tf.tensor2d(table, [classes, 64]) };
  return { ...valueAndGradients(loss, held), release: () => free([held, targets]) };
};

/**
 * Rows of a table. The gradient of gather has no kernel in wasm, and loops over all classes on the cpu, where a product
 * with one-hots does; on a device it transposes the table's gradient twice, where adding rows to zeros does.
 */
function rowsOf(ids, classes) {
  if (!isOnDevice) return (table) => tf.matMul(tf.oneHot(ids, classes).cast("float32"), table);
  const places = ids.expandDims(1);
  return tf.customGrad((table) => ({
    value: tf.gather(table, ids),
    gradFunc: (grad) => tf.scatterND(places, grad, table.shape),
  }));
}

const sampled = ({ hidden, table, labels, ids }, classes) => {
  const all = tf.tensor1d(Int32Array.of(...labels, ...ids), "int32");
  const isHit = Uint8Array.from({ length: 256 * 64 }, (_, i) => (labels[i >> 6] === ids[i & 63] ? 1 : 0));
  const correction = tf.tensor2d(
    Float32Array.from(isHit, (hit) => (hit ? -1e30 : -Math.log(64 / classes))),
    [256, 64],
  );
  const taken = rowsOf(all, classes);
  const loss = ({ hidden, table }) => {
    const rows = taken(table);
    const target = tf.sum(tf.mul(hidden, tf.slice(rows, [0, 0], [256, 64])), 1, true);
    const scores = tf.add(tf.matMul(hidden, tf.slice(rows, [256, 0], [64, 64]), false, true), correction);
    return tf.mean(tf.sub(tf.logSumExp(tf.concat([target, scores], 1), 1, true), target));
  };
  return valueAndGradients(loss, {
    hidden: tf.tensor2d(hidden, [256, 64]),
    table: tf.tensor2d(table, [classes, 64]),
  });
};

const mlp = (inputs) => {
  const x = tf.tensor2d(inputs.x, [128, 784]);
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d(inputs.labels, "int32"), 10).cast("float32"));
  const w1 = tf.variable(tf.tensor2d(inputs.w1, [784, 256]));
  const b1 = tf.variable(tf.tensor1d(inputs.b1));
  const w2 = tf.variable(tf.tensor2d(inputs.w2, [256, 10]));
  const b2 = tf.variable(tf.tensor1d(inputs.b2));
  const optimizer = tf.train.sgd(0.1);
  const loss = () =>
    tf.losses.softmaxCrossEntropy(targets, tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(x, w1), b1)), w2), b2));
  const stepOnHost = () => {
    const cost = optimizer.minimize(loss, true);
    const [value] = cost.dataSync();
    cost.dispose();
    return value;
  };
  const stepOnDevice = async () => {
    const cost = optimizer.minimize(loss, true);
    const [value] = await cost.data();
    cost.dispose();
    return value;
  };
  const step = isOnDevice ? stepOnDevice : stepOnHost; // a promise would cost the host time
  return {
    run: step,
    result: async () => {
      const losses = [];
      for (let i = 0; i < 5; i++) losses.push(await step());
      const moved = async (variable, from) => (await variable.data()).map((value, i) => value - from[i]);
      return { losses, w1: await moved(w1, inputs.w1), b2: await moved(b2, inputs.b2) };
    },
    release: () => free([x, targets, w1, b1, w2, b2]),
  };
};

const pair = ({ a, b }) => ({ a: tf.tensor1d(a), b: tf.tensor1d(b) });

const works = {
  matmul: ({ a, b }, n) => {
    const held = [a, b].map((values) => tf.tensor2d(values, [n, n]));
    return graph(() => tf.matMul(...held), held);
  },
  gelu: chain((x) => {
    const t = tf.add(tf.mul(x, 1.5), 0.25);
    const inner = tf.mul(tf.mul(tf.add(tf.mul(tf.square(t), 0.044715), 1), t), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(tf.add(tf.tanh(inner), 1), t), 0.5);
  }),
  softplus: chain((x) => tf.softplus(x)),
  affineRelu: chain((x) => tf.mul(tf.relu(tf.add(tf.mul(x, 1.5), 0.25)), 0.75)),
  gate: chain((x, y) => tf.mul(tf.sigmoid(x), tf.tanh(y))),
  mlp,
  full,
  sampled,
  tiny: (inputs) => {
    const { a, b } = pair(inputs);
    return { ...graph(() => tf.add(a, b), [a, b]), run: () => tf.add(a, b).dispose() };
  },
  tinyGrad: (inputs) => valueAndGradients(({ a, b }) => tf.sum(tf.add(a, b)), pair(inputs)),
  sum: ({ x }) => {
    const values = tf.tensor1d(x);
    return graph(() => tf.sum(values), values);
  },
};

await serve({ version: tf.version.tfjs, works });
