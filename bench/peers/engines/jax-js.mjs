// jax-js: `node jax-js.mjs wasm 1`, `… wasm all`, `… webgpu`. Each use of an array consumes it unless it is written `x.ref`.
import { readFileSync } from "node:fs";
import { serve } from "./serve.mjs";

const [name = "wasm", threads = "1"] = process.argv.slice(2);
const threaded = threads === "all";
if (threaded) (await import("./web-worker.mjs")).installWebWorker();
if (name === "webgpu") await import("./node-webgpu.mjs");
const { blockUntilReady, defaultDevice, init, jit, nn, numpy: np, tree, valueAndGrad } = await import("@jax-js/jax");
if (!(await init(name)).includes(name)) throw new Error(`its ${name} does not start here`);
defaultDevice(name);

const manifest = new URL("../node_modules/@jax-js/jax/package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8"));

const put = (values, shape) => np.array(values, { shape: shape ?? [values.length] });
const integers = (values) => np.array(values, { shape: [values.length], dtype: np.int32 });
const free = (held) => tree.dispose(held);

async function run(build) {
  const result = build();
  await blockUntilReady(result);
  free(result);
}

function graph(build, held) {
  return { run: () => run(build), result: async () => ({ value: await build().data() }), release: () => free(held) };
}

function chain(f) {
  const compiled = jit(f);
  return ({ x, y }) => {
    const held = [x, y].filter(Boolean).map((values) => put(values));
    return graph(() => compiled(...held.map((array) => array.ref)), held);
  };
}

/** Held arrays are consumed by each call, so it gets new references. */
function valueAndGradients(loss, held, { compile = true } = {}) {
  const names = Object.keys(held);
  const positional = (...args) => loss(Object.fromEntries(args.map((array, i) => [names[i], array])));
  const differentiated = valueAndGrad(positional, { argnums: names.map((_, i) => i) });
  const step = compile ? jit(differentiated) : differentiated;
  const build = () => step(...names.map((name) => held[name].ref));
  return {
    run: () => run(build),
    result: async () => {
      const [value, gradients] = build();
      const parts = { value: await value.data() };
      for (const [i, name] of names.entries()) parts[name] = await gradients[i].data();
      return parts;
    },
    release: () => free(held),
  };
}

/** One-hot rows over minus their number: what cross-entropy takes the mean by. A gather's gradient can't be compiled. */
function targetsOf(labels, classes) {
  const values = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) values[i * classes + label] = -1 / labels.length;
  return put(values, [labels.length, classes]);
}

const full = ({ hidden, table, labels }, classes) => {
  const targets = targetsOf(labels, classes);
  const loss = ({ hidden, table }) => nn.logSoftmax(np.matmul(hidden, table.transpose())).mul(targets.ref).sum();
  return valueAndGradients(loss, { hidden: put(hidden, [256, 64]), table: put(table, [classes, 64]) });
};

const sampled = ({ hidden, table, labels, ids }, classes) => {
  const [targets, negatives] = [integers(labels), integers(ids)];
  const isHit = Array.from({ length: 256 * 64 }, (_, i) => labels[i >> 6] === ids[i & 63]);
  const correction = put(
    Float32Array.from(isHit, (hit) => (hit ? -1e30 : -Math.log(64 / classes))),
    [256, 64],
  );
  const loss = ({ hidden, table }) => {
    const target = hidden.ref.mul(np.take(table.ref, targets.ref, 0)).sum(1, { keepdims: true });
    const scores = np.matmul(hidden, np.take(table, negatives.ref, 0).transpose()).add(correction.ref);
    return nn
      .logsumexp(np.concatenate([target.ref, scores], 1), 1, { keepdims: true })
      .sub(target)
      .mean();
  };
  const held = { hidden: put(hidden, [256, 64]), table: put(table, [classes, 64]) };
  return valueAndGradients(loss, held, { compile: false }); // as above; compiled, it would make one-hots of all classes
};

const mlp = (inputs) => {
  const x = put(inputs.x, [128, 784]);
  const targets = targetsOf(inputs.labels, 10);
  const loss = ({ w1, b1, w2, b2 }, x, targets) => {
    const activations = nn.relu(np.matmul(x, w1).add(b1));
    return nn.logSoftmax(np.matmul(activations, w2).add(b2)).mul(targets).sum();
  };
  const step = jit((params, x, targets) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(params), x, targets);
    return [value, tree.map((param, gradient) => param.sub(gradient.mul(0.1)), params, gradients)];
  });
  let params = {
    w1: put(inputs.w1, [784, 256]),
    b1: put(inputs.b1),
    w2: put(inputs.w2, [256, 10]),
    b2: put(inputs.b2),
  };
  const train = async () => {
    const [value, next] = step(params, x.ref, targets.ref);
    params = next;
    await blockUntilReady(next);
    const [loss] = await value.data();
    return loss;
  };
  return {
    run: train,
    result: async () => {
      const losses = [];
      for (let i = 0; i < 5; i++) losses.push(await train());
      const moved = async (array, from) => (await array.ref.data()).map((value, i) => value - from[i]);
      return { losses, w1: await moved(params.w1, inputs.w1), b2: await moved(params.b2, inputs.b2) };
    },
    release: () => free([x, targets, params]),
  };
};

/** A tiny operation is computed by reading it, the one way that needs no promise; with workers there is none. */
function tinyGraph(build, held) {
  return { ...graph(build, held), run: threaded ? () => build().data() : () => void build().dataSync() };
}

const pair = ({ a, b }) => ({ a: put(a), b: put(b) });
const addition = (inputs, f) => {
  const { a, b } = pair(inputs);
  return tinyGraph(() => f(a.ref, b.ref), [a, b]);
};
const addCompiled = jit((a, b) => a.add(b));

const works = {
  matmul: ({ a, b }, n) => {
    const [left, right] = [put(a, [n, n]), put(b, [n, n])];
    return graph(() => np.matmul(left.ref, right.ref), [left, right]);
  },
  gelu: chain((x) => nn.gelu(x.mul(1.5).add(0.25), { approximate: true })),
  softplus: chain((x) => nn.softplus(x)),
  affineRelu: chain((x) => nn.relu(x.mul(1.5).add(0.25)).mul(0.75)),
  gate: chain((x, y) => nn.sigmoid(x).mul(np.tanh(y))),
  mlp,
  full,
  sampled,
  tiny: (inputs) => addition(inputs, (a, b) => a.add(b)),
  tinyGrad: (inputs) => {
    const held = pair(inputs);
    const step = valueAndGrad((a, b) => a.add(b).sum(), { argnums: [0, 1] });
    const work = valueAndGradients(({ a, b }) => a.add(b).sum(), held, { compile: false });
    const now = () => {
      const [value, gradients] = step(held.a.ref, held.b.ref);
      for (const array of [value, ...gradients]) array.dataSync();
    };
    return threaded ? work : { ...work, run: now };
  },
  tinyCompiled: (inputs) => addition(inputs, addCompiled),
  sum: ({ x }) => {
    const values = put(x);
    return graph(() => values.ref.sum(), [values]);
  },
};

await serve({ version, works });
