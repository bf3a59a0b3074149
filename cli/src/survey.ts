import { createHash } from "node:crypto";
import { buildTextVocabularies, type TextExample, type Vocabulary } from "cotangent/data";
import { FileError } from "./errors.js";
import type { FeatureSpace } from "./feature-space.js";
import { type ExampleFile, fileBytes, readExamples } from "./formats.js";

/** What the first pass over a training file tells. */
export interface Survey {
  readonly space: FeatureSpace;
  /** The classes: every label that the file has, by falling frequency. */
  readonly labels: Vocabulary;
  /** Examples with a label: those that can be trained on. */
  readonly examples: number;
  /** Examples without a label, which are passed over. */
  readonly unlabelled: number;
  /** Words or feature values, and labels, of all examples together: what it takes to hold them. */
  readonly entries: number;
  /** SHA-256 of the file. */
  readonly fingerprint: string;
}

export interface SurveyOptions {
  /** Words that came less often are dropped. */
  readonly minCount: number;
  readonly normalize: boolean;
  /** Told after each chunk how many bytes have been read; throws to stop. */
  readonly onProgress?: (bytes: number) => void;
}

/** Batches keep feature indices as signed 32-bit numbers. */
const MOST_FEATURES = 2 ** 31;

/**
 * The first of two passes over a training file: vocabularies, counts and the file's fingerprint. Memory grows with the
 * number of different words and labels, not with the file.
 *
 * @throws FileError if there are no examples to tell apart
 * @throws DataError if a line is malformed
 */
export async function surveyFile(command: string, file: ExampleFile, options: SurveyOptions): Promise<Survey> {
  const { minCount, normalize, onProgress } = options;
  const { path } = file;
  const hash = createHash("sha256");
  let bytes = 0;
  const source = fileBytes(path, (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
    onProgress?.(bytes);
  });

  let [examples, unlabelled, entries, width] = [0, 0, 0, 0];
  async function* labelledTexts(): AsyncGenerator<TextExample> {
    for await (const { labels, content } of readExamples(source, file)) {
      if (labels.length === 0) {
        unlabelled += 1;
        continue;
      }
      examples += 1;
      const tokens = "tokens" in content ? content.tokens : [];
      const indices = "indices" in content ? content.indices : [];
      entries += labels.length + tokens.length + indices.length;
      if (indices.length > 0) width = Math.max(width, indices[indices.length - 1] + 1);
      yield { labels: [...new Set(labels)], tokens };
    }
  }
  const { tokens, labels } = await buildTextVocabularies(labelledTexts(), { tokens: { minCount } });

  const fail = (problem: string) => new FileError(`${command}: ${path} ${problem}`);
  if (examples === 0) throw fail(`has no example with a label but must have one; begin lines with ${labelForm(file)}`);
  if (labels.size < 2) throw fail("has 1 label in all but must have at least 2; there is nothing to tell apart");
  const isText = file.format === "fasttext";
  if (isText && tokens.size === 0) {
    throw fail(`has no word that comes at least ${minCount} times but must have one; lower --min-count`);
  }
  if (width > MOST_FEATURES) {
    throw fail(`has feature ${width - 1}, counted from 0, but must have only features below ${MOST_FEATURES}`);
  }
  if (!isText && width === 0) throw fail("has no feature in any labelled example but must have one");
  const space: FeatureSpace = isText
    ? { kind: "tokens", vocabulary: tokens, normalize }
    : { kind: "indices", count: width, firstIndex: file.firstIndex, normalize };
  return { space, labels, examples, unlabelled, entries, fingerprint: hash.digest("hex") };
}

function labelForm({ format }: ExampleFile): string {
  return format === "fasttext" ? "__label__name" : "label,label,…";
}
