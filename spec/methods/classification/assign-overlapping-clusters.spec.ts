import {
  type AssignOverlappingClustersOptions,
  assignOverlappingClusters,
  clusterAssignmentObjective,
  countMatches,
  matchingQuality,
} from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { asCounts, countTables, lists, memberships, subsetsUpTo } from "./support/labelled-rows.js";

const [labels, clusters] = [5, 4];
const tables = countTables(labels, clusters);
const bases = fc.array(fc.integer({ min: 0, max: clusters - 1 }), { minLength: labels, maxLength: labels });
const overlaps = fc.integer({ min: 1, max: clusters + 1 });
const capacities = fc.integer({ min: 2, max: labels });

const objectiveOf = (table: number[][], assignment: readonly ArrayLike<number>[]) =>
  clusterAssignmentObjective(asCounts(table), assignment);

function assign(table: number[][], base: number[], options: Partial<AssignOverlappingClustersOptions>) {
  return lists(assignOverlappingClusters(asCounts(table), base, { clusters, ...options }));
}

describe("assignOverlappingClusters", () => {
  law("is the best of all assignments, by trying each", countTables(3, 4), overlaps, (table, overlap) => {
    const found = assign(table, [0, 0, 0], { overlap });
    const each = table.map((row) =>
      Math.max(...subsetsUpTo(4, overlap).map((set) => set.reduce((sum, c) => sum + row[c], 0))),
    );
    expect(objectiveOf(table, found)).toBe(each.reduce((sum, best) => sum + best, 0));
  });

  law(
    "takes the first of equal counts, none of count 0, and keeps a label that is never matched",
    tables,
    bases,
    overlaps,
    (table, base, overlap) => {
      assign(table, base, { overlap }).forEach((list, label) => {
        const ranked = [0, 1, 2, 3]
          .filter((c) => table[label][c] > 0)
          .sort((a, b) => table[label][b] - table[label][a]);
        expect(list).toEqual(ranked.length === 0 ? [base[label]] : ranked.slice(0, overlap).sort());
      });
    },
  );

  law(
    "is the same by the greedy way, where the capacity does not bind",
    tables,
    bases,
    overlaps,
    (table, base, overlap) => {
      expect(assign(table, base, { overlap, capacity: labels })).toEqual(assign(table, base, { overlap }));
    },
  );

  law(
    "keeps to a capacity, and to 1 to λ clusters a label",
    tables,
    bases,
    overlaps,
    capacities,
    (table, base, overlap, capacity) => {
      const found = assign(table, base, { overlap, capacity });
      for (let c = 0; c < clusters; c++) {
        expect(found.filter((list) => list.includes(c)).length).toBeLessThanOrEqual(capacity);
      }
      for (const list of found) {
        expect(list.length).toBeGreaterThanOrEqual(1);
        expect(list.length).toBeLessThanOrEqual(overlap);
        expect(new Set(list).size).toBe(list.length);
      }
    },
  );

  law(
    "with a capacity leaves no entry that still has room",
    tables,
    bases,
    overlaps,
    capacities,
    (table, base, overlap, capacity) => {
      const found = assign(table, base, { overlap, capacity });
      const taken = [0, 1, 2, 3].map((c) => found.filter((list) => list.includes(c)).length);
      const left = capacity * clusters - found.flat().length;
      found.forEach((list, label) => {
        if (list.length === overlap || left < labels) return; // a place may have been held for another
        for (let c = 0; c < clusters; c++) {
          if (table[label][c] > 0 && !list.includes(c)) expect(taken[c]).toBe(capacity);
        }
      });
    },
  );

  it("with a capacity visits counts from the largest down, ties by label and cluster", () => {
    const table = [
      [5, 4, 0, 0],
      [5, 3, 0, 0],
      [0, 3, 0, 0],
    ];
    expect(assign(table, [2, 2, 3], { overlap: 2, capacity: 1 })).toEqual([[0, 1], [2], [3]]);
    expect(assign(table, [3, 3, 1], { overlap: 2, capacity: 1 })).toEqual([[0, 1], [3], [2]]);
    expect(assign(table, [2, 2, 1], { overlap: 2, capacity: 2 })).toEqual([[0, 1], [0, 1], [2]]);
    const crossed = [
      [5, 4],
      [4, 5],
      [0, 0],
    ];
    expect(assign(crossed, [0, 0, 0], { clusters: 2, overlap: 2, capacity: 2 })).toEqual([[0, 1], [1], [0]]);
    const options = { clusters: 2, overlap: 1, capacity: 1 };
    const backwards = new Map([
      [1, 5],
      [0, 5],
    ]);
    expect(lists(assignOverlappingClusters([backwards], [1], options))).toEqual([[0]]);
  });

  it("holds a place for each label that has none yet", () => {
    const table = [
      [5, 4],
      [0, 0],
    ];
    const found = assignOverlappingClusters(asCounts(table), [1, 1], { clusters: 2, overlap: 2, capacity: 1 });
    expect(lists(found)).toEqual([[0], [1]]);
  });

  law(
    "gains by overlap, and by a wider beam",
    memberships(8, labels),
    memberships(8, clusters, 2),
    bases,
    (labelLists, matched, base) => {
      const countsOf = (beam: number) =>
        countMatches(
          labelLists,
          matched.map((list) => list.slice(0, beam)),
          { labels, clusters },
        );
      const counts = countsOf(2);
      const objectives = [
        clusterAssignmentObjective(
          counts,
          base.map((c) => [c]),
        ),
        ...[1, 2, 3, 4].map((overlap) =>
          clusterAssignmentObjective(counts, assignOverlappingClusters(counts, base, { clusters, overlap })),
        ),
      ];
      for (let i = 1; i < objectives.length; i++) expect(objectives[i]).toBeGreaterThanOrEqual(objectives[i - 1]);
      const narrow = assignOverlappingClusters(countsOf(1), base, { clusters });
      expect(clusterAssignmentObjective(countsOf(1), narrow)).toBeLessThanOrEqual(objectives[2]);
    },
  );

  law(
    "has a matching recall that does not fall as λ grows",
    memberships(8, labels, 1),
    memberships(8, clusters, 1),
    bases,
    (labelLists, matched, base) => {
      const counts = countMatches(labelLists, matched, { labels, clusters });
      const recalls = [1, 2, 3, 4].map(
        (overlap) =>
          matchingQuality(labelLists, matched, assignOverlappingClusters(counts, base, { clusters, overlap })).recall,
      );
      for (let i = 1; i < recalls.length; i++) expect(recalls[i]).toBeGreaterThanOrEqual(recalls[i - 1]);
    },
  );

  law("leaves an assignment that the matcher agrees with", tables, bases, (table, base) => {
    const agreeing = table.map((row, label) => row.map((count, c) => (c === base[label] ? 9 : count)));
    expect(assign(agreeing, base, { overlap: 1 })).toEqual(base.map((c) => [c]));
  });

  law(
    "permutes with labels and clusters",
    fc.array(fc.shuffledSubarray([1, 2, 3, 4], { minLength: 4 }), { minLength: labels, maxLength: labels }),
    fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: labels }),
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: clusters }),
    (table, order, names) => {
      const turned = order.map((label) => names.map((c) => table[label][c]));
      const back = (list: number[]) => list.map((c) => names[c]).sort();
      const found = assign(table, Array(labels).fill(0), {});
      expect(assign(turned, Array(labels).fill(0), {}).map(back)).toEqual(order.map((label) => found[label]));
    },
  );

  it("takes every used cluster where λ is at least K, and has room for one cluster only", () => {
    expect(
      assign(
        [
          [1, 0, 2, 3],
          [0, 0, 0, 0],
        ],
        [1, 1],
        { overlap: 9 },
      ),
    ).toEqual([[0, 2, 3], [1]]);
    const alone = assignOverlappingClusters(asCounts([[2], [0]]), [0, 0], { clusters: 1 });
    expect(lists(alone)).toEqual([[0], [0]]);
  });
});

