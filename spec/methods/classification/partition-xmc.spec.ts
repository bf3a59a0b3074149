import { randomKey } from "cotangent";
import { precisionAt, recallAt } from "cotangent/data";
import {
  centroidScorer,
  type FeatureRow,
  type FitScorer,
  linearScorer,
  matchingQuality,
  PartitionXmc,
  type PartitionXmcOptions,
} from "cotangent/methods/classification";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { type LabelledRows, labelledRows, lists, memberships } from "./support/labelled-rows.js";

const clusters = 3;
const rows = labelledRows(5, 3);
const assignments = memberships(5, clusters, 1);
const beams = fc.integer({ min: 1, max: clusters });
const key = randomKey(5);

/** Sends every input to the clusters in order, with equal confidence. */
const evenMatcher: FitScorer = ({ classes }) => ({
  logConfidences: (_, of) => new Float64Array(of.length).fill(-Math.log(classes)),
});

/** Confidence in a cluster falls with its number. */
const fallingMatcher: FitScorer = () => ({ logConfidences: (_, of) => Float64Array.from(of, (c) => -0.5 * (c + 1)) });

function learn(
  { inputs, labelLists, labels }: LabelledRows,
  options: Partial<PartitionXmcOptions> = {},
  assignment?: number[][],
) {
  const ranker = centroidScorer();
  const all = { labels, clusters, key, beam: 2, matcher: linearScorer({ epochs: 2 }), ranker, ...options };
  return PartitionXmc.fit(inputs, labelLists, all, assignment);
}

/** exp(−‖x − mean‖²/d) for each label, 0 without examples. */
function plainScores({ inputs, labelLists, labels }: LabelledRows, x: readonly number[]): number[] {
  return Array.from({ length: labels }, (_, label) => {
    const own = inputs.filter((_, i) => labelLists[i].includes(label));
    if (own.length === 0) return 0;
    return Math.exp(
      -x.reduce((sum, value, j) => sum + (value - own.reduce((s, o) => s + o[j], 0) / own.length) ** 2, 0) / x.length,
    );
  });
}

