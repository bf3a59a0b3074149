import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomKey } from "cotangent";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Corpus, corpusFromDisk, corpusInMemory, loadExamples } from "../../cli/src/corpus.js";
import { surveyFile } from "../../cli/src/survey.js";

const EXAMPLES = 23;
const SIZE = 5;
let folder = "";
let memory: Corpus;
let disk: Corpus;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cotangent-corpus-"));
  const path = join(folder, "some.svm");
  // Example i has feature i, so that it can be told from the others, and two labels.
  const lines = Array.from({ length: EXAMPLES }, (_, i) => `${i % 4},9 ${i + 1}:${i + 1}\n`);
  writeFileSync(path, `${lines.join("")} 30:1\n`);
  const file = { path, format: "svmlight", firstIndex: 1 } as const;
  const { space, labels, examples } = await surveyFile("spec", file, { minCount: 1, normalize: false });
  const source = { file, space, labels };
  const order = { key: randomKey(5), batchSize: SIZE };
  memory = corpusInMemory(await loadExamples(source), order);
  disk = corpusFromDisk(source, { ...order, examples, shuffleBuffer: 6 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function batchesOf(corpus: Corpus, epoch: number, skip = 0) {
  const batches = [];
  for await (const batch of corpus.batches(epoch, skip)) batches.push(batch);
  return batches;
}

/** The feature of each example of an epoch, in order. */
async function order(corpus: Corpus, epoch: number): Promise<number[]> {
  const batches = await batchesOf(corpus, epoch);
  return batches.flatMap(({ offsets, columns }) => [...offsets.subarray(0, -1)].map((start) => columns[start]));
}

describe.each([
  ["in memory", () => memory],
  ["from disk", () => disk],
])("a corpus %s", (_, corpus) => {
  it("gives each labelled example once an epoch, in another order each time", async () => {
    expect(corpus().examples).toBe(EXAMPLES);
    const [first, second] = [await order(corpus(), 0), await order(corpus(), 1)];
    const sorted = [...Array(EXAMPLES).keys()];
    expect([...first].sort((a, b) => a - b)).toEqual(sorted);
    expect([...second].sort((a, b) => a - b)).toEqual(sorted);
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(sorted);
  });

  it("gives the same again, and the rest of it after some batches", async () => {
    const all = await batchesOf(corpus(), 3);
    expect(all.map(({ targets }) => targets.length)).toEqual([5, 5, 5, 5, 3]);
    expect(await batchesOf(corpus(), 3)).toEqual(all);
    for (let skip = 0; skip <= all.length; skip += 1) {
      expect(await batchesOf(corpus(), 3, skip)).toEqual(all.slice(skip));
    }
  });

  it("trains each example on one of its labels at a time, and on all over time", async () => {
    const seen = new Map<number, Set<number>>();
    for (let epoch = 0; epoch < 12; epoch += 1) {
      for (const { offsets, columns, targets } of await batchesOf(corpus(), epoch)) {
        targets.forEach((target, row) => {
          const feature = columns[offsets[row]];
          seen.set(feature, (seen.get(feature) ?? new Set()).add(target));
        });
      }
    }
    expect([...seen.values()].every((targets) => targets.size === 2)).toBe(true);
  });
});
