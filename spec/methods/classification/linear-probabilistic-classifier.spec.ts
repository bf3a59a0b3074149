import { randomKey } from "cotangent";
import {
  type ClassFeatures,
  LinearProbabilisticClassifier,
  type LinearProbabilisticClassifierOptions,
  oneHotFeatures,
  thresholdFeatures,
} from "cotangent/methods/classification";
import { seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { uniforms } from "./support/gaussian-tasks.js";
import {
  errorsOf,
  extremeRisk,
  grid,
  gridFeatures,
  type Sample,
  samples,
  someFeatures,
} from "./support/minimax-problems.js";

const slacks = fc.integer({ min: 0, max: 8 }).map((quarters) => quarters / 4);

function learn(sample: Sample, options: LinearProbabilisticClassifierOptions = {}, features?: ClassFeatures) {
  const { classes, inputs, labels } = sample;
  return new LinearProbabilisticClassifier(features ?? oneHotFeatures(gridFeatures, classes), inputs, labels, options);
}

/** How often the rule errs on the sample, in expectation over its draws. */
const trainingError = (classifier: LinearProbabilisticClassifier, { inputs, labels }: Sample) =>
  inputs.reduce((sum, x, i) => sum + 1 - classifier.probabilities(x)[labels[i]], 0) / inputs.length;

describe("LinearProbabilisticClassifier", () => {
  law("errs on its own sample as often as its bounds allow", samples, slacks, (sample, slack) => {
    const classifier = learn(sample, { slack });
    const error = trainingError(classifier, sample);
    expect(error).toBeGreaterThan(classifier.lowerRisk() - 1e-9);
    expect(error).toBeLessThan(classifier.upperRisk + 1e-9);
  });

  law("has bounds that are the extreme risks of its rule", samples, slacks, async (sample, slack) => {
    const classifier = learn(sample, { slack, possible: grid });
    const problem = {
      classes: sample.classes,
      configurations: grid.map((x) => classifier.features.of(x)),
      intervals: classifier.intervals,
    };
    const errors = errorsOf(grid.map((x) => [...classifier.probabilities(x)]));
    await expectClose([classifier.upperRisk], [extremeRisk(problem, errors, "most")]);
    await expectClose([classifier.lowerRisk()], [extremeRisk(problem, errors, "least")]);
  });

  law("has a rule of probabilities, at any input", samples, slacks, async (sample, slack) => {
    const classifier = learn(sample, { slack });
    for (const x of [...grid, [7, -7]]) {
      const chances = classifier.probabilities(x);
      expect(chances.every((chance) => chance >= 0)).toBe(true);
      await expectClose([chances.reduce((sum, chance) => sum + chance, 0)], [1], { tolerance: 1e-14 });
      expect(chances[classifier.predict(x)]).toBe(Math.max(...chances));
    }
  });

  law("has an upper bound that does not fall as the slack grows", samples, (sample) => {
    const risks = [0, 0.1, 0.25, 0.5, 1, 2].map((slack) => learn(sample, { slack }).upperRisk);
    for (let i = 1; i < risks.length; i++) expect(risks[i]).toBeGreaterThan(risks[i - 1] - 1e-9);
  });

  law("knows nothing where the slack is large: every class alike", samples, async (sample) => {
    const classifier = learn(sample, { slack: 1e6, possible: grid });
    await expectClose([classifier.upperRisk], [1 - 1 / sample.classes]);
    for (const x of grid) {
      await expectClose(classifier.probabilities(x), Array(sample.classes).fill(1 / sample.classes));
    }
  });

  law("does not lose by a feature, nor win by inputs that are held possible too", samples, slacks, (sample, slack) => {
    const all = oneHotFeatures(gridFeatures, sample.classes);
    const constants = Array.from({ length: sample.classes }, (_, y) => 3 * y);
    const fewer = learn(sample, { slack }, someFeatures(all, constants));
    const plain = learn(sample, { slack });
    expect(fewer.upperRisk).toBeGreaterThan(plain.upperRisk - 1e-9);
    expect(learn(sample, { slack, possible: grid }).upperRisk).toBeGreaterThan(plain.upperRisk - 1e-9);
  });

  law(
    "errs by its likeliest class where the rule gives the true one at most a half",
    samples,
    slacks,
    (sample, slack) => {
      const classifier = learn(sample, { slack });
      let errors = 0;
      sample.inputs.forEach((x, i) => {
        if (classifier.predict(x) === sample.labels[i]) return;
        errors++;
        expect(classifier.probabilities(x)[sample.labels[i]]).toBeLessThan(0.5 + 1e-12);
      });
      expect(errors / sample.inputs.length).toBeLessThan(2 * trainingError(classifier, sample) + 1e-12);
    },
  );

  law("has the risk of a distribution in its bounds where that meets the intervals", seeds, (seed) => {
    const next = uniforms(seed);
    const share = grid.map(() => next());
    const chance = grid.map(() => next());
    const total = share.reduce((sum, value) => sum + value, 0);
    const draw = (): [number[], number] => {
      let rest = next() * total;
      const i = share.findIndex((value) => (rest -= value) < 0);
      return [grid[i], Number(next() < chance[i])];
    };
    const examples = Array.from({ length: 60 }, draw);
    const sample = { classes: 2, inputs: examples.map(([x]) => x), labels: examples.map(([, y]) => y) };
    const classifier = learn(sample, { failure: 0.5, possible: grid });
    const { features, intervals } = classifier;
    const m = features.features;
    const truth = Array.from({ length: m }, (_, j) =>
      grid.reduce((sum, x, i) => {
        const values = features.of(x);
        return sum + (share[i] / total) * ((1 - chance[i]) * values[j] + chance[i] * values[m + j]);
      }, 0),
    );
    if (truth.some((value, j) => value < intervals.low[j] || value > intervals.high[j])) return;
    const risk = grid.reduce((sum, x, i) => {
      const [zero, one] = classifier.probabilities(x);
      return sum + (share[i] / total) * (1 - (1 - chance[i]) * zero - chance[i] * one);
    }, 0);
    expect(risk).toBeGreaterThan(classifier.lowerRisk() - 1e-9);
    expect(risk).toBeLessThan(classifier.upperRisk + 1e-9);
  });

  law("treats permuted classes alike", samples, slacks, async (sample, slack) => {
    const turned = { ...sample, labels: sample.labels.map((y) => (y + 1) % sample.classes) };
    await expectClose([learn(turned, { slack }).upperRisk], [learn(sample, { slack }).upperRisk]);
  });

  it("learns from a sample that lacks a class, has one configuration, or fewer examples than features", async () => {
    const without2 = { classes: 3, inputs: grid, labels: [0, 0, 0, 1, 1, 1, 1, 1, 1] };
    const thresholds = thresholdFeatures(grid, without2.labels, { classes: 3 });
    const absent = learn(without2, { slack: 0 }, oneHotFeatures(thresholds, 3));
    expect(absent.probabilities([2, 2])[2]).toBe(0);
    expect(absent.upperRisk).toBeLessThan(1e-9);
    const alone = learn({ classes: 2, inputs: [[0, 0]], labels: [1] }, { slack: 0 });
    await expectClose(alone.probabilities([0, 0]), [0, 1]);
    await expectClose([alone.upperRisk, alone.lowerRisk()], [0, 0]);
    const once = { classes: 2, inputs: grid, labels: [0, 1, 0, 1, 1, 0, 0, 1, 1] };
    const twice = { classes: 2, inputs: [...grid, ...grid], labels: [...once.labels, ...once.labels] };
    await expectClose([learn(twice, { slack: 0 }).upperRisk], [learn(once, { slack: 0 }).upperRisk]);
  });

  it("is uniform where every share is 0", () => {
    const psi = {
      features: 1,
      low: Float64Array.of(-1e3),
      high: Float64Array.of(1e3),
      of: (x: ArrayLike<number>) => Float64Array.of(x[0]),
    };
    const one = {
      classes: 2,
      features: 1,
      low: psi.low,
      high: psi.high,
      of: (x: ArrayLike<number>) => Float64Array.of(x[0], x[0]),
    };
    const classifier = learn({ classes: 2, inputs: [[1], [1]], labels: [0, 1] }, { slack: 0 }, one);
    // The score of both classes is μ·x; far enough along it both shares are cut off at 0, on one side or the other.
    const shares = [-1e3, 1e3].map((x) => classifier.probabilities([x]));
    for (const chances of shares) expect(Array.from(chances)).toEqual([0.5, 0.5]);
  });

  it("draws classes as often as its rule says", async () => {
    const labels = [0, 1, 0, 1, 1, 0, 0, 1, 2];
    const classifier = learn({ classes: 3, inputs: grid, labels }, { slack: 0.5 });
    const x = grid.find((point) => classifier.probabilities(point).filter((chance) => chance > 0.05).length > 1)!;
    const chances = classifier.probabilities(x);
    const draws = await classifier.sample(Array(20_000).fill(x), randomKey(3));
    chances.forEach((chance, y) => {
      const share = draws.filter((drawn) => drawn === y).length / draws.length;
      // Five standard errors: a false alarm in one of 10⁶ seeds.
      expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt((chance * (1 - chance)) / draws.length) + 1e-12);
    });
    expect(await classifier.sample([x, x, x], randomKey(4))).toEqual(await classifier.sample([x, x, x], randomKey(4)));
  });

  it("learns with thresholds chosen by trees", () => {
    const next = uniforms(2);
    const inputs = Array.from({ length: 120 }, () => [next(), next()]);
    const labels = inputs.map(([a]) => Number(a > 0.5));
    const features = oneHotFeatures(thresholdFeatures(inputs, labels, { classes: 2, thresholds: 6 }), 2);
    const classifier = new LinearProbabilisticClassifier(features, inputs, labels);
    expect(inputs.every((x, i) => classifier.predict(x) === labels[i])).toBe(true);
    expect(classifier.upperRisk).toBeLessThan(0.1);
  });
});

