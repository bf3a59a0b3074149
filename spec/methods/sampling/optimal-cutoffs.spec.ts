import {
  adaptiveSoftmaxCost,
  type ClusterCost,
  computationTimeModel,
  operationCountModel,
  optimalCutoffs,
} from "cotangent/methods/sampling";
import { numbers } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const counts = (most: number) =>
  fc
    .array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: most })
    .map((list) => list.sort((a, b) => b - a));

const timed = fc
  .record({
    overhead: numbers({ min: 0, max: 5 }),
    perEntry: numbers({ min: 0.1, max: 2 }),
    threshold: numbers({ min: 0, max: 20 }),
    batch: fc.integer({ min: 1, max: 8 }),
  })
  .map(computationTimeModel);

const models: Arbitrary<ClusterCost> = fc.oneof(
  timed,
  fc
    .record({ features: fc.integer({ min: 1, max: 9 }), divValue: fc.constantFrom(1, 2, 4) })
    .map((options) => operationCountModel(options)),
);

/** All ascending lists of so many whole numbers in [from, classes). */
function* tuples(classes: number, size: number, from = 1): Generator<number[]> {
  if (size === 0) yield [];
  else
    for (let first = from; first < classes; first++)
      for (const rest of tuples(classes, size - 1, first + 1)) yield [first, ...rest];
}

