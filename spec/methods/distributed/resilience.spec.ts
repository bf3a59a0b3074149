import { randomKey } from "cotangent";
import { assignmentMatrix, recoveryVector, resilience } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { assignments, covers, matrixOf } from "./support/assignments.js";
import { positionsOf, subsetsOf } from "./support/codes.js";

describe("resilience", () => {
  law("is the largest δ over all sets that answer, however many", assignments, async (recipe) => {
    const matrix = await matrixOf(recipe);
    const { workers } = recipe;
    for (let t = 0; t < workers; t++) {
      let worst = 0;
      for (const responding of subsetsOf(positionsOf(workers))) {
        if (responding.length < workers - t) continue;
        const delta = covers(matrix, responding) ? recoveryVector(matrix, responding).delta : Number.POSITIVE_INFINITY;
        worst = Math.max(worst, delta);
      }
      const found = resilience(matrix, t);
      if (worst === Number.POSITIVE_INFINITY) expect(found.delta).toBe(worst);
      else expect(found.delta).toBeCloseTo(worst, 12);
      const responding = positionsOf(workers).filter((worker) => !found.worst.includes(worker));
      expect(found.worst.length).toBe(t);
      if (Number.isFinite(worst)) expect(recoveryVector(matrix, responding).delta).toBeCloseTo(worst, 12);
      else expect(covers(matrix, responding)).toBe(false);
    }
  });

  it("bears r − 1 stragglers with fractional and cyclic repetition, and no more", async () => {
    for (let workers = 2; workers <= 8; workers++) {
      for (let replication = 1; replication <= workers; replication++) {
        for (const scheme of ["fractional", "cyclic"] as const) {
          if (scheme === "fractional" && workers % replication !== 0) continue;
          const options = { workers, points: workers, scheme, replication };
          const matrix = await assignmentMatrix(options, randomKey(1));
          const { delta } = resilience(matrix, replication - 1);
          expect(delta).toBeLessThan(Number.POSITIVE_INFINITY);
          if (scheme === "fractional") expect(Math.abs(delta)).toBeLessThan(1e-12);
          if (replication < workers) expect(resilience(matrix, replication).delta).toBe(Number.POSITIVE_INFINITY);
        }
      }
    }
  });

  it("has the known δ of cyclic repetition 3 with two stragglers: 0 of 6 workers, up to 0.5 of 8", async () => {
    const six = await assignmentMatrix({ workers: 6, points: 6, scheme: "cyclic", replication: 3 }, randomKey(1));
    expect(Math.abs(resilience(six, 2).delta)).toBeLessThan(1e-12);
    const eight = await assignmentMatrix({ workers: 8, points: 8, scheme: "cyclic", replication: 3 }, randomKey(1));
    expect(resilience(eight, 2).delta).toBeCloseTo(0.5, 12);
  });

  it("names the argument that is wrong", () => {
    expect(() => resilience([[1]], 1)).toThrow("resilience: stragglers is 1 but must be below workers, 1");
    expect(() => resilience([[1]], -1)).toThrow("resilience: stragglers is -1 but must be a whole number ≥ 0");
    expect(() => resilience([[0]], 0)).toThrow(
      "resilience: assignment has no worker for point 0 but must have one for every point",
    );
    expect(() =>
      resilience(
        positionsOf(40).map(() => [1]),
        20,
      ),
    ).toThrow(
      "resilience: stragglers is 20, which makes 137846528820 sets of 40 workers, but must make at most 1000000",
    );
  });
});
