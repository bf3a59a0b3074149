import { randomKey } from "cotangent";
import {
  BettingTest,
  bettingConfidenceSequence,
  CatoniTest,
  checkUnbiased,
  checkUnbiasedByEnumeration,
  checkUnbiasedSequential,
  judgeUnbiasedSequential,
  normalMixtureBoundary,
  sfc32,
} from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { leavesOf } from "../../src/autodiff/index.js";
import { EmpiricalBernstein } from "../../src/testing/empirical-bernstein.js";
import { designs, straightThroughProblem } from "./support/planted-designs.js";
import { drawsOfBias, type Shape, shapes } from "./support/planted-draws.js";
import { hostEstimators } from "./support/planted-host-estimators.js";
import type { Plant, PlantedEstimator } from "./support/planted-plant.js";
import { record, sized, stopwatch } from "./support/planted-record.js";
import { sampledLosses } from "./support/planted-sampled-losses.js";

const timeout = 1_200_000;
const instances = sized(1, 10);

/** What `it.each` puts into titles, before what it is about. */
const named = <T extends { readonly name: string }>(list: readonly T[]) =>
  list.map((item) => [item.name, item] as const);

/** The message with which an estimator is refused; undefined where it passes. */
async function refusal({ build }: PlantedEstimator, seed: number, plant?: Plant): Promise<string | undefined> {
  const { estimate, target, place, dispose } = build(sfc32(seed), plant);
  try {
    await checkUnbiased(estimate, target, randomKey(seed));
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (plant?.kind === "component" && plant.size >= 1e-6) expect(message).toContain(`: ${place} is `);
    return message;
  } finally {
    dispose?.();
  }
}

/** The smallest size that is caught, on a grid of three a decade, if each above it is caught too. */
async function threshold(isCaught: (size: number) => boolean | Promise<boolean>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= 24; step++) {
    const size = 10 ** (-4 - step / 3);
    if (!(await isCaught(size))) break;
    least = size;
  }
  return least;
}

describe("checkUnbiased", () => {
  it.each(named([...sampledLosses, ...designs]))(
    "passes %s, and catches every planted bias of 1e-6",
    async (_, estimator) => {
      const time = stopwatch();
      for (const kind of estimator.kinds) {
        const thresholds: number[] = [];
        for (let seed = 0; seed < instances; seed++) {
          expect(await refusal(estimator, seed), "sound").toBeUndefined();
          expect(await refusal(estimator, seed, { kind, size: 0 }), "a plant of size 0").toBeUndefined();
          expect(await refusal(estimator, seed, { kind, size: 1e-6 }), kind).toMatch(
            /^checkUnbiased: the estimator is biased by [0-9.e-]+: element \d+ of tensor \d+ is /,
          );
          if (instances > 1 && seed < 3) {
            thresholds.push(
              await threshold(async (size) => (await refusal(estimator, seed, { kind, size })) !== undefined),
            );
          }
        }
        record(`checkUnbiased, ${estimator.name}, ${kind} of 1e-6`, {
          caught: `${instances}/${instances}`,
          "smallest caught": thresholds.map((size) => size.toExponential(0)).join(" "),
          time: time(),
        });
      }
    },
    timeout,
  );

  it("draws the line at 1e-10 · (1 + the largest target), on either side by a hundredth", async () => {
    for (const estimator of [...sampledLosses, ...designs].filter(({ kinds }) => kinds.includes("component"))) {
      const { target, dispose } = estimator.build(sfc32(1));
      dispose?.();
      const message = await refusal(estimator, 1, { kind: "component", size: 1e-6 });
      expect(message).toBeDefined();
      const values = await Promise.all(leavesOf(target).map((leaf) => leaf.data()));
      const allowed = 1e-10 * (1 + Math.max(...values.flatMap((list) => Array.from(list, Math.abs))));
      expect(await refusal(estimator, 1, { kind: "component", size: 0.99 * allowed })).toBeUndefined();
      expect(await refusal(estimator, 1, { kind: "component", size: 1.01 * allowed })).toBeDefined();
    }
  });

  it("finds the straight-through gradient biased by what it is known to be biased by", async () => {
    for (let seed = 0; seed < instances; seed++) {
      const { estimate, onAverage, trueGradient } = straightThroughProblem(sfc32(seed));
      const [mean, truth] = await Promise.all([onAverage.data(), trueGradient.data()]);
      const known = Math.max(...Array.from(mean, (value, i) => Math.abs(value - truth[i])));
      const caught = checkUnbiased(estimate, trueGradient, randomKey(0)).catch((error: Error) => error.message);
      const [, found] = /biased by ([0-9.e-]+):/.exec(String(await caught)) ?? [];
      expect(Math.abs(Number(found) - known)).toBeLessThan(1e-12);
      expect(known).toBeGreaterThan(1e-3);
    }
  });
});