describe("clusterAssignmentObjective", () => {
  law(
    "counts triples of an example, a label of it and a matched cluster of that",
    memberships(8, labels),
    memberships(8, clusters),
    memberships(labels, clusters),
    (labelLists, matched, assignment) => {
      const counts = countMatches(labelLists, matched, { labels, clusters });
      let triples = 0;
      labelLists.forEach((list, i) => {
        for (const label of list) triples += assignment[label].filter((c) => matched[i].includes(c)).length;
      });
      expect(clusterAssignmentObjective(counts, assignment)).toBe(triples);
      const single = matched.map((list) => list.slice(0, 1)); // no label is then matched twice
      const pairs = labelLists.flat().length;
      const { recall } = matchingQuality(labelLists, single, assignment);
      const objective = clusterAssignmentObjective(countMatches(labelLists, single, { labels, clusters }), assignment);
      expect(objective).toBe(pairs === 0 ? 0 : Math.round(recall * pairs));
    },
  );

  it("rejects an assignment of other labels", () => {
    expect(() => clusterAssignmentObjective(asCounts([[1], [1]]), [[0]])).toThrow(
      new RangeError("clusterAssignmentObjective: assignment has 1 labels but must have 2, as counts has"),
    );
  });
});

describe("assignOverlappingClusters, wrong arguments", () => {
  const call =
    (
      options: Partial<AssignOverlappingClustersOptions>,
      base = [0, 0],
      counts = asCounts([
        [1, 2],
        [3, 4],
      ]),
    ) =>
    () =>
      assignOverlappingClusters(counts, base, { clusters: 2, ...options });

  it("names what is wrong", () => {
    const whole = "but must be a whole number ≥ 1";
    expect(call({ overlap: 0 })).toThrow(new RangeError(`assignOverlappingClusters: overlap is 0 ${whole}`));
    expect(call({ clusters: 0 })).toThrow(new RangeError(`assignOverlappingClusters: clusters is 0 ${whole}`));
    expect(call({ capacity: 0.5 })).toThrow(new RangeError(`assignOverlappingClusters: capacity is 0.5 ${whole}`));
    expect(call({ clusters: 2, capacity: 1 }, [0, 0, 0], asCounts([[1], [1], [1]]))).toThrow(
      new RangeError("assignOverlappingClusters: capacity is 1 but must hold 3 labels in 2 clusters"),
    );
    expect(call({}, [0])).toThrow(
      new RangeError("assignOverlappingClusters: base has length 1 but must have 2, one a label"),
    );
    expect(call({}, [0, 2])).toThrow(
      new RangeError("assignOverlappingClusters: base[1] is 2 but must be a cluster in [0, 2)"),
    );
    expect(call({}, [0, 0], [new Map(), new Map([[2, 1]])])).toThrow(
      new RangeError("assignOverlappingClusters: counts[1] has cluster 2 but must have clusters in [0, 2)"),
    );
    expect(call({}, [0, 0], [new Map(), new Map([[1, -1]])])).toThrow(
      new RangeError("assignOverlappingClusters: counts[1] is -1 at cluster 1 but must be a finite number ≥ 0"),
    );
  });
});