describe("LinearProbabilisticClassifier, wrong arguments", () => {
  const call =
    (sample: Partial<Sample>, options: LinearProbabilisticClassifierOptions = {}) =>
    () =>
      learn({ classes: 2, inputs: [[0, 0]], labels: [0], ...sample }, options);

  it("names what is wrong", () => {
    expect(call({ inputs: [], labels: [] })).toThrow(
      new RangeError("LinearProbabilisticClassifier: inputs is empty but must have an example"),
    );
    expect(call({ inputs: [[0, Number.NaN]] })).toThrow(
      new RangeError("LinearProbabilisticClassifier: inputs[0][1] is NaN but must be finite"),
    );
    expect(call({}, { possible: [[0]] })).toThrow(
      new RangeError("LinearProbabilisticClassifier: possible[0] has 1 features but must have 2, as inputs[0] has"),
    );
    expect(call({ labels: [2] })).toThrow(
      new RangeError("LinearProbabilisticClassifier: labels[0] is 2 but must be a whole number in [0, 2)"),
    );
    expect(call({ labels: [] })).toThrow(
      new RangeError("LinearProbabilisticClassifier: labels has length 0 but must have 1, one an input"),
    );
    expect(call({}, { slack: -0.1 })).toThrow(
      new RangeError("expectationIntervals: slack is -0.1 but must be a finite number ≥ 0"),
    );
  });
});
