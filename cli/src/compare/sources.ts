import { loadCityCountries } from "../../../datasets/city-countries.js";
import { type FashionImage, loadFashionMnist } from "../../../datasets/fashion-mnist.js";
import { loadNextWord } from "../../../datasets/next-word.js";
import { loadWordnetHypernyms } from "../../../datasets/wordnet-hypernyms.js";
import { FileError } from "../errors.js";
import { detectFormat, type Example, type Format, fileBytes, readExamples, unknownFormat } from "../formats.js";

/** Examples to train and to test on, as they come. */
export interface Source {
  readonly name: string;
  readonly train: readonly Example[];
  /** Undefined where there is no split: a share of `train` is held out then. */
  readonly test?: readonly Example[];
}

/** Data that comes with packages, by name. */
export const DATASETS = {
  wordnet: "WordNet's definitions → hypernym",
  cities: "names of cities → country, by character n-grams",
  "fashion-mnist": "pictures of clothes → kind, 100 times as many of the first as of the last",
  "moby-dick": "three words → the next one",
} as const;
export type DatasetName = keyof typeof DATASETS;

export function isDatasetName(name: string): name is DatasetName {
  return Object.hasOwn(DATASETS, name);
}

interface Texts {
  readonly labels: readonly string[];
  readonly tokens: readonly string[];
}

/** Texts with their labels as a source. */
export function sourceOfTexts(
  name: string,
  { train, test }: { readonly train: readonly Texts[]; readonly test: readonly Texts[] },
): Source {
  const toExample = ({ labels, tokens }: Texts): Example => ({ labels, content: { tokens } });
  return { name, train: train.map(toExample), test: test.map(toExample) };
}

/** Loads data that comes with a package. */
export async function loadDataset(dataset: DatasetName): Promise<Source> {
  const name = DATASETS[dataset];
  switch (dataset) {
    case "wordnet":
      return sourceOfTexts(name, await loadWordnetHypernyms());
    case "cities":
      return sourceOfTexts(name, await loadCityCountries());
    case "moby-dick":
      return sourceOfTexts(name, await loadNextWord());
    case "fashion-mnist": {
      const { train, test } = await loadFashionMnist({ imbalance: 100 });
      return { name, train: train.map(pixelsOf), test: test.map(pixelsOf) };
    }
  }
}

/** The pixels that are not black, of brightness 0 to 1. */
function pixelsOf({ label, pixels }: FashionImage): Example {
  const indices = Uint32Array.from(pixels.keys()).filter((at) => pixels[at] !== 0);
  return {
    labels: [String(label)],
    content: { indices, values: Float32Array.from(indices, (at) => pixels[at]! / 255) },
  };
}

export interface FileOptions {
  readonly format?: Format;
  readonly firstIndex: 0 | 1;
}

/**
 * Reads all labelled examples of a file, and of another one to test on.
 *
 * @throws FileError if a file cannot be read, is in no known format or holds no labelled example
 */
export async function loadFiles(
  command: string,
  path: string,
  testPath: string | undefined,
  options: FileOptions,
): Promise<Source> {
  const train = await labelledExamples(command, path, options);
  if (testPath === undefined) return { name: path, train };
  const test = await labelledExamples(command, testPath, options);
  if ("tokens" in train[0]!.content !== "tokens" in test[0]!.content) {
    throw new FileError(`${command}: ${testPath} holds another kind of examples than ${path} but must hold the same`);
  }
  return { name: path, train, test };
}

async function labelledExamples(
  command: string,
  path: string,
  { format, firstIndex }: FileOptions,
): Promise<Example[]> {
  const found = format ?? (await detectFormat(command, path));
  if (found === undefined) throw unknownFormat(command, path);
  const examples: Example[] = [];
  for await (const example of readExamples(fileBytes(path), { path, format: found, firstIndex })) {
    if (example.labels.length > 0) examples.push(example);
  }
  if (examples.length === 0) {
    throw new FileError(`${command}: ${path} has no example with a label but must have one`);
  }
  return examples;
}
