import { randomKey } from "cotangent";
import {
  assignOverlappingClusters,
  centroidScorer,
  countMatches,
  type DisentangleAlternatingOptions,
  disentangleAlternating,
  linearScorer,
  matchingQuality,
  PartitionXmc,
} from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { type LabelledRows, labelledRows, lists } from "./support/labelled-rows.js";

const rows = labelledRows(5, 3);
const overlaps = fc.integer({ min: 1, max: 3 });
const sizes = { labels: 5, clusters: 3 };

function run({ inputs, labelLists }: LabelledRows, options: Partial<DisentangleAlternatingOptions> = {}) {
  const scorers = { matcher: linearScorer({ epochs: 2 }), ranker: centroidScorer() };
  return disentangleAlternating(inputs, labelLists, { ...sizes, ...scorers, key: randomKey(3), beam: 1, ...options });
}

describe("disentangleAlternating", () => {
  law("starts from the plain model", rows, async (data) => {
    const scorers = { matcher: linearScorer({ epochs: 2 }), ranker: centroidScorer() };
    const options = { ...sizes, ...scorers, key: randomKey(3), beam: 1 };
    const [{ model }] = await run(data);
    const plain = await PartitionXmc.fit(data.inputs, data.labelLists, options);
    expect(lists(model.assignment)).toEqual(lists(plain.assignment));
    for (const x of data.inputs) expect(model.rank(x)).toEqual(plain.rank(x));
  });

  law("reassigns in each round by what the last matcher did", rows, overlaps, async (data, overlap) => {
    const rounds = await run(data, { overlap, rounds: 2 });
    expect(rounds.length).toBe(3);
    const base = rounds[0].model.assignment.map((list) => list[0]);
    for (let i = 1; i < 3; i++) {
      const counts = countMatches(data.labelLists, rounds[i - 1].model.trainingMatches, sizes);
      const expected = assignOverlappingClusters(counts, base, { clusters: 3, overlap });
      expect(lists(rounds[i].model.assignment)).toEqual(lists(expected));
    }
  });

  law("says what each model's own matcher finds", rows, async (data) => {
    for (const { model, objective, recall, candidates } of await run(data)) {
      let triples = 0;
      data.labelLists.forEach((list, i) => {
        for (const c of model.trainingMatches[i]) {
          triples += list.filter((label) => Array.from(model.assignment[label]).includes(c)).length;
        }
      });
      expect(objective).toBe(triples);
      expect({ recall, candidates }).toEqual(matchingQuality(data.labelLists, model.trainingMatches, model.assignment));
    }
  });

  law("keeps to a capacity", rows, async (data) => {
    for (const { model } of await run(data, { overlap: 3, capacity: 2 })) {
      for (let c = 0; c < 3; c++) {
        expect(model.assignment.filter((list) => Array.from(list).includes(c)).length).toBeLessThanOrEqual(2);
      }
    }
  });

  it("gives a label two clusters where it means two things", async () => {
    const inputs = [0, 1].flatMap((side) => Array.from({ length: 4 }, () => [1 - side, side]));
    const labelLists = [[0], [0], [0], [1], [2], [2], [2], [1]];
    for (const seed of [0, 1, 2, 3]) {
      const options = { labels: 3, clusters: 2, beam: 1, key: randomKey(seed) };
      const rounds = await disentangleAlternating(inputs, labelLists, options);
      expect(lists(rounds[1].model.assignment)[1]).toEqual([0, 1]);
      expect(rounds[1].recall).toBe(1);
    }
  });

  it("has one round with an overlap of 2 by default", async () => {
    const data = { inputs: [[1, 0, 0]], labelLists: [[0, 3]], labels: 5 };
    const assigned = async (options: Partial<DisentangleAlternatingOptions>) =>
      (await run(data, { beam: 3, ...options })).map(({ model }) => lists(model.assignment));
    const byDefault = await assigned({});
    expect(byDefault).toEqual(await assigned({ overlap: 2, rounds: 1 }));
    expect(byDefault[1][0]).toEqual([0, 1]);
    expect((await assigned({ overlap: 3 }))[1][0]).toEqual([0, 1, 2]);
  });

  it("names the argument that is wrong", async () => {
    const call = (options: Partial<DisentangleAlternatingOptions>, labelLists = [[0], [1]]) =>
      disentangleAlternating([[1], [2]], labelLists, { labels: 2, clusters: 2, key: randomKey(0), ...options });
    const whole = "but must be a whole number ≥ 1";
    for (const name of ["overlap", "rounds", "capacity"]) {
      await expect(call({ [name]: 0 })).rejects.toThrow(
        new RangeError(`disentangleAlternating: ${name} is 0 ${whole}`),
      );
    }
    await expect(call({ labels: 5, capacity: 2 })).rejects.toThrow(
      new RangeError("disentangleAlternating: capacity is 2 but must hold 5 labels in 2 clusters"),
    );
    await expect(call({ beam: 3 })).rejects.toThrow(
      new RangeError("PartitionXmc.fit: beam is 3 but must be at most 2, the clusters"),
    );
    await expect(call({}, [[], []])).rejects.toThrow(
      new RangeError("PartitionXmc.fit: labelLists has no label in any list but must have one to learn from"),
    );
  });
});
