import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/autodiff/check.js";
import { checkSampler } from "../../src/testing/check-sampler.js";
import { randomChoiceSource } from "../../src/testing/choice-source.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const zipf = (classes: number) => {
  const weights = Array.from({ length: classes }, (_, j) => 1 / (j + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

function drawFrom(probabilities: readonly number[], length: number, seed: number): Int32Array {
  const source = randomChoiceSource(sfc32(seed));
  return Int32Array.from({ length }, () => source.choose(probabilities));
}

const refusal = /^checkSampler: the log e-value of draws is/;

describe("checkSampler", () => {
  it("accepts correct samplers, few classes or many, one row or several", () => {
    for (const classes of [1, 2, 10, 64, 65, 1000]) {
      const probabilities = zipf(classes);
      const draws = drawFrom(probabilities, 4_000, classes);
      for (const rows of [1, 4]) {
        const report = checkSampler({ draws, probabilities, rows, seed: rows });
        expect(report.logE).toBeLessThan(Math.log(100));
        if (rows === 1) expect(report.logRows).toBe(0);
        if (report.chiSquare) expect(report.chiSquare.p).toBeGreaterThan(1e-3);
      }
    }
  });

  it("reports chi-square where every cell expects ten draws, and leaves it out elsewhere", () => {
    const draws = drawFrom([0.9, 0.1], 100, 1);
    expect(checkSampler({ draws, probabilities: [0.9, 0.1] }).chiSquare?.degreesOfFreedom).toBe(1);
    expect(checkSampler({ draws: draws.subarray(1), probabilities: [0.9, 0.1] })).not.toHaveProperty("chiSquare");
  });

  it("refuses frequencies that are off by a twentieth", () => {
    const draws = drawFrom([0.35, 0.4, 0.25], 20_000, 2);
    expect(() => checkSampler({ draws, probabilities: [0.4, 0.35, 0.25] })).toThrow(refusal);
  });

  it("refuses a wrong law over a thousand classes, through the merged cells", () => {
    const draws = drawFrom(zipf(1000), 2_000, 3);
    for (const seed of [0, 1, 2]) {
      expect(() => checkSampler({ draws, probabilities: new Array(1000).fill(1 / 1000), seed })).toThrow(refusal);
    }
  });

  it("refuses steps that remember the step before, although the frequencies are right", () => {
    for (const classes of [3, 100]) {
      const probabilities = zipf(classes);
      const source = randomChoiceSource(sfc32(4));
      const draws: number[] = [];
      for (let i = 0; i < 10_000; i++) {
        draws.push(i > 0 && source.choose([4, 1]) === 1 ? draws[i - 1] : source.choose(probabilities));
      }
      expect(() => checkSampler({ draws, probabilities })).toThrow(refusal);
    }
  });

  it("refuses rows of a step that share their randomness, although each row is right", () => {
    const probabilities = [0.5, 0.3, 0.2];
    const source = randomChoiceSource(sfc32(5));
    const draws: number[] = [];
    for (let step = 0; step < 4000; step++) {
      const first = source.choose(probabilities);
      draws.push(
        first,
        source.choose([4, 1]) === 1 ? first : source.choose(probabilities),
        source.choose(probabilities),
      );
    }
    expect(() => checkSampler({ draws, probabilities, rows: 3 })).toThrow(
      /neighbouring rows [0-9.]+\) but must stay below 20\.72; they do not follow probabilities independently$/,
    );
  });

  it("sees a memory of the step before in rows drawn together", () => {
    const probabilities = [0.5, 0.5];
    const source = randomChoiceSource(sfc32(6));
    const draws: number[] = [];
    for (let step = 0; step < 4000; step++) {
      for (let row = 0; row < 2; row++) {
        const before = draws[2 * (step - 1) + row];
        draws.push(step > 0 && source.choose([3, 1]) === 1 ? before : source.choose(probabilities));
      }
    }
    const report = checkSampler({ draws, probabilities, rows: 2, alpha: 1e-300 });
    expect(report.logSerial).toBeGreaterThan(50);
    expect(report.logRows).toBeLessThan(3);
    expect(report.logFrequency).toBeLessThan(3);
  });

  it("uses disjoint pairs: successive steps of a row, neighbouring rows of a step", () => {
    // rows (a, b): a alternates 0, 1 and b = 1 − a. Pairs of steps: (0,1) and (1,0); pairs of rows: the same
    const draws = Array.from({ length: 40 }, (_, i) => (Math.floor(i / 2) + i) % 2);
    const report = checkSampler({ draws, probabilities: [0.5, 0.5], rows: 2, alpha: 1e-12 });
    // Dirichlet weight 1 a cell, 4 cells: serial 10 + 10 of 20 pairs, rows 10 + 10 of 20 pairs
    const logFactorial = (n: number) =>
      Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((sum, x) => sum + x, 0);
    const expected = logFactorial(3) + 2 * logFactorial(10) - logFactorial(23) + 20 * Math.log(4);
    expect(report.logSerial).toBeCloseTo(expected, 10);
    expect(report.logRows).toBeCloseTo(expected, 10);
    const evidence = [report.logFrequency, report.logSerial, report.logRows];
    expect(report.logE).toBeCloseTo(Math.log(evidence.reduce((sum, log) => sum + Math.exp(log), 0) / 3), 12);
  });

  it("refuses an impossible class at once", () => {
    expect(() => checkSampler({ draws: [0, 2, 1], probabilities: [0.5, 0, 0.5] })).toThrow(
      new Error("checkSampler: draws[2] is 1, which has probability 0, but must be a possible class"),
    );
  });

  it("holds the claimed log q to 1e-12", () => {
    const probabilities = [0.25, 0.75];
    const draws = [0, 1];
    const claim = (error: number) => [Math.log(0.25), Math.log(0.75) + error];
    expect(checkSampler({ draws, probabilities, logProbabilities: claim(5e-13) }).logE).toBeLessThan(1);
    expect(() => checkSampler({ draws, probabilities, logProbabilities: [Math.log(0.25), -0.25] })).toThrow(
      new Error(
        `checkSampler: logProbabilities[1] is -0.25 but must be ${Math.log(0.75)} within 1e-12, the log-probability of class 1`,
      ),
    );
    for (const error of [2e-12, -2e-12, NaN]) {
      expect(() => checkSampler({ draws, probabilities, logProbabilities: claim(error) })).toThrow(
        "checkSampler: logProbabilities[1] is",
      );
    }
  });

  it("names the argument that is wrong", () => {
    const probabilities = [0.5, 0.5];
    expect(() => checkSampler({ draws: [], probabilities })).toThrow(
      new RangeError("checkSampler: the number of draws is 0 but must be a positive multiple of rows, 1"),
    );
    expect(() => checkSampler({ draws: [0, 1, 0], probabilities, rows: 2 })).toThrow(
      new RangeError("checkSampler: the number of draws is 3 but must be a positive multiple of rows, 2"),
    );
    for (const id of [-1, 2, 0.5, NaN]) {
      expect(() => checkSampler({ draws: [id], probabilities })).toThrow(
        new RangeError(`checkSampler: draws[0] is ${id} but must be a whole number in [0, 2)`),
      );
    }
    expect(() => checkSampler({ draws: [0], probabilities, logProbabilities: [] })).toThrow(
      new ShapeError("checkSampler: logProbabilities has 0 entries but must have 1, as draws has"),
    );
    expect(() => checkSampler({ draws: [0], probabilities: [0.5] })).toThrow(
      new RangeError("checkSampler: the sum of probabilities is 0.5 but must be 1 within 1e-12"),
    );
    expect(() => checkSampler({ draws: [0], probabilities, alpha: 1 })).toThrow(
      new RangeError("checkSampler: alpha is 1 but must be in (0, 1)"),
    );
    expect(() => checkSampler({ draws: [0], probabilities, rows: 0 })).toThrow(
      new RangeError("checkSampler: rows is 0 but must be a whole number ≥ 1"),
    );
    expect(() => checkSampler({ draws: [0], probabilities, seed: -1 })).toThrow(
      new RangeError("checkSampler: seed is -1 but must be a whole number ≥ 0"),
    );
  });
});
