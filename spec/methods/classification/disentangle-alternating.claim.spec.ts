import { randomKey } from "cotangent";
import { precisionAt } from "cotangent/data";
import {
  centroidScorer,
  type DisentangleAlternatingOptions,
  disentangleAlternating,
  linearScorer,
  matchingQuality,
  type PartitionXmc,
  variationOfInformation,
} from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { normals, uniforms } from "./support/gaussian-tasks.js";

const long = process.env.COTANGENT_LONG === "1";
const [seeds, trainings, tests] = long ? [[1, 2, 3], 12_000, 4000] : [[1], 4000, 1500];
const [labels, clusters, topics, width] = [256, 32, 32, 24];

interface Example {
  readonly x: number[];
  readonly label: number;
  /** Which of the label's two topics it is of. */
  readonly meaning: number;
}

/** Labels each of which means either of two topics, with an offset of its own. */
function twoMeanings(seed: number): { readonly train: Example[]; readonly test: Example[] } {
  const next = uniforms(seed);
  const normal = normals(next);
  const vector = (scale: number) => Array.from({ length: width }, () => scale * normal());
  const centres = Array.from({ length: topics }, () => vector(1.5));
  const meaningsOf = Array.from({ length: labels }, () => {
    const first = Math.floor(topics * next());
    return [first, (first + 1 + Math.floor((topics - 1) * next())) % topics];
  });
  const offsets = Array.from({ length: labels }, () => vector(0.6));
  const draw = (): Example => {
    const [label, meaning] = [Math.floor(labels * next()), Math.floor(2 * next())];
    const centre = centres[meaningsOf[label][meaning]];
    return { x: vector(0.5).map((noise, j) => noise + centre[j] + offsets[label][j]), label, meaning };
  };
  return { train: Array.from({ length: trainings }, draw), test: Array.from({ length: tests }, draw) };
}

function train(examples: readonly Example[], seed: number, options: Partial<DisentangleAlternatingOptions>) {
  return disentangleAlternating(
    examples.map(({ x }) => x),
    examples.map(({ label }) => [label]),
    {
      labels,
      clusters,
      beam: 1,
      key: randomKey(seed),
      matcher: linearScorer({ loss: "softmax", epochs: 2 }),
      ranker: centroidScorer(),
      ...options,
    },
  );
}

function judge(model: PartitionXmc, test: readonly Example[], beam: number) {
  const truth = test.map(({ label }) => [label]);
  const ranked = test.map(({ x }) => model.rank(x, 1, beam).labels);
  const matched = test.map(({ x }) => model.match(x, beam));
  return {
    precision: precisionAt(ranked, truth, { k: 1 }).mean,
    ...matchingQuality(truth, matched, model.assignment),
  };
}

/** How far a label's two clusters are from its two meanings, over the labels that have two. */
function entanglement(
  model: PartitionXmc,
  test: readonly Example[],
  split: (example: Example, own: number[]) => number,
) {
  const distances = model.assignment.flatMap((list, label) => {
    const own = Array.from(list);
    const examples = test.filter((example) => example.label === label && own.includes(model.match(example.x, 1)[0]));
    if (own.length < 2 || examples.length === 0) return [];
    return [
      variationOfInformation(
        examples.map(({ meaning }) => meaning),
        examples.map((example) => split(example, own)),
      ),
    ];
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

describe("disentangleAlternating on labels with two meanings", () => {
  it.each(seeds)(
    "raises precision by 0.15 or more, and more than a wider beam does (seed %i)",
    async (seed) => {
      const { train: examples, test } = twoMeanings(seed);
      const moved = await train(examples, seed, { overlap: 1 });
      const split = await train(examples, seed, { overlap: 2 });
      const [plain, better] = split.map(({ model }) => judge(model, test, 1));
      expect(better.precision - plain.precision).toBeGreaterThan(0.15);
      expect(better.recall - plain.recall).toBeGreaterThan(0.15);
      for (const { model } of moved) {
        const wide = judge(model, test, 2); // as many candidates as two clusters a label and a beam of one
        expect(Math.abs(wide.candidates / better.candidates - 1)).toBeLessThan(0.2);
        expect(better.precision).toBeGreaterThan(wide.precision);
      }
      // Moving labels without overlap gains less than half as much.
      expect(moved[1].objective - moved[0].objective).toBeLessThan((split[1].objective - split[0].objective) / 2);

      const next = uniforms(seed);
      const { model } = split[1];
      const found = entanglement(model, test, (example) => model.match(example.x, 1)[0]);
      const random = entanglement(model, test, (_, own) => own[Math.floor(2 * next())]);
      expect(found).toBeLessThan(random / 2);
    },
    600_000,
  );
});