describe("checkUnbiasedByEnumeration", () => {
  it.each(named(hostEstimators))(
    "passes %s, and catches every planted bias of 1e-6",
    async (name, { kinds, build }) => {
      const time = stopwatch();
      const passes = (seed: number, plant?: Plant): boolean => {
        const { estimate, truth } = build(sfc32(seed), plant);
        try {
          checkUnbiasedByEnumeration(estimate, truth);
          return true;
        } catch (error) {
          const where = plant?.kind === "component" ? "component 1" : "component \\d";
          expect((error as Error).message).toMatch(
            new RegExp(`expectation's ${where} is .*; the estimator is biased$`),
          );
          return false;
        }
      };
      const runs = sized(5, 200);
      for (const kind of kinds) {
        const thresholds: number[] = [];
        for (let seed = 0; seed < runs; seed++) {
          expect(passes(seed), "sound").toBe(true);
          expect(passes(seed, { kind, size: 0 }), "a plant of size 0").toBe(true);
          expect(passes(seed, { kind, size: 1e-6 }), kind).toBe(false);
          if (runs > 5 && seed < 3) thresholds.push(await threshold((size) => !passes(seed, { kind, size })));
        }
        record(`checkUnbiasedByEnumeration, ${name}, ${kind} of 1e-6`, {
          caught: `${runs}/${runs}`,
          "smallest caught": thresholds.map((size) => size.toExponential(0)).join(" "),
          time: time(),
        });
      }
    },
    timeout,
  );
});

/** Draws until the test rejects, and no more than the budget; Infinity where it does not. */
type Hunt = (next: () => number, shape: Shape, bias: number, budget: number) => number;

const until = (budget: number, next: () => number, rejects: (x: number) => boolean): number => {
  for (let t = 1; t <= budget; t++) if (rejects(next())) return t;
  return Number.POSITIVE_INFINITY;
};

const hunts: readonly (readonly [name: string, units: number, hunt: Hunt])[] = [
  [
    "BettingTest, kelly",
    8,
    (next, { mean }, _, budget) => {
      const test = new BettingTest(mean);
      return until(budget, next, (x) => test.observe(x));
    },
  ],
  [
    "BettingTest, mixture",
    24,
    (next, { mean }, _, budget) => {
      const test = new BettingTest(mean, { bets: "mixture" });
      return until(budget, next, (x) => test.observe(x));
    },
  ],
  [
    "CatoniTest",
    16,
    (next, { mean, variance }, bias, budget) => {
      const test = new CatoniTest(mean, Math.max(variance(0), variance(bias)));
      return until(budget, next, (x) => test.observe(x));
    },
  ],
  [
    "empirical Bernstein interval",
    16,
    (next, { mean }, _, budget) => {
      const interval = new EmpiricalBernstein(1e-9);
      return until(budget, next, (x) => {
        interval.observe(x);
        return interval.lower > mean || interval.upper < mean;
      });
    },
  ],
];

describe("a sequential test of a mean at 1e-9", () => {
  it.each(hunts)(
    "finds a planted bias in every run: %s, within %i (σ² + |bias|/2) log(1/α) / bias² draws",
    (name, units, hunt) => {
      for (const [bias, shape] of [0.05, -0.05].flatMap((by) => shapes.map((shape) => [by, shape] as const))) {
        const [runs, time] = [sized(20, 200), stopwatch()];
        const unit = drawsOfBias(shape, bias, 1e-9);
        const taken = Array.from({ length: runs }, (_, seed) => {
          const uniform = sfc32(seed);
          return hunt(() => shape.draw(uniform, bias), shape, bias, Math.ceil(units * unit));
        }).sort((a, b) => a - b);
        const figures = { caught: `${taken.filter(Number.isFinite).length}/${runs}`, within: Math.ceil(units * unit) };
        const most = taken[runs - 1];
        record(`${name}, ${shape.name} off by ${bias}`, {
          ...figures,
          "most draws": most,
          units: most / unit,
          time: time(),
        });
        expect(most).toBeLessThan(Number.POSITIVE_INFINITY);
      }
    },
    timeout,
  );

  it(
    "finds a planted bias in every run: bettingConfidenceSequence, within 16 units",
    () => {
      const [runs, time, [shape]] = [sized(20, 200), stopwatch(), shapes];
      const unit = drawsOfBias(shape, 0.1, 1e-9);
      let most = 0;
      for (let seed = 0; seed < runs; seed++) {
        const uniform = sfc32(seed);
        const observations = Float64Array.from({ length: Math.ceil(16 * unit) }, () => shape.draw(uniform, 0.1));
        const { lower } = bettingConfidenceSequence(observations, { cells: 20 });
        const found = lower.findIndex((bound) => bound >= shape.mean);
        expect(found).toBeGreaterThan(0);
        most = Math.max(most, found + 1);
      }
      record("bettingConfidenceSequence, a coin off by 0.1", {
        caught: `${runs}/${runs}`,
        "most draws": most,
        units: most / unit,
        time: time(),
      });
    },
    timeout,
  );

  it(
    "finds a planted drift in every run: normalMixtureBoundary, within 8 units",
    () => {
      const [runs, time, drift] = [sized(20, 200), stopwatch(), 0.1];
      const unit = Math.log(1e9) / drift ** 2;
      let most = 0;
      for (let seed = 0; seed < runs; seed++) {
        const uniform = sfc32(seed);
        let [sum, steps] = [0, 0];
        const found = until(
          Math.ceil(8 * unit),
          () => (uniform() < 0.5 * (1 + drift) ? 1 : -1),
          (x) => {
            sum += x;
            return Math.abs(sum) >= normalMixtureBoundary(++steps, { tightestAt: 3 * unit });
          },
        );
        expect(found).toBeLessThan(Number.POSITIVE_INFINITY);
        most = Math.max(most, found);
      }
      record("normalMixtureBoundary, a walk that drifts by 0.1", {
        caught: `${runs}/${runs}`,
        "most draws": most,
        units: most / unit,
        time: time(),
      });
    },
    timeout,
  );
});

