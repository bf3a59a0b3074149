import { buildTextVocabularies, type SparseExample } from "cotangent/data";
import { loadWordnetHypernyms, type WordnetExample } from "../../../datasets/wordnet-hypernyms.js";
import { encodeExample, type FeatureSpace } from "../feature-space.js";
import { FlatExamples } from "../flat-examples.js";
import type { Model } from "../model.js";

/** WordNet's definitions, each to be filed under the synset right above the one that it defines. */
export interface Task extends Pick<Model, "space" | "labels"> {
  readonly train: FlatExamples;
  readonly test: readonly SparseExample[];
  /** `test` as text. */
  readonly testTexts: readonly WordnetExample[];
  /** From a label's id to its words. */
  readonly names: ReadonlyMap<string, string>;
}

/** Loads and encodes the task, from the installed package. */
export async function loadTask(): Promise<Task> {
  const { train, test, names } = await loadWordnetHypernyms();
  const { tokens, labels } = await buildTextVocabularies(train);
  const space: FeatureSpace = { kind: "tokens", vocabulary: tokens, normalize: false };
  const encode = (example: WordnetExample) =>
    encodeExample({ labels: example.labels, content: example }, space, labels);
  const examples = new FlatExamples();
  for (const example of train) examples.push(encode(example));
  return { space, labels, names, train: examples, test: test.map(encode), testTexts: test };
}
