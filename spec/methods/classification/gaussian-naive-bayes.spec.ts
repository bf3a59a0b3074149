import { randomKey } from "cotangent";
import { GaussianNaiveBayes, gaussianMixtureBenchmark } from "cotangent/methods/classification";
import { distinctFloats, floats, ids, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [n, d, classes] = [10, 3, 3];
const rowsOf = (values: Float64Array, width = d) =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
const inputs = floats([n * d]).map((values) => rowsOf(values));
/** Every class twice at least. */
const labels = ids(n - 2 * classes, classes).map((rest) => [
  ...Array(classes).keys(),
  ...Array(classes).keys(),
  ...rest,
]);
function learned(x: readonly ArrayLike<number>[], y: readonly number[]): GaussianNaiveBayes {
  const classifier = new GaussianNaiveBayes({ classes, features: d });
  classifier.update(x, y);
  return classifier;
}
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("GaussianNaiveBayes", () => {
  law("has shares, means, and variances within classes", inputs, labels, async (x, y) => {
    const classifier = learned(x, y);
    const of = (k: number) => x.filter((_, i) => y[i] === k);
    await expectClose(
      classifier.priors(),
      Float64Array.from({ length: classes }, (_, k) => of(k).length / n),
    );
    const means = Array.from({ length: classes * d }, (_, at) => {
      const rows = of(Math.floor(at / d));
      return sum(rows.map((row) => row[at % d])) / rows.length;
    });
    await expectClose(classifier.means, means, { tolerance: 1e-12 });
    const pooled = Array.from({ length: d }, (_, j) =>
      sum(
        [0, 1, 2].map((k) => {
          const rows = of(k);
          const variance = sum(rows.map((row) => (row[j] - means[k * d + j]) ** 2)) / rows.length + 1e-9;
          return (rows.length / n) * variance;
        }),
      ),
    );
    await expectClose(classifier.variances(), pooled, { tolerance: 1e-12 });
  });

  law("scores as the quadratic form does, up to what classes share", inputs, labels, floats([d]), async (x, y, at) => {
    const classifier = learned(x, y);
    const [priors, variances] = [classifier.priors(), classifier.variances()];
    const quadratic = [0, 1, 2].map(
      (k) =>
        Math.log(priors[k]) -
        0.5 * sum(Array.from(at, (v, j) => (v - classifier.means[k * d + j]) ** 2 / variances[j])),
    );
    const found = classifier.scores(at);
    const scale = Math.max(...quadratic.map(Math.abs));
    await expectClose(
      [0, 1, 2].map((k) => (found[k] - found[0]) / scale),
      [0, 1, 2].map((k) => (quadratic[k] - quadratic[0]) / scale),
      { tolerance: 1e-10 },
    );
    const gaps = [...quadratic].sort((a, b) => b - a);
    if (gaps[0] - gaps[1] > 1e-6) expect(classifier.predict(at)).toBe(quadratic.indexOf(gaps[0]));
  });

  law(
    "learns the same from batches in any order as from all at once",
    inputs,
    labels,
    fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }),
    fc.integer({ min: 1, max: n - 1 }),
    async (x, y, order, cut) => {
      const once = learned(x, y);
      const twice = new GaussianNaiveBayes({ classes, features: d });
      for (const part of [order.slice(0, cut), order.slice(cut)]) {
        twice.update(
          part.map((i) => x[i]),
          part.map((i) => y[i]),
        );
      }
      await expectClose(twice.means, once.means, { tolerance: 1e-12 });
      await expectClose(twice.variances(), once.variances(), { tolerance: 1e-10 });
      expect(twice.counts).toEqual(once.counts);
    },
  );

  law(
    "knows no names of classes",
    inputs,
    labels,
    floats([d]),
    fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
    async (x, y, at, order) => {
      const named = learned(
        x,
        y.map((label) => order[label]),
      );
      const scores = learned(x, y).scores(at);
      await expectClose(
        Float64Array.from(scores, (_, k) => named.scores(at)[order[k]]),
        scores,
        { tolerance: 1e-9 },
      );
    },
  );

  law(
    "does not see the unit of a feature",
    distinctFloats([n * d], 0.05).map((values) => rowsOf(values)),
    labels,
    floats([d]),
    numbers({ min: 0.5, max: 20 }),
    (x, y, at, scale) => {
      const scaled = (row: ArrayLike<number>) => Array.from(row, (v, j) => (j === 1 ? scale * v : v));
      const scores = [...learned(x, y).scores(at)].sort((a, b) => b - a);
      if (scores[0] - scores[1] < 1e-4) return;
      expect(learned(x.map(scaled), y).predict(scaled(at))).toBe(learned(x, y).predict(at));
    },
  );

  it("with the true means and variances is Bayes' rule", async () => {
    const features = 6;
    const { means, variances, draw } = gaussianMixtureBenchmark({ features, classes: 3 });
    // two examples a class, a deviation on either side of its mean, have those means and variances
    const rows = means.flatMap((mean) => [-1, 1].map((side) => mean.map((v, j) => v + side * Math.sqrt(variances[j]))));
    const classifier = new GaussianNaiveBayes({ classes: 3, features });
    classifier.update(rows, [0, 0, 1, 1, 2, 2]);
    await expectClose(classifier.variances(), variances, { tolerance: 1e-8 });
    const { inputs: points } = await draw(randomKey(3), 300);
    for (const point of points) {
      const densities = means.map((mean) => -sum(Array.from(point, (v, j) => (v - mean[j]) ** 2 / variances[j])));
      expect(classifier.predict(point)).toBe(densities.indexOf(Math.max(...densities)));
    }
  });

  it("has a floor under variances, and takes the lowest of equal classes", () => {
    const classifier = new GaussianNaiveBayes({ classes: 2, features: 2 });
    classifier.update(
      [
        [0, 1],
        [0, 1],
        [0, 2],
        [0, 2],
      ],
      [0, 0, 1, 1],
    );
    expect([...classifier.variances()]).toEqual([1e-9, 1e-9]);
    expect(classifier.predict([0, 1.5])).toBe(0);
    expect(classifier.predict([5, 1.6])).toBe(1);
  });

  it("goes on learning after it was asked", () => {
    const classifier = new GaussianNaiveBayes({ classes: 2, features: 1 });
    classifier.update([[0], [1], [2], [3]], [0, 0, 1, 1]);
    expect(classifier.predict([1.4])).toBe(0);
    classifier.update([[0.5], [0.6], [0.5]], [1, 1, 1]);
    expect(classifier.predict([1.4])).toBe(1);
  });

  it("names what is wrong", () => {
    expect(() => new GaussianNaiveBayes({ classes: 1, features: 1 })).toThrow(
      new RangeError("GaussianNaiveBayes: classes is 1 but must be a whole number ≥ 2"),
    );
    expect(() => new GaussianNaiveBayes({ classes: 2, features: 0 })).toThrow(
      new RangeError("GaussianNaiveBayes: features is 0 but must be a whole number ≥ 1"),
    );
    const classifier = new GaussianNaiveBayes({ classes: 2, features: 2 });
    expect(() => classifier.update([], [])).toThrow(new RangeError("update: inputs is empty but must have an example"));
    expect(() => classifier.update([[1]], [0])).toThrow(
      new RangeError("update: inputs[0] has 1 features but must have 2"),
    );
    expect(() => classifier.update([[1, Number.NaN]], [0])).toThrow(
      new RangeError("update: inputs[0][1] is NaN but must be finite"),
    );
    expect(() => classifier.update([[1, 2]], [2])).toThrow(
      new RangeError("update: labels[0] is 2 but must be a whole number in [0, 2)"),
    );
    classifier.update([[1, 2]], [0]);
    expect(() => classifier.predict([1, 2])).toThrow(
      new RangeError("priors: class 1 has no example but must have one; update with it first"),
    );
    expect(() => classifier.variances()).toThrow(
      new RangeError("variances: class 1 has no example but must have one; update with it first"),
    );
    classifier.update([[3, 4]], [1]);
    expect(() => classifier.linearForm()).toThrow(
      new RangeError("GaussianNaiveBayes: every class has one example but one class must have two, for a variance"),
    );
  });
});
