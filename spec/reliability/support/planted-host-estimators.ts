import { encodeMoments, momentEncodedGradient, momentProducts, replicationCode } from "cotangent/methods/distributed";
import type { ChoiceSource } from "cotangent/testing";
import { chancesFor, drawn, type Plant, type PlantKind, sizeOf, tampered } from "./planted-plant.js";

/** Builds random instances of an estimator that draws on the host, sound or spoiled. */
export interface PlantedHostEstimator {
  readonly name: string;
  readonly kinds: readonly PlantKind[];
  readonly build: (
    uniform: () => number,
    plant?: Plant,
  ) => { readonly estimate: (source: ChoiceSource) => Float64Array; readonly truth: Float64Array };
}

const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

/** What the reports on the chances are, the last one off by a factor exp(size). */
const reported = (chances: Float64Array, plant?: Plant) =>
  chances.with(chances.length - 1, chances[chances.length - 1] * Math.exp(sizeOf(plant, "log-probability")));

/** Two sums over four outcomes from three draws: Σ over the draws of f / (3 q). */
const importanceSampling: PlantedHostEstimator = {
  name: "importance-sampled sums, three draws with replacement",
  kinds: ["factor", "chance", "dropped", "log-probability", "component"],
  build: (uniform, plant) => {
    const chances = chancesFor(uniform, 4, plant);
    const [f, g] = [drawn(uniform, 4, -2, 2), drawn(uniform, 4, 0.5, 2)];
    const inflated = g.with(3, g[3] * (1 + sizeOf(plant, "factor")));
    const [real, q] = [tampered(chances, plant), reported(chances, plant)];
    return {
      estimate: (source) => {
        const sums = new Float64Array(2);
        for (let draw = 0; draw < 3; draw++) {
          const id = source.choose(real);
          sums[0] += f[id] / (3 * q[id]);
          sums[1] += inflated[id] / (3 * q[id]) + sizeOf(plant, "component") / 3;
        }
        return sums;
      },
      truth: Float64Array.of(total(f), total(g)),
    };
  },
};

/** Two distinct outcomes, one after the other: the mean of f₁/q₁ and f₁ + f₂ (1 − q₁)/q₂. */
const orderedDesign: PlantedHostEstimator = {
  name: "two ordered draws without replacement (Des Raj)",
  kinds: ["factor", "chance", "log-probability"],
  build: (uniform, plant) => {
    const chances = chancesFor(uniform, 4);
    const f = drawn(uniform, 4, 0.5, 2);
    const terms = f.with(3, f[3] * (1 + sizeOf(plant, "factor")));
    const [real, q] = [tampered(chances, plant).map(Math.log), reported(chances, plant)];
    return {
      estimate: (source) => {
        const first = source.chooseLog(real);
        const second = source.chooseLog(real.with(first, Number.NEGATIVE_INFINITY));
        const later = terms[first] + (terms[second] * (1 - q[first])) / q[second];
        return Float64Array.of((terms[first] / q[first] + later) / 2);
      },
      truth: Float64Array.of(total(f)),
    };
  },
};

/** Rows come back from workers that each fail by chance; what comes back is divided by its chance to. */
const momentEncoding: PlantedHostEstimator = {
  name: "moment-encoded gradient with stragglers",
  kinds: ["chance", "log-probability", "component"],
  build: (uniform, plant) => {
    const design = Array.from({ length: 3 }, () => drawn(uniform, 2, -1, 1));
    const [target, point] = [drawn(uniform, 3, -1, 1), drawn(uniform, 2, -1, 1)];
    const encoding = encodeMoments(design, target, replicationCode({ dimension: 2 }));
    const answers = encoding.shares.map((share) => momentProducts(share, point));
    const fails = 0.1 + 0.4 * uniform();
    const returns = 1 - fails ** 2; // one of the two workers that hold a row
    const probabilities = reported(Float64Array.of(returns, returns), plant);
    const residual = target.map((y, i) => design[i][0] * point[0] + design[i][1] * point[1] - y);
    const exact = Float64Array.from([0, 1], (j) => total(residual.map((r, i) => r * design[i][j])));
    return {
      estimate: (source) => {
        const received = new Map(answers.map((answer, worker) => [worker, answer] as const));
        for (let worker = 0; worker < encoding.shares.length; worker++) {
          const isLast = worker === encoding.shares.length - 1;
          const chance = isLast ? fails * (1 + sizeOf(plant, "chance")) : fails;
          if (source.choose([1 - chance, chance]) === 1) received.delete(worker);
        }
        const { gradient } = momentEncodedGradient(encoding, received, { probabilities });
        return gradient.with(1, gradient[1] + sizeOf(plant, "component"));
      },
      truth: exact,
    };
  },
};

export const hostEstimators: readonly PlantedHostEstimator[] = [importanceSampling, orderedDesign, momentEncoding];
