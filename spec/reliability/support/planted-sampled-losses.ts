import {
  categorical,
  exp,
  gather,
  grad,
  type Key,
  log,
  logSumExp,
  randomKey,
  sqrt,
  stack,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import {
  type ConditionalSampler,
  expectedNceObjective,
  nceLoss,
  negativeSamplingLoss,
  RfSoftmaxSampler,
  rfSoftmaxLoss,
  type SampledSoftmaxLossOptions,
  selfNormalizedSoftmax,
} from "cotangent/methods/sampling";
import { exactKernelSampler } from "../../methods/sampling/support/exact-kernel.js";
import { lossOf, partition, partitionOf } from "../../methods/sampling/support/one-row.js";
import {
  chancesFor,
  drawn,
  f64,
  ids,
  inflated,
  misreporting,
  offBy,
  type Plant,
  type PlantedEstimator,
  scoresFor,
  shares,
  spoiledComponent,
  spoiledSampler,
  tampered,
} from "./planted-plant.js";

const classes = 3;
const tau = 3;

/** The label is never the last class, which is the one that is tampered with. */
const labelFrom = (uniform: () => number) => Math.floor(uniform() * (classes - 1));

const partitionEstimate = (name: string, options: SampledSoftmaxLossOptions): PlantedEstimator => ({
  name,
  kinds: ["factor", "chance", "log-probability", "dropped"],
  build: (uniform, plant) => {
    const scores = drawn(uniform, classes, -2, 2);
    const sampler = spoiledSampler(chancesFor(uniform, classes, plant), plant);
    const label = labelFrom(uniform);
    return {
      estimate: (key) => partitionOf(inflated(scores, plant), label, sampler, key, options),
      target: f64(partition(scores)),
    };
  },
});

/** Cross-entropy over all classes. */
const fullLoss = (label: number) => (o: Tensor) => logSumExp(o).sub(gather(o, ids(label)).sum());

const sampledGradient: PlantedEstimator = {
  name: "sampled softmax, loss and gradient where q is the softmax of the negatives",
  kinds: ["factor", "chance", "log-probability", "dropped", "component"],
  build: (uniform, plant) => {
    const scores = scoresFor(uniform, classes, plant);
    const label = labelFrom(uniform);
    const sampler = spoiledSampler(shares(scores.map(Math.exp).with(label, 0)), plant);
    const excess = tensor(inflated(scores, plant)).sub(tensor(scores));
    const loss = (key: Key) => (o: Tensor) => lossOf(o.add(excess), label, sampler, key, { negatives: 2 });
    return {
      estimate: (key) => {
        const { value, grad: slope } = valueAndGrad(loss(key))(tensor(scores));
        return { value, slope: spoiledComponent(slope, plant) };
      },
      target: { value: fullLoss(label)(tensor(scores)), slope: grad(fullLoss(label))(tensor(scores)) },
      place: "element 2 of tensor 1",
    };
  },
};

const selfNormalized: PlantedEstimator = {
  name: "self-normalized softmax, gradient where q is the softmax",
  kinds: ["chance", "log-probability", "dropped", "component"],
  build: (uniform, plant) => {
    const scores = scoresFor(uniform, classes, plant);
    const label = labelFrom(uniform);
    const sampler = spoiledSampler(shares(scores.map(Math.exp)), plant);
    return {
      estimate: (key) => {
        const picked = sampler.draw(key, 2);
        const logQ = sampler.logProbability(picked, { dtype: "f64" });
        const surrogate = (o: Tensor) =>
          selfNormalizedSoftmax(gather(o, ids(label)), stack([gather(o, picked)]), logQ).surrogate.sum();
        return spoiledComponent(grad(surrogate)(tensor(scores)), plant);
      },
      target: grad(fullLoss(label))(tensor(scores)),
      place: "element 2 of tensor 0",
    };
  },
};

/** A sampler that misreports whatever the input is. */
const misreportingGiven = (sampler: ConditionalSampler, plant?: Plant): ConditionalSampler => ({
  classes: sampler.classes,
  given: (hidden) => misreporting(sampler.given(hidden), plant),
});

const direction = (angle: number): [number, number] => [Math.cos(angle), Math.sin(angle)];
const rows = (list: readonly number[]) => tensor(Float64Array.from(list), { shape: [list.length / 2, 2] });

const kernelSoftmax: PlantedEstimator = {
  name: "RF-softmax, loss and gradient with an exact kernel",
  kinds: ["log-probability", "component"],
  build: (uniform, plant) => {
    const directions = [0.3, 1.4, 2.5].map((angle) => direction(angle + 0.2 * uniform()));
    const query = direction(0.8 + 0.2 * uniform());
    const sampler = exactKernelSampler(directions, [query], tau);
    const point = { h: rows(query), c: rows(directions.flat()) };
    const label = labelFrom(uniform);
    // what is held is of length 1, and its gradient goes through the normalization all the same
    const unit = (x: Tensor) => x.div(sqrt(x.mul(x).sum(1, { keepDims: true })));
    const full = (x: typeof point) =>
      fullLoss(label)(unit(x.c).matmul(unit(x.h).transpose()).mul(tau).reshape([classes]));
    const loss = (key: Key) => (x: typeof point) =>
      rfSoftmaxLoss(x.h, x.c, ids(label), misreportingGiven(sampler, plant), key, {
        negatives: 1,
        inverseTemperature: tau,
        reduction: "sum",
      });
    return {
      estimate: (key) => {
        const { value, grad: slope } = valueAndGrad(loss(key))(point);
        return { value, h: slope.h, c: spoiledComponent(slope.c, plant) };
      },
      target: { value: full(point), ...grad(full)(point) },
      place: "element 5 of tensor 2",
      dispose: () => sampler[Symbol.dispose](),
    };
  },
};

const randomFeatures: PlantedEstimator = {
  name: "RF-softmax, partition function with random features and a floor",
  kinds: ["log-probability"],
  build: (uniform, plant) => {
    const embeddings = rows(Array.from(drawn(uniform, classes, 0, 6)).flatMap(direction));
    const hidden = rows(direction(6 * uniform()));
    const options = { inverseTemperature: tau, frequencies: 2, floor: 0.1 };
    const sampler = new RfSoftmaxSampler(embeddings, randomKey(Math.floor(1e6 * uniform())), options);
    const label = labelFrom(uniform);
    const scores = embeddings.matmul(hidden.transpose()).mul(tau);
    return {
      estimate: (key) =>
        exp(
          rfSoftmaxLoss(hidden, embeddings, ids(label), misreportingGiven(sampler, plant), key, {
            negatives: 1,
            inverseTemperature: tau,
          }).add(gather(scores, ids(label)).sum()),
        ),
      target: exp(scores).sum(),
      dispose: () => sampler.dispose(),
    };
  },
};

const againstNoise = (name: string, isTold: boolean): PlantedEstimator => ({
  name,
  kinds: ["chance", "dropped", "component", ...(isTold ? (["log-probability"] as const) : [])],
  build: (uniform, plant) => {
    const data = tensor(chancesFor(uniform, classes));
    const stated = chancesFor(uniform, classes, plant);
    const [noise, real] = [tensor(stated), tensor(tampered(stated, plant))];
    const scores = tensor(drawn(uniform, classes, -2, 2));
    const reported = log(noise).add(offBy(ids(0, 1, 2), classes, plant));
    const loss = (positive: Tensor<"i32">, negatives: Tensor<"i32">) => (o: Tensor) => {
      const at = (table: Tensor) => ({ positive: gather(table, positive), noise: gather(table, negatives) });
      return (isTold ? nceLoss(at(o), at(reported)) : negativeSamplingLoss(at(o))).sum();
    };
    const objective = isTold ? ({} as const) : ({ objective: "negativeSampling" } as const);
    const full = valueAndGrad((o: Tensor) => expectedNceObjective(o, data, noise, { negatives: 2, ...objective }));
    return {
      estimate: (key) => {
        const positive = categorical(key.at("data"), log(data), [1]);
        const negatives = categorical(key.at("noise"), log(real), [1, 2]);
        const { value, grad: slope } = valueAndGrad(loss(positive, negatives))(scores);
        return { value, slope: spoiledComponent(slope, plant) };
      },
      target: { value: full(scores).value, slope: full(scores).grad },
      place: "element 2 of tensor 1",
    };
  },
});

/** Losses over classes that are drawn with replacement. */
export const sampledLosses: readonly PlantedEstimator[] = [
  partitionEstimate("sampled softmax, partition function, hits masked", { negatives: 1 }),
  partitionEstimate("sampled softmax, partition function, hits drawn again", {
    negatives: 1,
    hits: "resample",
    rounds: 2,
  }),
  sampledGradient,
  selfNormalized,
  kernelSoftmax,
  randomFeatures,
  againstNoise("negative sampling, loss and gradient", false),
  againstNoise("noise-contrastive estimation, loss and gradient", true),
];
