import { createHash } from "node:crypto";
import { buildTextVocabularies, type SparseExample, type Vocabulary } from "cotangent/data";
import { hashSplit } from "../../../datasets/hash-split.js";
import { FileError } from "../errors.js";
import { encodeExample, type FeatureSpace, widthOf } from "../feature-space.js";
import { FlatExamples } from "../flat-examples.js";
import type { Example } from "../formats.js";
import type { DataSummary } from "./comparison.js";
import type { Source } from "./sources.js";

/** Data to compare methods on, encoded. */
export interface Task {
  readonly name: string;
  readonly space: FeatureSpace;
  readonly labels: Vocabulary;
  readonly train: FlatExamples;
  /** `train` without `validation`: what tries with learning rates train on. */
  readonly tuning: FlatExamples;
  readonly validation: readonly SparseExample[];
  readonly test: readonly SparseExample[];
  /** SHA-256 of all examples in their order. */
  readonly fingerprint: string;
}

export interface TaskOptions {
  /** Share of the examples that is for testing, where the data have no split of their own. */
  readonly testShare: number;
  /** Share of the training examples that learning rates are chosen by. */
  readonly validationShare: number;
  /** Divide each example by its Euclidean length. */
  readonly normalize: boolean;
}

/**
 * Splits and encodes data. Vocabularies, and so the classes, are those of the training side; the sides are told apart
 * by a hash of each example, so equal examples stand on one side.
 *
 * @throws FileError if the training side has fewer than two labels, or the test side none of them
 */
export async function encodeTask(command: string, source: Source, options: TaskOptions): Promise<Task> {
  const { testShare, validationShare, normalize } = options;
  const { train, test } =
    source.test === undefined
      ? hashSplit(source.train, contentOf, testShare, 0)
      : { train: [...source.train], test: source.test };
  const isText = train.length > 0 && "tokens" in train[0]!.content;
  const texts = train.map(({ labels, content }) => ({
    labels: [...new Set(labels)],
    tokens: "tokens" in content ? content.tokens : [],
  }));
  const { tokens, labels } = await buildTextVocabularies(texts);
  if (labels.size < 2) {
    throw new FileError(
      `${command}: ${source.name} has ${labels.size} labels to train on but must have at least 2; there is nothing to tell apart`,
    );
  }
  const space: FeatureSpace = isText
    ? { kind: "tokens", vocabulary: tokens, normalize }
    : { kind: "indices", count: widthOfIndices(train), firstIndex: 0, normalize };
  const encode = (example: Example): SparseExample => encodeExample(example, space, labels);
  const sides = hashSplit(train, contentOf, validationShare, 1);
  const task: Task = {
    name: source.name,
    space,
    labels,
    train: flatOf(train.map(encode)),
    tuning: flatOf(sides.train.map(encode)),
    validation: sides.test.map(encode),
    test: test.map(encode),
    fingerprint: fingerprintOf([...train, ...test]),
  };
  if (task.test.every((example) => example.labels.length === 0)) {
    throw new FileError(
      `${command}: ${source.name} has no test example with a label that training has but must have one`,
    );
  }
  return task;
}

/** The task in numbers. */
export function summaryOf({ name, space, labels, train, validation, test }: Task): DataSummary {
  return {
    name,
    train: train.length,
    validation: validation.length,
    test: test.length,
    labels: labels.size,
    seenOnce: labels.counts.filter((count) => count === 1).length,
    features: widthOf(space),
  };
}

/** As many examples, evenly spaced, or all. */
export function evenSample<T>(examples: readonly T[], wanted: number): T[] {
  const count = Math.min(wanted, examples.length);
  return Array.from({ length: count }, (_, i) => examples[Math.floor((i * examples.length) / count)]!);
}

function flatOf(examples: readonly SparseExample[]): FlatExamples {
  const all = new FlatExamples();
  for (const example of examples) all.push(example);
  return all;
}

function contentOf({ content }: Example): string {
  return "tokens" in content ? content.tokens.join(" ") : content.indices.join(" ") + content.values.join(" ");
}

function widthOfIndices(examples: readonly Example[]): number {
  let width = 1;
  for (const { content } of examples) {
    if ("indices" in content && content.indices.length > 0) width = Math.max(width, content.indices.at(-1)! + 1);
  }
  return width;
}

function fingerprintOf(examples: readonly Example[]): string {
  const hash = createHash("sha256");
  for (const example of examples) hash.update(`${example.labels.join(",")}\t${contentOf(example)}\n`);
  return hash.digest("hex");
}
