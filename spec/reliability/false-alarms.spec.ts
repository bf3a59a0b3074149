import { cpu, randomKey } from "cotangent";
import { aliasSampler, logUniformSampler, type Sampler, uniformSampler } from "cotangent/methods/sampling";
import {
  BettingTest,
  bettingConfidenceSequence,
  CatoniTest,
  checkGradient,
  checkSampler,
  checkUnbiased,
  checkUnbiasedByEnumeration,
  checkUnbiasedSequential,
  normalMixtureBoundary,
  randomChoiceSource,
  sfc32,
} from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { EmpiricalBernstein } from "../../src/testing/empirical-bernstein.js";
import { logMultinomialEValue } from "../../src/testing/goodness-of-fit.js";
import { binomialAtLeast, upperBound } from "./support/planted-binomial.js";
import { designs } from "./support/planted-designs.js";
import { drawerOf, drawsOfBias, heavyTailed, laws, shapes } from "./support/planted-draws.js";
import { randomSmooth } from "./support/planted-functions.js";
import { hostEstimators } from "./support/planted-host-estimators.js";
import { long, record, sized, stopwatch } from "./support/planted-record.js";
import { sampledLosses } from "./support/planted-sampled-losses.js";

const timeout = 1_200_000;

/** Whether a test that is looked at after every draw ever rejects the truth, on one run of draws. */
type NullRun = (uniform: () => number, run: number, alpha: number) => boolean;

const draws = 400;
const watched = (test: { observe: (x: number) => boolean }, next: () => number): boolean => {
  for (let t = 0; t < draws; t++) if (test.observe(next())) return true;
  return false;
};

/** Each kind of sequential test, with the share of α that its alarms must reach at α = 0.05 in full size. */
const kinds: readonly (readonly [name: string, leastShare: number, run: NullRun])[] = [
  ...(["kelly", "mixture"] as const).map(
    (bets) =>
      [
        `BettingTest, ${bets}`,
        0.2,
        (uniform, run, alpha) => {
          const { mean, draw } = shapes[run % shapes.length];
          const side = (["both", "above", "below"] as const)[run % 3];
          return watched(new BettingTest(mean, { alpha, bets, side }), () => draw(uniform, 0));
        },
      ] as const satisfies readonly [string, number, NullRun],
  ),
  [
    "CatoniTest",
    0.1,
    (uniform, run, alpha) => {
      const { mean, variance, draw } = shapes[(run >> 1) % shapes.length];
      return run % 2 === 0
        ? watched(new CatoniTest(0, 1, { alpha }), () => heavyTailed(uniform))
        : watched(new CatoniTest(mean, variance(0), { alpha }), () => draw(uniform, 0));
    },
  ],
  [
    "empirical Bernstein interval",
    0.02,
    (uniform, run, alpha) => {
      const { mean, draw } = shapes[run % shapes.length];
      const interval = new EmpiricalBernstein(alpha);
      for (let t = 0; t < draws; t++) interval.observe(draw(uniform, 0));
      return interval.lower > mean || interval.upper < mean;
    },
  ],
  [
    "bettingConfidenceSequence",
    0.02,
    (uniform, run, alpha) => {
      const { mean, draw } = shapes[run % shapes.length];
      const observations = Float64Array.from({ length: 100 }, () => draw(uniform, 0));
      const { lower, upper } = bettingConfidenceSequence(observations, { alpha, cells: 40 }); // every mean is a multiple
      return lower[99] > mean || upper[99] < mean;
    },
  ],
  [
    "normalMixtureBoundary",
    0.2,
    (uniform, _, alpha) => {
      let sum = 0;
      for (let t = 1; t <= draws; t++) {
        sum += uniform() < 0.5 ? -1 : 1;
        if (Math.abs(sum) >= normalMixtureBoundary(t, { alpha, tightestAt: 100 })) return true;
      }
      return false;
    },
  ],
  [
    "multinomialEValue, looked at every 10 draws",
    0.02,
    (uniform, run, alpha) => {
      const law = [laws["an even law of 2"], laws["a skewed law of 3"], laws["Zipf's law of 10"]][run % 3];
      const next = drawerOf(law);
      const counts = new Float64Array(law.length);
      for (let t = 1; t <= draws; t++) {
        counts[next(uniform)]++;
        if (t % 10 === 0 && logMultinomialEValue(counts, law) >= -Math.log(alpha)) return true;
      }
      return false;
    },
  ],
];

