import { randomKey } from "cotangent";
import { type StragglerModel, simulatedWorkers, simulateStragglers, VirtualClock } from "cotangent/methods/distributed";
import { seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const scaled = (share: readonly number[], task: { readonly by: number }) => share.map((x) => x * task.by);
const shares = [[1], [2, 3], [], [4], [5]];

describe("simulatedWorkers", () => {
  it("gives each worker its share once and each task to all", async () => {
    const workers = simulatedWorkers({ count: 5 }, randomKey(1));
    expect(workers.count).toBe(5);
    const crew = await workers.assign(scaled, shares);
    for (const by of [2, -1]) {
      const { answers, elapsed } = await crew.ask({ by });
      expect([...answers]).toEqual(shares.map((share, worker) => [worker, share.map((x) => x * by)]));
      expect(elapsed).toBe(1);
    }
    expect(workers.clock.now).toBe(2);
  });

  law("answers as simulateStragglers says, in that order and time", seeds, async (seed) => {
    const models: StragglerModel[] = [
      { kind: "latency", drop: 2 },
      { kind: "count", count: 3 },
      { kind: "independent", probability: 0.5 },
    ];
    for (const stragglers of models) {
      const clock = new VirtualClock();
      const workers = simulatedWorkers({ count: 5, stragglers, clock }, randomKey(seed));
      let passed = 0;
      for (const crewNumber of [0, 1]) {
        const crew = await workers.assign(scaled, shares);
        for (const round of [0, 1, 2]) {
          const expected = await simulateStragglers(5, stragglers, randomKey(seed).at(crewNumber, round));
          const { answers, elapsed } = await crew.ask({ by: 1 });
          expect([...answers.keys()]).toEqual(expected.responding);
          expect(elapsed).toBe(expected.elapsed);
          passed += elapsed;
          expect(clock.now).toBe(passed);
        }
      }
    }
  });

  it("copies what passes, as between machines", async () => {
    const mine = [{ x: [1] }, { x: [2] }];
    const kept: { x: number[] }[] = [];
    const program = (share: { x: number[] }, task: { y: number[] }) => {
      kept.push(share);
      task.y.push(9);
      return share.x;
    };
    const crew = await simulatedWorkers({ count: 2 }, randomKey(1)).assign(program, mine);
    mine[0].x.push(5);
    const task = { y: [0] };
    const { answers } = await crew.ask(task);
    expect(task.y).toEqual([0]);
    expect(answers.get(0)).toEqual([1]);
    kept[1].x.push(7);
    expect(answers.get(1)).toEqual([2]);
    await expect(crew.ask({ y: [], f: () => 0 } as { y: number[] })).rejects.toThrow();
  });

  it("computes only answers that come in time", async () => {
    let computed = 0;
    const stragglers = { kind: "given", stragglers: [1, 3] } as const;
    const crew = await simulatedWorkers({ count: 5, stragglers }, randomKey(1)).assign(() => computed++, shares);
    expect([...(await crew.ask(0)).answers.keys()]).toEqual([0, 2, 4]);
    expect(computed).toBe(3);
  });

  it("searches for the worst set once", async () => {
    let tried = 0;
    const damage = (set: readonly number[]) => {
      tried++;
      return set.includes(3) ? 1 : 0;
    };
    const stragglers = { kind: "worst", count: 1, damage } as const;
    const workers = simulatedWorkers({ count: 5, stragglers }, randomKey(1));
    const crew = await workers.assign(scaled, shares);
    for (let round = 0; round < 3; round++) {
      expect([...(await crew.ask({ by: 1 })).answers.keys()]).toEqual([0, 1, 2, 4]);
    }
    expect(tried).toBe(5);
  });

  it("answers nothing where all straggle, and nothing after release", async () => {
    const stragglers = { kind: "count", count: 5 } as const;
    const crew = await simulatedWorkers({ count: 5, stragglers }, randomKey(1)).assign(scaled, shares);
    expect((await crew.ask({ by: 1 })).answers.size).toBe(0);
    crew.release();
    await expect(crew.ask({ by: 1 })).rejects.toThrow("ask: the workers are released; assign them shares again");
  });

  it("names the argument that is wrong", async () => {
    expect(() => simulatedWorkers({ count: 0 }, randomKey(1))).toThrow(
      "simulatedWorkers: count is 0 but must be a whole number ≥ 1",
    );
    expect(() => simulatedWorkers({ count: 2, stragglers: { kind: "latency", drop: 2 } }, randomKey(1))).toThrow(
      "simulatedWorkers: drop is 2 but must be below workers, 2",
    );
    await expect(simulatedWorkers({ count: 2 }, randomKey(1)).assign(scaled, shares)).rejects.toThrow(
      "assign: there are 5 shares but must be 2, one for each worker",
    );
  });
});
