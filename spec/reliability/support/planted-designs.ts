import {
  categorical,
  choice,
  equal,
  full,
  gather,
  grad,
  type Key,
  log,
  logSoftmax,
  logSumExp,
  softmax,
  type Tensor,
  tensor,
  valueAndGrad,
  where,
} from "cotangent";
import { bernoulliSst, leaveOneOutBaseline, scoreFunctionGrad, straightThrough } from "cotangent/methods/generative";
import { orderedSgdWeights, owlLoss, stochasticNegativeMiningLoss } from "cotangent/methods/ranking";
import { type CandidateSampler, poissonSampler } from "cotangent/methods/sampling";
import { gaussLegendre } from "../../methods/generative/support/quadrature.js";
import { partition, partitionOf } from "../../methods/sampling/support/one-row.js";
import {
  chancesFor,
  drawn,
  f64,
  ids,
  inflated,
  offBy,
  type Plant,
  type PlantedEstimator,
  scoresFor,
  sizeOf,
  spoiledComponent,
  tampered,
} from "./planted-plant.js";

/** m distinct classes, all sets equally likely when nothing is planted: π = m / C. */
function simpleRandom(classes: number, plant?: Plant): CandidateSampler {
  const weights = tensor(tampered(new Float64Array(classes).fill(1), plant));
  return {
    classes,
    candidates: (key, [m]) => {
      const drawnIds = choice(key, weights, m, { replace: false });
      const logInclusion = full([m], Math.log(m / classes), { dtype: "f64" });
      return { ids: drawnIds, logExpectedCount: logInclusion.add(offBy(drawnIds, classes, plant)) };
    },
  };
}

/** Draws by one Poisson design and reports the inclusion probabilities of another. */
function spoiledPoisson(weights: Float64Array, plant?: Plant): CandidateSampler {
  const [honest, drawing] = [poissonSampler({ weights }), poissonSampler({ weights: tampered(weights, plant) })];
  return {
    classes: weights.length,
    candidates: (key, shape, like) => {
      const { ids: all, logExpectedCount } = drawing.candidates(key, shape, like);
      const stated = honest.candidates(key, shape, like).logExpectedCountOf!(all).add(
        offBy(all, weights.length, plant),
      );
      const isOut = equal(logExpectedCount, Number.POSITIVE_INFINITY);
      return { ids: all, logExpectedCount: where(isOut, Number.POSITIVE_INFINITY, stated) };
    },
  };
}

const withDesign = (
  name: string,
  kinds: PlantedEstimator["kinds"],
  design: (uniform: () => number, plant?: Plant) => CandidateSampler,
): PlantedEstimator => ({
  name,
  kinds,
  build: (uniform, plant) => {
    const scores = drawn(uniform, 4, -2, 2);
    const sampler = design(uniform, plant);
    const label = Math.floor(3 * uniform());
    return {
      estimate: (key) => partitionOf(inflated(scores, plant), label, sampler, key, { negatives: 2 }),
      target: f64(partition(scores)),
    };
  },
});

const mining: PlantedEstimator = {
  name: "stochastic negative mining, loss and gradient",
  kinds: ["chance", "component"],
  build: (uniform, plant) => {
    const scores = tensor(drawn(uniform, 4, -2, 2));
    const weights = tensor(tampered(new Float64Array(3).fill(1), plant));
    const theta = orderedSgdWeights({ examples: 3, batch: 2, kept: 1 });
    const form = "logistic";
    const target = valueAndGrad((o: Tensor) => owlLoss(o.reshape([1, 4]), ids(0), theta, { form }).sum())(scores);
    return {
      estimate: (key) => {
        const others = choice(key, weights, 2, { replace: false }).add(1);
        const { value, grad: slope } = valueAndGrad((o: Tensor) =>
          stochasticNegativeMiningLoss(gather(o, ids(0)), gather(o, others).reshape([1, 2]), {
            hardest: 1,
            form,
          }).sum(),
        )(scores);
        return { value, slope: spoiledComponent(slope, plant) };
      },
      target: { value: target.value, slope: target.grad },
      place: "element 3 of tensor 1",
    };
  },
};