describe("a sequential test of a mean, or of a law", () => {
  it.each(kinds)(
    "raises no alarm at 1e-9 when all is right: %s",
    (name, _, run) => {
      const [uniform, runs, time] = [sfc32(11), sized(300, 10_000), stopwatch()];
      let alarms = 0;
      for (let i = 0; i < runs; i++) if (run(uniform, i, 1e-9)) alarms++;
      record(`${name} at 1e-9`, { runs, alarms, time: time() });
      expect(alarms).toBe(0);
    },
    timeout,
  );

  it.each(kinds)(
    "holds a level of 0.05, and uses some of it: %s",
    (name, leastShare, run) => {
      const [uniform, runs, time] = [sfc32(12), sized(300, 10_000), stopwatch()];
      let alarms = 0;
      for (let i = 0; i < runs; i++) if (run(uniform, i, 0.05)) alarms++;
      record(`${name} at 0.05`, { runs, alarms, "rate at most (1e-6)": upperBound(alarms, runs, 1e-6), time: time() });
      // so many alarms would come about with a chance below 1e-6 if the level were kept
      expect(binomialAtLeast(alarms, runs, 0.05)).toBeGreaterThan(1e-6);
      if (long) expect(alarms).toBeGreaterThanOrEqual(leastShare * 0.05 * runs);
    },
    timeout,
  );
});

describe("checkSampler", () => {
  const hosts = Object.values(laws).map((probabilities) => ({ probabilities, next: drawerOf(probabilities) }));

  it(
    "accepts independent draws from even, skewed and long laws, in one row or several",
    () => {
      const [uniform, runs, time] = [sfc32(13), sized(300, 10_000), stopwatch()];
      let most = Number.NEGATIVE_INFINITY;
      for (let run = 0; run < runs; run++) {
        const { probabilities, next } = hosts[run % hosts.length];
        const rows = [1, 4][run % 2];
        const sample = Int32Array.from({ length: 800 }, () => next(uniform));
        most = Math.max(most, checkSampler({ draws: sample, probabilities, rows, seed: run }).logE);
      }
      record("checkSampler, host draws", { runs, alarms: 0, "largest log e-value": most, time: time() });
    },
    timeout,
  );

  it(
    "refuses no more than α of all samples at α = 0.05",
    () => {
      const [uniform, runs, time] = [sfc32(14), sized(300, 10_000), stopwatch()];
      let alarms = 0;
      for (let run = 0; run < runs; run++) {
        const { probabilities, next } = hosts[run % hosts.length];
        const sample = Int32Array.from({ length: 40 }, () => next(uniform));
        try {
          checkSampler({ draws: sample, probabilities, seed: run, alpha: 0.05 });
        } catch {
          alarms++;
        }
      }
      record("checkSampler at 0.05", {
        runs,
        alarms,
        "rate at most (1e-6)": upperBound(alarms, runs, 1e-6),
        time: time(),
      });
      expect(binomialAtLeast(alarms, runs, 0.05)).toBeGreaterThan(1e-6);
      if (long) expect(alarms).toBeGreaterThan(0);
    },
    timeout,
  );

  it(
    "accepts the library's samplers with the log-probabilities that they report",
    async () => {
      const [runs, time, backend] = [sized(30, 10_000), stopwatch(), cpu()];
      const law = laws["Zipf's law of 10"];
      const samplers: readonly (readonly [Sampler, Float64Array])[] = [
        [aliasSampler({ probabilities: law }), law],
        [uniformSampler({ classes: 100 }), new Float64Array(100).fill(0.01)],
        [
          logUniformSampler({ classes: 500 }),
          Float64Array.from({ length: 500 }, (_, j) => Math.log((j + 2) / (j + 1)) / Math.log(501)),
        ],
      ];
      let most = Number.NEGATIVE_INFINITY;
      for (let run = 0; run < runs; run++) {
        const [sampler, probabilities] = samplers[run % samplers.length];
        const drawn = sampler.draw(randomKey(run, { backend }), 500);
        const logProbabilities = await sampler.logProbability(drawn, { dtype: "f64" }).data();
        const report = checkSampler({ draws: await drawn.data(), probabilities, logProbabilities, seed: run });
        most = Math.max(most, report.logE);
      }
      record("checkSampler, library samplers", { runs, alarms: 0, "largest log e-value": most, time: time() });
    },
    timeout,
  );
});

