import { type Key, permutation, uniform } from "cotangent";
import { type SparseExample, shuffle, type Vocabulary } from "cotangent/data";
import { encodeExample, type FeatureSpace } from "./feature-space.js";
import { type Batch, FlatExamples } from "./flat-examples.js";
import { type ExampleFile, fileBytes, readExamples } from "./formats.js";
import { randomNumbers } from "./random-numbers.js";

/** Training examples, epoch by epoch: the same key gives the same batches in the same order. */
export interface Corpus {
  /** Examples an epoch. */
  readonly examples: number;
  /** The batches of an epoch from the `skip`-th on; the last one may be smaller. */
  batches(epoch: number, skip: number): AsyncGenerator<Batch>;
}

/** Where the examples of a training file come from, encoded. */
export interface CorpusSource {
  readonly file: ExampleFile;
  readonly space: FeatureSpace;
  readonly labels: Vocabulary;
}

export interface CorpusOptions {
  readonly key: Key;
  /** Examples a batch. */
  readonly batchSize: number;
}

/** Holds all examples and shuffles them whole in each epoch. */
export function corpusInMemory(examples: FlatExamples, { key, batchSize }: CorpusOptions): Corpus {
  const { length } = examples;
  return {
    examples: length,
    async *batches(epoch, skip) {
      const order = await permutation(key.at("order", epoch), length).data();
      const draws = await uniform(key.at("label", epoch), [length]).data();
      for (let start = skip * batchSize; start < length; start += batchSize) {
        yield examples.pack(order.subarray(start, start + batchSize), (row) => draws[row]);
      }
    },
  };
}

export interface StreamedCorpusOptions extends CorpusOptions {
  /** Labelled examples in the file. */
  readonly examples: number;
  /** Examples held back to shuffle among. */
  readonly shuffleBuffer: number;
}

/** Reads the file anew in each epoch and shuffles it through a buffer: for files that do not fit in memory. */
export function corpusFromDisk(source: CorpusSource, options: StreamedCorpusOptions): Corpus {
  const { key, batchSize, examples, shuffleBuffer } = options;
  return {
    examples,
    async *batches(epoch, skip) {
      const random = await randomNumbers(key.at("shuffle", epoch));
      const draw = await randomNumbers(key.at("label", epoch));
      let pending = new FlatExamples();
      let batch = 0;
      const cut = (): Batch => pending.pack([...Array(pending.length).keys()], draw);
      for await (const example of shuffle(labelledExamples(source), { buffer: shuffleBuffer, random })) {
        pending.push(example);
        if (pending.length < batchSize) continue;
        const full = cut(); // also where it is skipped: the label draws must go on as they would
        pending = new FlatExamples();
        if (batch++ >= skip) yield full;
      }
      if (pending.length > 0 && batch >= skip) yield cut();
    },
  };
}

/** Reads all labelled examples into memory. */
export async function loadExamples(source: CorpusSource): Promise<FlatExamples> {
  const all = new FlatExamples();
  for await (const example of labelledExamples(source)) all.push(example);
  return all;
}

async function* labelledExamples({ file, space, labels }: CorpusSource): AsyncGenerator<SparseExample> {
  for await (const example of readExamples(fileBytes(file.path), file)) {
    if (example.labels.length > 0) yield encodeExample(example, space, labels);
  }
}
