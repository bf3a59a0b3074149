import { randomKey } from "cotangent";
import {
  assignmentMatrix,
  clusteringCost,
  simulatedWorkers,
  simulateStragglers,
  straggleResilientKMedian,
  weightedClustering,
} from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { positionsOf } from "./support/codes.js";
import { gaussianRows } from "./support/least-squares.js";

const [points, clusters, workers, missing, trials] = [600, 6, 6, 2, 15];

describe("straggleResilientKMedian at n = 600, k = 6, two of six workers missing", () => {
  it("costs little more than in one place, where no redundancy costs many times as much", async () => {
    const redundant: number[] = [];
    const ignoring: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const key = randomKey(trial);
      const centres = await gaussianRows(key.at("centres"), clusters, 2);
      const noise = await gaussianRows(key.at("noise"), points, 2);
      const data = noise.map((row, j) =>
        row.map((x, axis) => x + 50 * centres[Math.floor((j * clusters) / points)][axis]),
      );
      const central = await weightedClustering(data, { clusters }, key.at("central"));

      const stragglers = { kind: "count", count: missing } as const;
      const crew = simulatedWorkers({ count: workers, stragglers }, key.at("stragglers"));
      const assignment = await assignmentMatrix(
        { workers, points, scheme: "cyclic", replication: 3 },
        key.at("assignment"),
      );
      const found = await straggleResilientKMedian(data, assignment, crew, { clusters }, key.at("solve"));
      expect(found.responding.length).toBe(workers - missing);
      expect(Math.abs(found.delta)).toBeLessThan(1e-9);
      redundant.push(clusteringCost(data, found.centres) / central.cost);

      const { responding } = await simulateStragglers(workers, stragglers, key.at("stragglers", 0, 0));
      expect(responding).toEqual(found.responding);
      const kept = data.filter((_, j) => responding.includes(Math.floor((j * workers) / points)));
      const blocks = positionsOf(responding.length);
      const plain = blocks.map((block) =>
        Float64Array.from(kept, (_, j) => (Math.floor((j * blocks.length) / kept.length) === block ? 1 : 0)),
      );
      const rest = simulatedWorkers({ count: blocks.length }, key);
      const ignored = await straggleResilientKMedian(kept, plain, rest, { clusters }, key.at("solve"));
      ignoring.push(clusteringCost(data, ignored.centres) / central.cost);
    }
    const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    const about = {
      method: "straggleResilientKMedian",
      run: `n = ${points} in the plane, ${clusters} clusters, a block each, ${missing} of ${workers} workers missing, ${trials} trials`,
    };
    tellClaim({
      ...about,
      claim: "With each point on three workers, little is lost against clustering in one place.",
      figure: `${mean(redundant).toFixed(2)} times the cost on average, ${Math.max(...redundant).toFixed(2)} at worst`,
      seen: mean(redundant) <= 1.2 && Math.max(...redundant) <= 1.5,
    });
    tellClaim({
      ...about,
      claim: "Without redundancy, missing workers ignored, the cost is many times as high.",
      figure: `${mean(ignoring).toFixed(1)} times the cost on average, ${Math.min(...ignoring).toFixed(1)} at best`,
      seen: mean(ignoring) >= 5,
    });
    expect(mean(redundant)).toBeLessThanOrEqual(1.2);
    expect(Math.max(...redundant)).toBeLessThanOrEqual(1.5);
    expect(mean(ignoring)).toBeGreaterThanOrEqual(5);
  });
});