/** The noise is a node of a quadrature that is exact for the score, so that its mean over nodes is that over noise. */
const gateScore: PlantedEstimator = {
  name: "score function of a gate",
  kinds: ["factor", "chance", "dropped"],
  build: (uniform, plant) => {
    const opens = sizeOf(plant, "dropped") || 0.2 + 0.6 * uniform();
    const theta = Math.log(opens / (1 - opens));
    const losses = drawn(uniform, 2, -2, 2);
    const points = [gaussLegendre(0, 1 - opens), gaussLegendre(1 - opens, 1)].flat();
    const often = points.map(({ weight }, i) => (i < 2 ? weight : weight * (1 + sizeOf(plant, "chance"))));
    const real = log(f64(...often.map((weight, i) => (i >= 2 && sizeOf(plant, "dropped") > 0 ? 0 : weight))));
    const utilities = f64(...points.map(({ at }) => theta + Math.log(at / (1 - at)))).reshape([4, 1]);
    const paid = f64(losses[0], losses[0], losses[1], losses[1] * (1 + sizeOf(plant, "factor")));
    return {
      estimate: (key) => {
        const node = categorical(key, real, [1]);
        const at = full([1, 1], theta, { dtype: "f64" });
        return scoreFunctionGrad(bernoulliSst(), gather(utilities, node), at, gather(paid, node), { baseline: 0.7 });
      },
      target: f64(opens * (1 - opens) * (losses[1] - losses[0])),
    };
  },
};

const leaveOneOut: PlantedEstimator = {
  name: "REINFORCE with a leave-one-out baseline",
  kinds: ["factor", "chance", "dropped", "component"],
  build: (uniform, plant) => {
    const theta = tensor(scoresFor(uniform, 3, plant));
    const real = tensor(tampered(new Float64Array(3).fill(1), plant));
    const table = tensor(drawn(uniform, 3, -2, 2));
    return {
      estimate: (key) => {
        const picked = categorical(key, theta.add(log(real)), [2]);
        const losses = gather(table, picked);
        // a baseline that has a share of the sample's own loss in it is not independent of the sample
        const baseline = leaveOneOutBaseline(losses).add(losses.mul(sizeOf(plant, "factor")));
        const surrogate = (o: Tensor) => gather(logSoftmax(o, 0), picked).mul(losses.sub(baseline)).mean();
        return spoiledComponent(grad(surrogate)(theta), plant);
      },
      target: grad((o: Tensor) => softmax(o, 0).mul(table).sum())(theta),
      place: "element 2 of tensor 0",
    };
  },
};

/** The straight-through gradient is biased: what it is on average is known, and that is what it is held against. */
export function straightThroughProblem(
  uniform: () => number,
  plant?: Plant,
): { readonly estimate: (key: Key) => Tensor; readonly onAverage: Tensor; readonly trueGradient: Tensor } {
  const theta = tensor(scoresFor(uniform, 3, plant));
  const mix = tensor(drawn(uniform, 9, -2, 2), { shape: [3, 3] });
  const loss = (z: Tensor) => logSumExp(z.matmul(mix), 1); // [rows, 3] to [rows]
  const corners = tensor(Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), { shape: [3, 3] });
  const slopes = grad((z: Tensor) => loss(z).sum())(corners); // row x: the slope at the corner x
  const meanSlope = softmax(theta, 0).reshape([1, 3]).matmul(slopes).reshape([3]);
  const real = log(tensor(tampered(new Float64Array(3).fill(1), plant)));
  return {
    estimate: (key) => {
      const hard = gather(corners, categorical(key, theta.add(real), [1]));
      const through = (o: Tensor) => loss(straightThrough({ hard, relaxed: softmax(o.reshape([1, 3]), 1) })).sum();
      return spoiledComponent(grad(through)(theta), plant);
    },
    onAverage: grad((o: Tensor) => softmax(o, 0).mul(meanSlope).sum())(theta),
    trueGradient: grad((o: Tensor) => softmax(o, 0).mul(loss(corners)).sum())(theta),
  };
}

const throughTheHard: PlantedEstimator = {
  name: "straight-through, against its own known mean",
  kinds: ["chance", "dropped", "component"],
  build: (uniform, plant) => {
    const { estimate, onAverage } = straightThroughProblem(uniform, plant);
    return { estimate, target: onAverage, place: "element 2 of tensor 0" };
  },
};

/** Estimators by designs without replacement, and of gradients through what was drawn. */
export const designs: readonly PlantedEstimator[] = [
  withDesign("sampling without replacement, partition function", ["factor", "chance", "log-probability"], (_, plant) =>
    simpleRandom(4, plant),
  ),
  withDesign(
    "Poisson sampling, Horvitz–Thompson partition function",
    ["factor", "chance", "log-probability", "dropped"],
    (uniform, plant) => spoiledPoisson(chancesFor(uniform, 4, plant), plant),
  ),
  mining,
  gateScore,
  leaveOneOut,
  throughTheHard,
];
