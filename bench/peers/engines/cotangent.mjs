// This library: `node cotangent.mjs cpu`, `… wasm 1`, `… wasm all`, `… webgpu`.
import { availableParallelism } from "node:os";
import * as ct from "cotangent";
import { linearSoftmaxCrossEntropy, sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { optimize, sgd } from "cotangent/methods/optimizers";
import { sampledSoftmaxLoss, uniformSampler } from "cotangent/methods/sampling";
import { serve } from "./serve.mjs";

const [name = "cpu", threads = "1"] = process.argv.slice(2);
const backend = await open();

async function open() {
  if (name === "cpu") return ct.cpu();
  const module = await import(`cotangent/backends/${name}`).catch(() => {
    throw new Error(`there is no cotangent/backends/${name}`);
  });
  if (name === "webgpu") return module.webgpu({ insist: true });
  return module.wasm({ threads: threads === "all" ? availableParallelism() : Number(threads) });
}

const tensor = (values, shape = [values.length]) => ct.tensor(values, { shape, backend });
const put = (values, shape) => ct.evaluate(tensor(values, shape));
const free = (tree) => {
  for (const leaf of ct.leavesOf(tree)) leaf.dispose();
};

/** Lets results go; on a device, once they are there: what is read afterwards comes after them. */
const done = name === "webgpu" ? doneOnDevice(ct.evaluate(tensor([1]).add(1))) : free;

function doneOnDevice(one) {
  return async (results) => {
    free(results);
    await one.data();
  };
}

/** A work that builds its graph anew each time, as a program does. */
function graph(build, name = "value") {
  return { run: () => done(ct.evaluate(build())), result: async () => ({ [name]: await build().data() }) };
}

function chain(f) {
  return ({ x, y }) => {
    const [a, b] = [put(x), y && put(y)];
    return { ...graph(() => f(a, b)), release: () => free(y ? [a, b] : [a]) };
  };
}

function valueAndGradients(build, args) {
  const step = ct.valueAndGrad(build);
  const sparse = ({ value, grad }) => ({
    value,
    grad: Object.fromEntries(Object.entries(grad).map(([name, of]) => [name, rowsIfSparse(of)])),
  });
  return {
    run: () => done(ct.evaluate(sparse(step(args)))),
    result: async () => {
      const { value, grad } = await ct.read(sparse(step(args)));
      return { value, ...grad };
    },
    release: () => free(args),
  };
}

/** Of a gradient that is zero but for some rows, those rows. */
function rowsIfSparse(gradient) {
  const found = ct.rowSparse(gradient);
  return found === undefined ? gradient : { ids: found.ids, rows: found.rows };
}

const full = ({ hidden, table, labels }, classes) => {
  const targets = ct.tensor(labels, { backend });
  // The fused loss holds no logits, but computes them twice: worth it where they would not fit the caches.
  const loss = ({ hidden, table }) =>
    classes >= 50_000
      ? linearSoftmaxCrossEntropy(hidden, table, undefined, targets).mean()
      : sparseSoftmaxCrossEntropy(hidden.matmul(table.transpose()), targets).mean();
  return valueAndGradients(loss, { hidden: put(hidden, [256, 64]), table: put(table, [classes, 64]) });
};

const sampled = ({ hidden, table, labels, ids }, classes) => {
  const targets = ct.tensor(labels, { backend });
  const negatives = ct.tensor(ids, { backend });
  const key = ct.randomKey(0, { backend });
  const sampler = { ...uniformSampler({ classes }), draw: () => negatives }; // the ones that all engines get
  const loss = ({ hidden, table }) =>
    sampledSoftmaxLoss(hidden, { weights: table }, targets, sampler, key, { negatives: 64 }).mean();
  return valueAndGradients(loss, { hidden: put(hidden, [256, 64]), table: put(table, [classes, 64]) });
};

const mlp = async (inputs) => {
  const x = put(inputs.x, [128, 784]);
  const labels = ct.tensor(inputs.labels, { backend });
  const first = {
    w1: tensor(inputs.w1, [784, 256]),
    b1: tensor(inputs.b1),
    w2: tensor(inputs.w2, [256, 10]),
    b2: tensor(inputs.b2),
  };
  const loss = ({ w1, b1, w2, b2 }) => {
    const activations = ct.maximum(x.matmul(w1).add(b1), 0);
    return sparseSoftmaxCrossEntropy(activations.matmul(w2).add(b2), labels).mean();
  };
  const training = optimize(loss, first, sgd({ learningRate: 0.1 }));
  return {
    run: () => training.step(),
    result: async () => {
      const losses = [];
      for (let step = 0; step < 5; step++) losses.push(await training.step());
      const { w1, b2 } = await ct.read(training.params);
      return { losses, w1: w1.map((value, i) => value - inputs.w1[i]), b2: b2.map((value, i) => value - inputs.b2[i]) };
    },
    release: () => {
      training.dispose();
      free(x);
    },
  };
};

const pair = ({ a, b }) => ({ a: put(a), b: put(b) });

const works = {
  matmul: ({ a, b }, n) => {
    const [left, right] = [put(a, [n, n]), put(b, [n, n])];
    return { ...graph(() => left.matmul(right)), release: () => free([left, right]) };
  },
  gelu: chain((x) => {
    const t = x.mul(1.5).add(0.25);
    const inner = t
      .mul(t)
      .mul(0.044715)
      .add(1)
      .mul(t)
      .mul(Math.sqrt(2 / Math.PI));
    return ct.tanh(inner).add(1).mul(t).mul(0.5);
  }),
  softplus: chain((x) => ct.softplus(x)),
  affineRelu: chain((x) => ct.maximum(x.mul(1.5).add(0.25), 0).mul(0.75)),
  gate: chain((x, y) => ct.sigmoid(x).mul(ct.tanh(y))),
  mlp,
  full,
  sampled,
  tiny: (inputs) => {
    const { a, b } = pair(inputs);
    return graph(() => a.add(b));
  },
  tinyGrad: (inputs) => valueAndGradients(({ a, b }) => a.add(b).sum(), pair(inputs)),
  ...("compile" in ct
    ? {
        tinyCompiled: (inputs) => {
          const { a, b } = pair(inputs);
          const add = ct.compile((a, b) => a.add(b));
          return { run: () => done(add(a, b)), result: async () => ({ value: await add(a, b).data() }) };
        },
      }
    : {}),
  sum: ({ x }) => {
    const values = put(x);
    return { ...graph(() => values.sum()), release: () => free([values]) };
  },
};

await serve({ version: "", works });