describe("optimalCutoffs", () => {
  law("are the best of all cutoffs", counts(12), models, fc.integer({ min: 0, max: 3 }), (list, model, tails) => {
    if (tails >= list.length) return;
    const found = optimalCutoffs(list, model, { fewestTails: tails, mostTails: tails });
    let least = Number.POSITIVE_INFINITY;
    for (const cutoffs of tuples(list.length, tails))
      least = Math.min(least, adaptiveSoftmaxCost(list, cutoffs, model).total);
    expect(found.cutoffs).toHaveLength(tails);
    expect(Math.abs(found.cost - least)).toBeLessThanOrEqual(1e-12 * least);
    expect(Math.abs(adaptiveSoftmaxCost(list, found.cutoffs, model).total - found.cost)).toBeLessThanOrEqual(
      1e-12 * least,
    );
  });

  law("cost no more than a full softmax, and never more with more tails", counts(12), models, (list, model) => {
    let before = model.head(list.length);
    for (let most = 0; most <= 4; most++) {
      const { cost, cutoffs } = optimalCutoffs(list, model, { mostTails: most });
      expect(cost).toBeLessThanOrEqual(before);
      expect(cutoffs.length).toBeLessThanOrEqual(most);
      before = cost;
    }
    expect(adaptiveSoftmaxCost(list, [], model).total).toBe(model.head(list.length));
    expect(adaptiveSoftmaxCost(list, [], model).full).toBe(model.head(list.length));
    expect(optimalCutoffs(list, model).cost).toBeLessThanOrEqual(before);
  });

  law("cut only at places of the grid", counts(12), models, fc.integer({ min: 2, max: 4 }), (list, model, grid) => {
    const places = Array.from({ length: grid }, (_, g) =>
      Math.round(((g + 1) * list.length) / Math.min(grid, list.length)),
    );
    const { cutoffs, cost } = optimalCutoffs(list, model, { fewestTails: 1, mostTails: 1, grid });
    let least = Number.POSITIVE_INFINITY;
    for (const place of places.filter((p) => p < list.length))
      least = Math.min(least, adaptiveSoftmaxCost(list, [place], model).total);
    expect(places).toContain(cutoffs[0]);
    expect(Math.abs(cost - least)).toBeLessThanOrEqual(1e-12 * least);
  });

  law(
    "need no other order: without a threshold none is cheaper than by frequency, the smallest cluster first",
    counts(7),
    numbers({ min: 0, max: 2 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    (list, overhead, a, b) => {
      const classes = list.length;
      const sizes = [a, b].sort((x, y) => x - y);
      if (a + b >= classes) return;
      const model = computationTimeModel({ overhead, perEntry: 1, threshold: 0, batch: 4 });
      const cutoffs = [classes - a - b, classes - sizes[1]];
      const sorted = adaptiveSoftmaxCost(list, cutoffs, model).total;
      const total = list.reduce((sum, count) => sum + count, 0);
      const costOf = (cluster: readonly number[]) => {
        const mass = cluster.map((y) => sizes.map((_, i) => (y === i + 1 ? 1 : 0)));
        const of = (i: number) => list.reduce((sum, count, y) => sum + count * mass[y][i], 0) / total;
        return (
          model.head(2 + classes - a - b) + sizes.reduce((sum, size, i) => sum + model.tail(size, of(i), i + 1), 0)
        );
      };
      for (let code = 0; code < 3 ** classes; code++) {
        const cluster = list.map((_, y) => Math.floor(code / 3 ** y) % 3);
        if (sizes.some((size, i) => cluster.filter((c) => c === i + 1).length !== size)) continue;
        expect(costOf(cluster)).toBeGreaterThanOrEqual(sorted - 1e-9);
      }
    },
  );

  it("are extreme where only multiply-adds count: a reason not to count them alone", () => {
    const zipf = Float64Array.from({ length: 10_000 }, (_, rank) => 1 / (rank + 1));
    const two = { fewestTails: 2, mostTails: 2, grid: 2000 };
    const ratio = (divValue: number) => {
      const model = operationCountModel({ features: 64, divValue });
      const { cutoffs, cost } = optimalCutoffs(zipf, model, two);
      return { cutoffs, ratio: cost / model.head(zipf.length) };
    };
    const narrow = ratio(4);
    // The cost is flat around its least: cutoffs on this grid differ from the exact
    // ones by up to 20 %.
    const near = (cutoffs: readonly number[], expected: readonly number[]) =>
      cutoffs.every((cutoff, i) => Math.abs(cutoff / expected[i] - 1) < 0.2);
    expect(near(narrow.cutoffs, [18, 610])).toBe(true);
    expect(narrow.ratio).toBeCloseTo(0.025, 3);
    const wide = ratio(1);
    expect(near(wide.cutoffs, [400, 3399])).toBe(true);
    expect(wide.ratio).toBeCloseTo(0.18, 2);
    const reference = operationCountModel({ features: 64 });
    const cost = adaptiveSoftmaxCost(zipf, [2000], reference);
    expect(cost.total / cost.full).toBeCloseTo(0.23, 2);
  });

  it("name what is wrong", () => {
    const model = operationCountModel({ features: 4 });
    expect(() => optimalCutoffs([2, 3], model)).toThrow(
      "optimalCutoffs: counts[1] is 3 but must be at most the one before, 2; frequencyOrder sorts them",
    );
    expect(() => optimalCutoffs([2, -3], model)).toThrow(
      "optimalCutoffs: counts[1] is -3 but must be a finite number ≥ 0",
    );
    expect(() => optimalCutoffs([0, 0], model)).toThrow(
      "optimalCutoffs: counts has sum 0 but must have a finite one above 0",
    );
    expect(() => optimalCutoffs([], model)).toThrow(
      "optimalCutoffs: counts has sum 0 but must have a finite one above 0",
    );
    expect(() => optimalCutoffs([2, 1], model, { fewestTails: -1 })).toThrow(
      "optimalCutoffs: fewestTails is -1 but must be a whole number ≥ 0",
    );
    expect(() => optimalCutoffs([2, 1], model, { fewestTails: 2, mostTails: 1 })).toThrow(
      "optimalCutoffs: mostTails is 1 but must be a whole number ≥ 2",
    );
    expect(() => optimalCutoffs([2, 1], model, { grid: 0 })).toThrow(
      "optimalCutoffs: grid is 0 but must be a whole number ≥ 1",
    );
    expect(() => optimalCutoffs([2, 1], model, { fewestTails: 2 })).toThrow(
      "optimalCutoffs: fewestTails is 2 but must be below 2, the places where a cluster can end",
    );
    expect(() => adaptiveSoftmaxCost([2, 1], [2], model)).toThrow(
      "adaptiveSoftmaxCost: cutoffs[0] is 2 but must be a whole number in (0, 2)",
    );
    expect(() => adaptiveSoftmaxCost([1, 2], [1], model)).toThrow(
      "adaptiveSoftmaxCost: counts[1] is 2 but must be at most the one before, 1; frequencyOrder sorts them",
    );
  });
});