describe("a check of an estimator's mean", () => {
  it(
    "checkUnbiased accepts every sound estimator, to rounding",
    async () => {
      const [uniform, runs, time] = [sfc32(15), sized(42, 10_000), stopwatch()];
      const estimators = [...sampledLosses, ...designs];
      let worst = 0;
      for (let run = 0; run < runs; run++) {
        const { estimate, target, dispose } = estimators[run % estimators.length].build(uniform);
        worst = Math.max(worst, await checkUnbiased(estimate, target, randomKey(run)));
        dispose?.();
      }
      record("checkUnbiased", { estimators: estimators.length, runs, alarms: 0, "largest error": worst, time: time() });
    },
    timeout,
  );

  it(
    "checkUnbiasedByEnumeration accepts every sound estimator, to rounding",
    () => {
      const [uniform, runs, time] = [sfc32(16), sized(300, 10_000), stopwatch()];
      let worst = 0;
      for (let run = 0; run < runs; run++) {
        const { estimate, truth } = hostEstimators[run % hostEstimators.length].build(uniform);
        worst = Math.max(worst, checkUnbiasedByEnumeration(estimate, truth).error);
      }
      record("checkUnbiasedByEnumeration", { runs, alarms: 0, "largest error": worst, time: time() });
    },
    timeout,
  );

  it(
    "checkUnbiasedSequential certifies every sound estimator within 8 (σ² + ε/2) log(2J/α) / ε² draws",
    async () => {
      const [runs, time] = [sized(200, 10_000), stopwatch()];
      const sources = sfc32(17);
      const q = [0.1, 0.6, 0.3];
      let most = 0;
      for (let run = 0; run < runs; run++) {
        const eps = 0.2;
        const isList = run % 5 === 4;
        const bounds = { low: 0, high: 1 };
        const shape = isList ? shapes[0] : shapes[run % shapes.length]; // no component of the list varies more than a fair coin
        const budget = Math.ceil(8 * drawsOfBias(shape, eps, 1e-9 / (isList ? 10 : 2)));
        const options = { eps, budget, seed: run };
        const onehot = (uniform: () => number) => {
          const id = randomChoiceSource(uniform).choose(q);
          return q.map((_, j) => (j === id ? 1 : 0));
        };
        const result = isList
          ? await checkUnbiasedSequential(onehot, q, bounds, options)
          : await checkUnbiasedSequential(() => shape.draw(sources, 0), shape.mean, bounds, options);
        most = Math.max(most, result.draws / budget);
      }
      record("checkUnbiasedSequential", { runs, alarms: 0, "largest share of the budget": most, time: time() });
    },
    timeout,
  );
});

describe("checkGradient", () => {
  it(
    "finds no fault in random smooth functions of the engine's operations",
    async () => {
      const [uniform, runs, time, backend] = [sfc32(18), sized(40, 10_000), stopwatch(), cpu()];
      const seen = new Set<string>();
      let [unjudged, worst, second] = [0, 0, 0];
      for (let run = 0; run < runs; run++) {
        const { f, x, steps } = randomSmooth(uniform, backend);
        const order = run % 10 === 0 ? 2 : 1;
        for (const step of steps) seen.add(step);
        try {
          worst = Math.max(worst, (await checkGradient(f, x, { order, seed: run })).worst);
          second += order - 1;
        } catch (error) {
          // a slope that is by chance near 0 decides nothing, which is not the same as a fault
          if (!(error as Error).message.includes("cannot be judged"))
            throw new Error(`${steps.join(", ")}`, { cause: error });
          unjudged++;
        }
      }
      const figures = { runs, alarms: 0, "cannot be judged": unjudged, "to second order": second };
      record("checkGradient", {
        ...figures,
        "worst share of the allowance": worst,
        operations: seen.size,
        time: time(),
      });
      expect(unjudged / runs).toBeLessThan(0.01);
    },
    timeout,
  );
});