describe("checkUnbiasedSequential", () => {
  const bounds = { low: 0, high: 1 };

  it(
    "calls a bias of eps biased in every run, within 8 (σ² + eps/2) log(J/α) / eps² draws, whatever is drawn",
    async () => {
      for (const [bias, shape] of [0.05, -0.05].flatMap((by) => shapes.map((shape) => [by, shape] as const))) {
        const [runs, time] = [sized(20, 200), stopwatch()];
        const unit = drawsOfBias(shape, bias, 1e-9);
        let most = 0;
        for (let seed = 0; seed < runs; seed++) {
          const options = { eps: 0.05, seed, budget: Math.ceil(8 * unit) };
          const { verdict, draws } = await judgeUnbiasedSequential(
            (uniform) => shape.draw(uniform, bias),
            shape.mean,
            bounds,
            options,
          );
          expect(verdict).toBe("biased");
          most = Math.max(most, draws);
        }
        record(`checkUnbiasedSequential, ${shape.name} off by eps = ${bias}`, {
          caught: `${runs}/${runs}`,
          "most draws": most,
          units: most / unit,
          time: time(),
        });
      }
    },
    timeout,
  );

  it(
    "calls a list biased where one component of five is off by eps",
    async () => {
      const [runs, time] = [sized(10, 200), stopwatch()];
      const unit = drawsOfBias(shapes[0], 0.05, 1e-9 / 7);
      const truth = [0.5, 0.5, 0.5, 0.5, 0.5];
      let most = 0;
      for (let seed = 0; seed < runs; seed++) {
        const options = { eps: 0.05, seed, budget: Math.ceil(8 * unit) };
        const draw = (uniform: () => number) =>
          truth.map((chance, k) => (uniform() < (k === 3 ? chance + 0.05 : chance) ? 1 : 0));
        const { verdict, draws } = await judgeUnbiasedSequential(draw, truth, bounds, options);
        expect(verdict).toBe("biased");
        most = Math.max(most, draws);
      }
      record("checkUnbiasedSequential, a list with one component off by eps = 0.05", {
        caught: `${runs}/${runs}`,
        "most draws": most,
        units: most / unit,
        time: time(),
      });
    },
    timeout,
  );

  it(
    "never certifies a bias of eps, even one that comes late or hides in the rare draws",
    async () => {
      const [runs, [fair]] = [sized(20, 200), shapes];
      for (let seed = 0; seed < runs; seed++) {
        // sound for as long as a sound one takes to be certified but for a few draws, then off by 5 eps
        const late = (uniform: () => number, index: number) => fair.draw(uniform, index < 300 ? 0 : 0.25);
        await expect(checkUnbiasedSequential(late, 0.5, bounds, { eps: 0.05, seed })).rejects.toThrow(
          "draw is biased after",
        );
        // at 0.3 but for one draw in twenty, which makes a difference of eps to the mean
        const rare = (uniform: () => number) => (uniform() < 0.05 ? 1 : 0.3);
        const verdict = judgeUnbiasedSequential(rare, 0.3 - 0.015, bounds, { eps: 0.05, seed });
        expect((await verdict).verdict).toBe("biased");
      }
    },
    timeout,
  );
});
