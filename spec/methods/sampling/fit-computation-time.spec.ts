import {
  type ComputationTime,
  computationTimeModel,
  fitComputationTime,
  type TimedProduct,
} from "cotangent/methods/sampling";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const times = fc.record({
  overhead: numbers({ min: 0.1, max: 5 }),
  perEntry: numbers({ min: 0.01, max: 1 }),
  threshold: numbers({ min: 10, max: 900 }),
});
const noise = fc.array(numbers({ min: 0.7, max: 1.4 }), { minLength: 12, maxLength: 12 });

const shapes = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233].map((columns) => ({ columns, rows: 7 }));

const samplesOf = (time: ComputationTime, factors: readonly number[]): TimedProduct[] =>
  shapes.map(({ columns, rows }, i) => ({
    columns,
    rows,
    seconds: factors[i] * computationTimeModel({ ...time, batch: 1 }).time(columns, rows),
  }));

const errorOf = (samples: readonly TimedProduct[], time: ComputationTime) => {
  const { time: g } = computationTimeModel({ ...time, batch: 1 });
  const squares = samples.map(({ columns, rows, seconds }) => (g(columns, rows) / seconds - 1) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / samples.length);
};

describe("fitComputationTime", () => {
  law("finds the model that times come from", times, (time) => {
    const found = fitComputationTime(samplesOf(time, new Array(12).fill(1)));
    expect(found.overhead).toBeCloseTo(time.overhead, 8);
    expect(found.perEntry).toBeCloseTo(time.perEntry, 9);
    expect(found.threshold / time.threshold).toBeCloseTo(1, 7);
    expect(found.error).toBeLessThan(1e-9);
  });

  law(
    "has no larger error than any other model, with noise",
    times,
    noise,
    fc.array(times, { minLength: 20, maxLength: 20 }),
    (time, factors, others) => {
      const samples = samplesOf(time, factors);
      const found = fitComputationTime(samples);
      expect(errorOf(samples, found)).toBeCloseTo(found.error, 12);
      const near = [0.9, 0.99, 1.01, 1.1].flatMap((by) => [
        { ...found, overhead: found.overhead * by },
        { ...found, perEntry: found.perEntry * by },
        { ...found, threshold: found.threshold * by },
        { overhead: found.overhead * by, perEntry: found.perEntry / by, threshold: found.threshold },
        { overhead: found.overhead + by - 0.9, perEntry: found.perEntry / by, threshold: found.threshold * by },
      ]);
      for (const other of [time, ...others, ...near]) {
        expect(found.error).toBeLessThanOrEqual(errorOf(samples, other) + 1e-12);
      }
      expect(Math.min(found.overhead, found.perEntry, found.threshold)).toBeGreaterThanOrEqual(0);
    },
  );

  it("takes times that do not depend on size, grow in proportion, or are only one", () => {
    const flat = fitComputationTime(shapes.map((shape) => ({ ...shape, seconds: 2 })));
    const { time } = computationTimeModel({ ...flat, batch: 1 });
    for (const { columns, rows } of shapes) expect(time(columns, rows)).toBeCloseTo(2, 12);
    const proportional = fitComputationTime(
      shapes.map((shape) => ({ ...shape, seconds: 0.5 * shape.columns * shape.rows })),
    );
    expect(proportional.overhead).toBeCloseTo(0, 12);
    expect(proportional.perEntry).toBeCloseTo(0.5, 12);
    expect(proportional.threshold).toBe(0); // none is needed
    expect(proportional.error).toBeLessThan(1e-12);
    const falling = fitComputationTime(shapes.map((shape) => ({ ...shape, seconds: 1 / shape.columns })));
    expect(falling.perEntry).toBe(0);
    const one = fitComputationTime([{ columns: 2, rows: 3, seconds: 4 }]);
    expect(computationTimeModel({ ...one, batch: 1 }).time(2, 3)).toBeCloseTo(4, 12);
  });

  it("names what is wrong", () => {
    expect(() => fitComputationTime([])).toThrow("fitComputationTime: samples is empty but must hold a timed product");
    const good = { columns: 1, rows: 1, seconds: 1 };
    for (const name of ["columns", "rows", "seconds"]) {
      expect(() => fitComputationTime([good, { ...good, [name]: 0 }])).toThrow(
        `fitComputationTime: samples[1].${name} is 0 but must be a finite number > 0`,
      );
    }
  });
});
