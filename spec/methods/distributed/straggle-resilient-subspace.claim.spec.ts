import { randomKey } from "cotangent";
import {
  assignmentMatrix,
  simulatedWorkers,
  straggleResilientSubspace,
  subspaceResidual,
} from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { tellClaim } from "../../support/claims.js";
import { positionsOf } from "./support/codes.js";
import { gaussianRows } from "./support/least-squares.js";

const [points, width, workers, missing, trials] = [600, 20, 6, 2, 15];

describe("straggleResilientSubspace at n = 600 in 20 dimensions, two of six workers missing", () => {
  it("has the residual of the best plane, where no redundancy has many times as much", async () => {
    const redundant: number[] = [];
    const truncated: number[] = [];
    const ignoring: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const key = randomKey(trial);
      const noise = await gaussianRows(key.at("noise"), points, width);
      const [strength] = await gaussianRows(key.at("strength"), 1, points);
      // two strong directions, each in a block of its own, in dimensions 0 and 1; the other blocks are noise
      const blockOf = (j: number) => Math.floor((j * workers) / points);
      const data = noise.map((row, j) =>
        row.map((x, axis) => x + (blockOf(j) === axis && axis < 2 ? 20 * strength[j] : 0)),
      );
      const everyone = simulatedWorkers({ count: 1 }, key);
      const all = await straggleResilientSubspace(data, [positionsOf(points).map(() => 1)], everyone, { rank: 2 });
      const best = subspaceResidual(data, all.basis);

      const stragglers = { kind: "count", count: missing } as const;
      const assignment = await assignmentMatrix(
        { workers, points, scheme: "cyclic", replication: 3 },
        key.at("assignment"),
      );
      const crew = () => simulatedWorkers({ count: workers, stragglers }, key.at("stragglers"));
      const found = await straggleResilientSubspace(data, assignment, crew(), { rank: 2 });
      redundant.push(subspaceResidual(data, found.basis) / best);
      const rough = await straggleResilientSubspace(data, assignment, crew(), { rank: 2, accuracy: 0.5 });
      truncated.push(subspaceResidual(data, rough.basis) / best);

      const kept = data.filter((_, j) => found.responding.includes(blockOf(j)));
      const alone = await straggleResilientSubspace(kept, [kept.map(() => 1)], everyone, { rank: 2 });
      if (!found.responding.includes(0) || !found.responding.includes(1)) {
        ignoring.push(subspaceResidual(data, alone.basis) / best);
      }
    }
    const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
    const about = {
      method: "straggleResilientSubspace",
      run: `n = ${points} in ${width} dimensions, two strong directions, a block each, ${missing} of ${workers} workers missing, ${trials} trials`,
    };
    tellClaim({
      ...about,
      claim: "With each point on three workers the plane is as near to the points as the best one, where δ = 0.",
      figure: `${Math.max(...redundant).toFixed(9)} times the least residual at worst`,
      seen: Math.max(...redundant) < 1 + 1e-9,
    });
    tellClaim({
      ...about,
      claim: "With ε = 0.5, where workers send fewer rows, the residual is less than 1.5 times the least.",
      figure: `${Math.max(...truncated).toFixed(4)} times the least residual at worst`,
      seen: Math.max(...truncated) < 1.5,
    });
    tellClaim({
      ...about,
      claim: "Without redundancy, a missing direction ignored, the residual is several times the least.",
      figure: `${mean(ignoring).toFixed(1)} times the least residual on average, ${Math.min(...ignoring).toFixed(1)} at best, in ${ignoring.length} trials`,
      seen: Math.min(...ignoring) > 2 && mean(ignoring) > 4,
    });
    expect(Math.max(...redundant)).toBeLessThan(1 + 1e-9); // δ = 0, so that nothing is lost
    expect(Math.max(...truncated)).toBeLessThan(1.5);
    expect(Math.min(...ignoring)).toBeGreaterThan(2);
    expect(mean(ignoring)).toBeGreaterThan(4);
  });
});