describe("PartitionXmc", () => {
  law("is its ranker alone with one cluster", rows, async (data) => {
    const model = await learn(data, { clusters: 1, beam: 1, matcher: evenMatcher });
    for (const x of data.inputs) {
      const { labels, scores } = model.rank(x);
      const plain = plainScores(data, x);
      await expectClose(
        scores,
        Array.from(labels, (label) => plain[label]),
      );
      expect([...labels].sort()).toEqual([0, 1, 2, 3, 4]);
    }
  });

  law(
    "is its ranker alone where all copies are alike",
    rows,
    fc.constantFrom("mean" as const, "max" as const),
    async (data, merge) => {
      const everywhere = Array.from({ length: 5 }, () => [0, 1, 2]);
      const model = await learn(data, { beam: 3, matcher: evenMatcher, merge }, everywhere);
      for (const x of data.inputs) {
        const { labels, scores } = model.rank(x);
        const plain = plainScores(data, x);
        await expectClose(
          scores,
          Array.from(labels, (label) => plain[label] / 3),
        );
      }
    },
  );

  law(
    "ranks exactly the labels of matched clusters, best first",
    rows,
    assignments,
    beams,
    async (data, assignment, beam) => {
      const model = await learn(data, {}, assignment);
      for (const x of data.inputs) {
        const matched = Array.from(model.match(x, beam));
        expect(new Set(matched).size).toBe(beam);
        const { labels, scores } = model.rank(x, undefined, beam);
        const candidates = assignment.flatMap((list, label) => (list.some((c) => matched.includes(c)) ? [label] : []));
        expect([...labels].sort()).toEqual(candidates);
        expect(scores.every((score, i) => score >= 0 && score <= 1 && (i === 0 || score <= scores[i - 1]))).toBe(true);
        const short = model.rank(x, 2, beam);
        expect([...short.labels]).toEqual([...labels.slice(0, 2)]);
        expect(short.scores.length).toBe(Math.min(2, labels.length));
      }
    },
  );

  it("matches to the first of clusters that it is as confident of", async () => {
    const model = await learn({ inputs: [[1]], labelLists: [[0]], labels: 4 }, { matcher: evenMatcher });
    expect([...model.match([1]), ...model.match([1], 3)]).toEqual([0, 1, 0, 1, 2]);
  });

  law("multiplies confidences in cluster and copy, or adds them", rows, assignments, async (data, assignment) => {
    const ranker: FitScorer = () => ({ logConfidences: (_, of) => Float64Array.from(of, (copy) => -0.1 * (copy + 1)) });
    const copies = assignment.flatMap((list, label) => list.map((c) => ({ label, c })));
    for (const combine of ["product", "sum"] as const) {
      const model = await learn(data, { matcher: fallingMatcher, ranker, combine }, assignment);
      const { labels, scores } = model.rank(data.inputs[0]);
      const expected = Array.from(labels, (label) => {
        const own = copies.flatMap(({ label: of, c }, copy) => {
          const [cluster, itself] = [Math.exp(-0.5 * (c + 1)), Math.exp(-0.1 * (copy + 1))];
          return of === label && c < 2 ? [combine === "sum" ? cluster + itself : cluster * itself] : [];
        });
        return own.reduce((sum, score) => sum + score, 0) / own.length;
      });
      await expectClose(scores, expected, { tolerance: 1e-14 });
    }
  });

  law(
    "trains its matcher on the clusters of labels, and its ranker on copies against those matched",
    rows,
    assignments,
    async (data, assignment) => {
      const seen: { classes: number; targets: number[][]; candidates: number[][] | undefined }[] = [];
      const spying =
        (fitted: FitScorer): FitScorer =>
        (problem) => {
          const { classes, targets, candidates } = problem;
          seen.push({ classes, targets: lists(targets), candidates: candidates && lists(candidates) });
          return fitted(problem);
        };
      const { copies, trainingMatches } = await learn(
        data,
        { matcher: spying(fallingMatcher), ranker: spying(centroidScorer()) },
        assignment,
      );
      const [matcher, ranker] = seen;
      expect([matcher.classes, ranker.classes]).toEqual([clusters, assignment.flat().length]);
      data.labelLists.forEach((list, i) => {
        expect([...matcher.targets[i]].sort()).toEqual([...new Set(list.flatMap((label) => assignment[label]))].sort());
        expect([...trainingMatches[i]]).toEqual([0, 1]);
      });
      expect(matcher.candidates).toBeUndefined();
      expect(ranker.targets).toEqual(lists(copies.targets));
      const matched = [...copies.clusterOf.keys()].filter((copy) => copies.clusterOf[copy] < 2);
      for (const list of ranker.candidates!) expect([...list].sort((a, b) => a - b)).toEqual(matched);
    },
  );

  law("recalls no more than its matcher, at any k", rows, beams, async (data, beam) => {
    const model = await learn(data, { beam });
    const { recall } = matchingQuality(data.labelLists, model.trainingMatches, model.assignment);
    for (const k of [1, 2, 5]) {
      const ranked = data.inputs.map((x) => new Set(model.rank(x, k).labels));
      const hits = data.labelLists.flatMap((list, i) => list.filter((label) => ranked[i].has(label)));
      expect(hits.length / data.labelLists.flat().length).toBeLessThan(recall + 1e-12);
    }
  });

  law("has P@1 equal to R@1 where every example has one label", rows, async (data) => {
    const single = { ...data, labelLists: data.labelLists.map((list) => [list[0] ?? 0]) };
    const model = await learn(single);
    const ranked = single.inputs.map((x) => model.rank(x, 1).labels);
    const [p, r] = [precisionAt, recallAt].map((metric) => metric(ranked, single.labelLists, { k: 1 }).mean);
    expect(p).toBe(r);
    expect(p >= 0 && p <= 1).toBe(true);
  });

  law("permutes with its labels", rows, assignments, async (data, assignment) => {
    const turned = {
      ...data,
      labelLists: data.labelLists.map((list) => list.map((label) => (label + 2) % 5)),
    };
    const back = Array.from({ length: 5 }, (_, label) => assignment[(label + 3) % 5]);
    const [plain, other] = [
      await learn(data, { matcher: fallingMatcher }, assignment),
      await learn(turned, { matcher: fallingMatcher }, back),
    ];
    for (const x of data.inputs) {
      const table = ({ labels, scores }: { labels: Int32Array; scores: Float64Array }, by: number) =>
        Array.from({ length: 5 }, (_, label) => scores[labels.indexOf((label + by) % 5)] ?? -1);
      await expectClose(table(other.rank(x), 2), table(plain.rank(x), 0), { tolerance: 1e-12 });
    }
  });

  law("depends on its key only, and takes sparse inputs as dense ones", rows, async (data) => {
    const sparse = data.inputs.map((values) => ({ indices: [0, 1, 2], values }));
    const options = { labels: 5, clusters, key, beam: 2 };
    const [dense, thin] = [
      await PartitionXmc.fit(data.inputs, data.labelLists, options),
      await PartitionXmc.fit(sparse, data.labelLists, { ...options, features: 3 }),
    ];
    expect(lists(thin.assignment)).toEqual(lists(dense.assignment));
    for (const [i, x] of data.inputs.entries()) expect(thin.rank(sparse[i])).toEqual(dense.rank(x));
  });

  it("learns from labels without examples, examples without labels, and one label for all", async () => {
    const inputs = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const some = await PartitionXmc.fit(inputs, [[0], [], [0, 2]], { labels: 4, clusters: 2, key });
    expect([...some.rank([1, 0], undefined, 2).labels].sort()).toEqual([0, 1, 2, 3]);
    const alike = await PartitionXmc.fit(inputs, [[1], [1], [1]], { labels: 2, clusters: 2, key, beam: 1 });
    expect(alike.rank([1, 1], 1).labels).toEqual(Int32Array.of(1));
  });
});

