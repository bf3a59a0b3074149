import { checkCount, checkOneOf } from "../autodiff/check.js";
import type { TextExample } from "./fasttext.js";
import type { Stream } from "./source.js";
import { Vocabulary } from "./vocabulary.js";

export interface VocabularyOptions {
  /** Tokens that came less often get no id of their own. Default 1. */
  readonly minCount?: number;
  /** The most ids, with the unknown one; the rarest tokens go first. Default: no bound. */
  readonly maxSize?: number;
  /** Whether tokens without an id of their own are dropped or share the last id. Default "drop". */
  readonly unknown?: "drop" | "share";
}

/**
 * Gives the tokens of a stream ids by falling frequency; tokens that came equally often are ordered by their UTF-16
 * units, so that the order of the stream does not matter.
 *
 * @param sequences - the tokens, text by text
 * @returns the vocabulary; while it is built, every distinct token is in memory
 * @throws RangeError if `minCount` or `maxSize` is not a whole number ≥ 1
 * @throws TypeError if `unknown` is neither "drop" nor "share"
 */
export async function buildVocabulary(
  sequences: Stream<readonly string[]>,
  options: VocabularyOptions = {},
): Promise<Vocabulary> {
  checkOptions("buildVocabulary", options);
  const counts = new Map<string, number>();
  for await (const tokens of sequences) countInto(counts, tokens);
  return fromCounts(counts, options);
}

/**
 * Builds the vocabulary of the tokens and the one of the labels in one pass over a stream.
 *
 * @param examples - the training texts
 * @param options - for each of the two; both default to a vocabulary of everything
 * @returns the two vocabularies
 * @throws RangeError if a `minCount` or `maxSize` is not a whole number ≥ 1
 * @throws TypeError if an `unknown` is neither "drop" nor "share"
 */
export async function buildTextVocabularies(
  examples: Stream<TextExample>,
  options: { readonly tokens?: VocabularyOptions; readonly labels?: VocabularyOptions } = {},
): Promise<{ readonly tokens: Vocabulary; readonly labels: Vocabulary }> {
  const { tokens: tokenOptions = {}, labels: labelOptions = {} } = options;
  checkOptions("buildTextVocabularies", tokenOptions);
  checkOptions("buildTextVocabularies", labelOptions);
  const tokenCounts = new Map<string, number>();
  const labelCounts = new Map<string, number>();
  for await (const { tokens, labels } of examples) {
    countInto(tokenCounts, tokens);
    countInto(labelCounts, labels);
  }
  return { tokens: fromCounts(tokenCounts, tokenOptions), labels: fromCounts(labelCounts, labelOptions) };
}

function checkOptions(caller: string, { minCount = 1, maxSize = 1, unknown = "drop" }: VocabularyOptions): void {
  checkCount(caller, { minCount, maxSize }, 1);
  checkOneOf(caller, "unknown", unknown, ["drop", "share"]);
}

function countInto(counts: Map<string, number>, tokens: readonly string[]): void {
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
}

function fromCounts(counts: ReadonlyMap<string, number>, options: VocabularyOptions): Vocabulary {
  const { minCount = 1, maxSize = Number.POSITIVE_INFINITY, unknown = "drop" } = options;
  const kept = [...counts]
    .filter(([, count]) => count >= minCount)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, unknown === "share" ? maxSize - 1 : maxSize);
  const total = (list: Iterable<[string, number]>) => {
    let sum = 0;
    for (const [, count] of list) sum += count;
    return sum;
  };
  return new Vocabulary(
    kept.map(([token]) => token),
    kept.map(([, count]) => count),
    unknown === "share" ? total(counts) - total(kept) : null,
  );
}
