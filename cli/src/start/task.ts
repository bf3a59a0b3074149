import { loadWordnetHypernyms, type WordnetExample } from "../../../datasets/wordnet-hypernyms.js";
import { DATASETS, sourceOfTexts } from "../compare/sources.js";
import { encodeTask, type Task } from "../compare/task.js";

/** WordNet's definitions, each to be filed under the synset right above the one that it defines. */
export interface WordnetTask extends Task {
  /** `test` as text. */
  readonly testTexts: readonly WordnetExample[];
  /** From a label's id to its words. */
  readonly names: ReadonlyMap<string, string>;
}

/** Loads and encodes the task, from the installed package. */
export async function loadTask(): Promise<WordnetTask> {
  const { train, test, names } = await loadWordnetHypernyms();
  const source = sourceOfTexts(DATASETS.wordnet, { train, test });
  const task = await encodeTask("start", source, { testShare: 0, validationShare: 0, normalize: false });
  return { ...task, names, testTexts: test };
}
