import { describe, expect, it } from "vitest";
import { mergeClasses } from "../../src/testing/merge-classes.js";

describe("mergeClasses", () => {
  it("gives every class a cell of its own where there are enough", () => {
    const merged = mergeClasses([0.2, 0.3, 0.5], 3, 0);
    expect(Array.from(merged.cellOf)).toEqual([0, 1, 2]);
    expect(Array.from(merged.probabilities)).toEqual([0.2, 0.3, 0.5]);
  });

  it("makes cells of nearly equal mass that add up their classes", () => {
    const classes = 5000;
    const probabilities = Array.from({ length: classes }, (_, j) => (1 + (j % 7)) / (4 * classes));
    const total = probabilities.reduce((sum, p) => sum + p, 0);
    const { cellOf, probabilities: cells } = mergeClasses(probabilities, 64, 3);
    const sums = new Float64Array(64);
    for (const [j, p] of probabilities.entries()) sums[cellOf[j]] += p;
    expect(cells.length).toBe(64);
    for (const [cell, mass] of cells.entries()) {
      expect(sums[cell]).toBeCloseTo(mass, 14);
      expect(Math.abs(mass - total / 64)).toBeLessThan(0.02 / 64);
    }
  });

  it("leaves no cell empty, also when one class outweighs the rest or has no mass", () => {
    for (const probabilities of [
      [0.9, ...new Array(99).fill(0.1 / 99)],
      [...new Array(80).fill(0), ...new Array(20).fill(1 / 20)],
      [...new Array(80).fill(0), ...Array.from({ length: 20 }, (_, j) => (j + 1) / 210)],
      [...new Array(80).fill(0), ...new Array(8).fill(1 / 8)],
    ]) {
      for (let seed = 0; seed < 200; seed++) {
        const { cellOf, probabilities: cells } = mergeClasses(probabilities, 8, seed);
        expect(cells.length).toBe(8);
        expect(cells.every((mass) => mass > 0)).toBe(true);
        expect(cells.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 12);
        expect(Math.max(...cellOf)).toBe(7);
        expect(Math.min(...cellOf)).toBe(0);
      }
    }
  });

  it("leaves the heavy classes to themselves, whatever the order", () => {
    const probabilities = [...new Array(50).fill(0.1 / 50), 0.6, 0.3];
    for (let seed = 0; seed < 20; seed++) {
      const { probabilities: cells } = mergeClasses(probabilities, 7, seed);
      expect(Array.from(cells.subarray(0, 2))).toEqual([0.6, 0.3]);
      for (const mass of cells.subarray(2)) expect(mass).toBeCloseTo(0.02, 2.5);
    }
  });

  it("leaves a class of just a cell's share to itself", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { probabilities: cells } = mergeClasses([0.125, 0.25, 0.125, 0.25, 0.25], 4, seed);
      expect(Array.from(cells)).toEqual([0.25, 0.25, 0.25, 0.25]);
    }
  });

  it("closes a cell only before a class that would overshoot by more than it fills", () => {
    for (let seed = 0; seed < 5; seed++) {
      // a share of 3/16: the second eighth would overshoot by as much as it fills
      const { probabilities: cells } = mergeClasses([0.625, 0.125, 0.125, 0.125], 3, seed);
      expect(Array.from(cells)).toEqual([0.625, 0.25, 0.125]);
    }
  });

  it("merges other classes for another seed, and the same for the same", () => {
    const flat = new Array(200).fill(1 / 200);
    expect(mergeClasses(flat, 8, 1)).toEqual(mergeClasses(flat, 8, 1));
    expect(mergeClasses(flat, 8, 1).cellOf).not.toEqual(mergeClasses(flat, 8, 2).cellOf);
  });
});
