import type { WorkerProgram, Workers } from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { weightedSummaries } from "../../../src/methods/distributed/weighted-summaries.js";

/** Workers that answer in a given order, and count how often they are let go. */
function workersOf(count: number, order: readonly number[]) {
  const seen = { released: 0 };
  const workers: Workers = {
    count,
    assign: async <Share, Task, Answer>(program: WorkerProgram<Share, Task, Answer>, shares: readonly Share[]) => ({
      ask: async (task: Task) => ({
        answers: new Map(order.map((worker) => [worker, program(shares[worker], task)])),
        elapsed: 7,
      }),
      release() {
        seen.released++;
      },
    }),
  };
  return { workers, seen };
}

const points = [[1], [4], [9]];
const assignment = [
  [0, 0, 1],
  [1, 1, 0],
  [1, 0, 1],
  [0, 1, 1],
];
const sum = (share: readonly Float64Array[], by: number) => share.reduce((total, [x]) => total + by * x, 0);

describe("weightedSummaries", () => {
  it("asks each worker about its points, and lists answers by worker, whatever order they come in", async () => {
    const { workers, seen } = workersOf(4, [3, 1, 2]);
    const found = await weightedSummaries(points, assignment, workers, sum, 2, { method: "uniform" });
    expect(found.responding).toEqual([1, 2, 3]);
    expect(found.summaries).toEqual([
      { weight: 0.5, summary: 10 },
      { weight: 0.5, summary: 20 },
      { weight: 0.5, summary: 26 },
    ]);
    expect([...found.weights]).toEqual([0, 0.5, 0.5, 0.5]);
    expect([found.delta, found.elapsed, seen.released]).toEqual([0, 7, 1]);
  });

  it("leaves out answers that do not count", async () => {
    const { workers } = workersOf(4, [0, 1, 2, 3]);
    const found = await weightedSummaries(points, assignment, workers, sum, 1, { method: "linear-program" });
    expect([...found.weights]).toEqual([0, 0.5, 0.5, 0.5]);
    expect(found.responding).toEqual([0, 1, 2, 3]);
    expect(found.summaries.map(({ summary }) => summary)).toEqual([5, 10, 13]);
  });

  it("lets workers go also where their answers do not suffice", async () => {
    const { workers, seen } = workersOf(4, [0]);
    await expect(weightedSummaries(points, assignment, workers, sum, 1, {})).rejects.toThrow(
      "recoveryVector: responding has no worker for points 0, 1 but must have one for every point",
    );
    expect(seen.released).toBe(1);
  });
});
