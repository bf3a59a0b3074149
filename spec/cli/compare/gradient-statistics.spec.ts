import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GradientStatistics } from "../../../cli/src/compare/gradient-statistics.js";

const coordinate = fc.integer({ min: -8, max: 8 });
const vector = fc.tuple(coordinate, coordinate, coordinate).map((values) => Float64Array.from(values));
const nonZero = vector.filter((values) => values.some((value) => value !== 0));

function summaryOf(full: Float64Array, draws: readonly Float64Array[]) {
  const statistics = new GradientStatistics(full);
  for (const draw of draws) statistics.add(draw);
  return statistics.summary();
}

const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);

describe("GradientStatistics", () => {
  it("estimates squared bias and variance without bias: their means over all pairs of draws are exact", () => {
    fc.assert(
      fc.property(nonZero, fc.array(vector, { minLength: 2, maxLength: 5 }), (full, outcomes) => {
        const n = outcomes.length;
        const mean = full.map((_, j) => outcomes.reduce((sum, one) => sum + one[j]!, 0) / n);
        const variance = outcomes.reduce((sum, one) => sum + squares(one.map((x, j) => x - mean[j]!)), 0) / n;
        let noise = 0;
        for (const a of outcomes) for (const b of outcomes) noise += summaryOf(full, [a, b]).noise ** 2 / n ** 2;
        expect(noise * squares(full)).toBeCloseTo(variance, 8);
      }),
    );
  });

  it("tells a shift of an estimate that draws nothing exactly", () => {
    fc.assert(
      fc.property(nonZero, vector, (full, shift) => {
        const drawn = full.map((value, j) => value + shift[j]!);
        const { bias, resolution, noise, signalToNoise } = summaryOf(full, [drawn, drawn, drawn]);
        expect(bias).toBeCloseTo(Math.sqrt(squares(shift) / squares(full)), 10);
        expect({ resolution, noise, signalToNoise }).toEqual({ resolution: 0, noise: 0, signalToNoise: undefined });
      }),
    );
  });

  it("finds no bias, and full cosine, where draws cancel around the gradient", () => {
    const full = Float64Array.of(3, 4);
    const { bias, resolution, noise, signalToNoise, cosine } = summaryOf(full, [
      Float64Array.of(3, 5),
      Float64Array.of(3, 3),
    ]);
    expect(bias).toBe(0);
    expect(noise).toBeCloseTo(Math.SQRT2 / 5, 12); // the sample variance is 2
    expect(resolution).toBeCloseTo(1 / 5, 12);
    expect(signalToNoise).toBeCloseTo((25 - 1) / 2, 12);
    expect(cosine).toBe(1);
  });

  it("has no signal where the mean is no larger than chance makes it", () => {
    const { signalToNoise, cosine, bias } = summaryOf(Float64Array.of(1), [Float64Array.of(5), Float64Array.of(-5)]);
    expect({ signalToNoise, cosine, bias }).toEqual({ signalToNoise: 0, cosine: 0, bias: 0 });
  });
});