describe("PartitionXmc, wrong arguments", () => {
  const call = (
    options: Partial<PartitionXmcOptions>,
    inputs: FeatureRow[] = [[1], [2]],
    labelLists: number[][] = [[0], [1]],
    assignment?: number[][],
  ) => PartitionXmc.fit(inputs, labelLists, { labels: 2, clusters: 2, key, ...options }, assignment);

  it("names what is wrong with the training", async () => {
    const messages: [() => Promise<unknown>, string][] = [
      [() => call({ labels: 0 }), "labels is 0 but must be a whole number ≥ 1"],
      [() => call({ clusters: 0 }), "clusters is 0 but must be a whole number ≥ 1"],
      [() => call({ features: 0 }), "features is 0 but must be a whole number ≥ 1"],
      [() => call({ beam: 0 }), "beam is 0 but must be a whole number ≥ 1"],
      [() => call({ beam: 3 }), "beam is 3 but must be at most 2, the clusters"],
      [() => call({}, [[1], [1, 2]]), "inputs[1] has 2 features but must have 1"],
      [() => call({}, [[1], [Number.NaN]]), "inputs[1] has NaN as feature 0 but must be finite"],
      [
        () => call({ features: 2 }, [[1, 2], { indices: [2], values: [1] }]),
        "inputs[1] has a feature 2 but must have them in [0, 2)",
      ],
      [() => call({}, [[1]]), "labelLists has 2 lists but must have 1, one an example"],
      [() => call({}, [[1], [2]], [[0], [2]]), "labelLists[1][0] is 2 but must be a whole number in [0, 2)"],
      [() => call({}, [[1], [2]], [[], []]), "labelLists has no label in any list but must have one to learn from"],
      [() => call({}, undefined, undefined, [[0]]), "assignment has 1 lists but must have 2, one a label"],
      [() => call({}, undefined, undefined, [[0], [2]]), "assignment[1][0] is 2 but must be a whole number in [0, 2)"],
      [() => call({}, undefined, undefined, [[0], []]), "assignment[1] is empty but must have a cluster"],
      [() => call({}, undefined, undefined, [[], [0]]), "assignment[0] is empty but must have a cluster"],
    ];
    for (const [attempt, message] of messages) {
      await expect(attempt()).rejects.toThrow(new RangeError(`PartitionXmc.fit: ${message}`));
    }
    await expect(call({ combine: "max" as "sum" })).rejects.toThrow(
      new TypeError('PartitionXmc.fit: combine is "max" but must be one of product, sum'),
    );
    await expect(call({ merge: "sum" as "max" })).rejects.toThrow(
      new TypeError('PartitionXmc.fit: merge is "sum" but must be one of mean, max'),
    );
  });

  it("names what is wrong with a question", async () => {
    const model = await call({});
    expect(() => model.match([1], 3)).toThrow(new RangeError("match: beam is 3 but must be at most 2, the clusters"));
    expect(() => model.match([1, 2])).toThrow(new RangeError("match: inputs[0] has 2 features but must have 1"));
    expect(() => model.rank([1], 0)).toThrow(new RangeError("rank: count is 0 but must be a whole number ≥ 1"));
    expect(() => model.rank([1], 1, 0)).toThrow(new RangeError("rank: beam is 0 but must be a whole number ≥ 1"));
    expect(() => model.rank([Number.NaN])).toThrow(
      new RangeError("rank: inputs[0] has NaN as feature 0 but must be finite"),
    );
  });
});
