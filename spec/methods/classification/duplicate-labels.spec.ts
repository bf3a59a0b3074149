import { duplicateLabels } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { lists, memberships } from "./support/labelled-rows.js";

const [labels, clusters] = [4, 3];
const [some, matches, assignments] = [
  memberships(6, labels),
  memberships(6, clusters),
  memberships(labels, clusters, 1),
];

describe("duplicateLabels", () => {
  law(
    "has a copy for each label and cluster, listed by cluster",
    some,
    matches,
    assignments,
    (labelLists, matched, assignment) => {
      const { labelOf, clusterOf, copiesIn } = duplicateLabels(labelLists, assignment, matched);
      expect(Array.from(labelOf, (label, copy) => [label, clusterOf[copy]])).toEqual(
        assignment.flatMap((list, label) => list.map((c) => [label, c])),
      );
      for (let c = 0; c < clusters; c++) {
        expect(Array.from(copiesIn[c] ?? [])).toEqual([...clusterOf.keys()].filter((copy) => clusterOf[copy] === c));
      }
    },
  );

  law(
    "gives an example to the copies in clusters that it is matched to",
    some,
    matches,
    assignments,
    (labelLists, matched, assignment) => {
      const { labelOf, clusterOf, targets } = duplicateLabels(labelLists, assignment, matched);
      labelOf.forEach((label, copy) => {
        const all = [...labelLists.keys()].filter((i) => labelLists[i].includes(label));
        const own = all.filter((i) => matched[i].includes(clusterOf[copy]));
        const expected = assignment[label].length === 1 || own.length === 0 ? all : own;
        expect([...targets.keys()].filter((i) => targets[i].includes(copy))).toEqual(expected);
      });
      for (const list of targets) expect(new Set(list).size).toBe(list.length);
    },
  );

  law("changes nothing where no label has two clusters", some, matches, (labelLists, matched) => {
    const alone = Array.from({ length: labels }, (_, label) => [label % clusters]);
    const { labelOf, targets } = duplicateLabels(labelLists, alone, matched);
    expect(Array.from(labelOf)).toEqual([0, 1, 2, 3]);
    expect(lists(targets)).toEqual(labelLists);
  });

  it("names the argument that is wrong", () => {
    expect(() => duplicateLabels([[0]], [[0]], [])).toThrow(
      new RangeError("duplicateLabels: matched has 0 lists but must have 1, as labelLists has"),
    );
    expect(() => duplicateLabels([[], [1]], [[0]], [[0], [0]])).toThrow(
      new RangeError("duplicateLabels: labelLists[1] has label 1 but must have labels in [0, 1)"),
    );
  });
});
