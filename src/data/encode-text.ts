import { checkOneOf } from "../autodiff/check.js";
import type { TextExample } from "./fasttext.js";
import { hashedNgrams, type NgramOptions } from "./hashed-ngrams.js";
import type { SparseExample } from "./sparse-example.js";
import type { Vocabulary } from "./vocabulary.js";

export interface EncodeTextOptions {
  readonly tokens: Vocabulary;
  readonly labels: Vocabulary;
  /** Adds hashed n-grams, over all tokens, as features from `tokens.size` up. Default: none. */
  readonly ngrams?: NgramOptions;
  /** What a feature's value is: how often it came, that over the sum (a mean), or over the length (a unit vector). Default "count". */
  readonly scale?: "count" | "mean" | "unit";
}

/**
 * Turns a text into a sparse example: a bag of its tokens, and of its n-grams if asked.
 *
 * Tokens and labels without an id are left out; label ids stay in the text's order, each once.
 *
 * @param example - one text with its labels
 * @returns features in `[0, tokens.size)`, with n-grams in `[0, tokens.size + ngrams.buckets)`
 * @throws TypeError if `scale` is none of those listed
 * @throws RangeError if `ngrams` is out of range
 */
export function encodeText(example: TextExample, options: EncodeTextOptions): SparseExample {
  const { tokens, labels, ngrams, scale = "count" } = options;
  checkOneOf("encodeText", "scale", scale, ["count", "mean", "unit"]);
  const ids = tokens.encode(example.tokens);
  if (ngrams) for (const id of hashedNgrams(example.tokens, ngrams)) ids.push(tokens.size + id);

  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const indices = Uint32Array.from(counts.keys()).sort();
  const values = Float32Array.from(indices, (index) => counts.get(index)!);
  if (scale !== "count") {
    const size = scale === "mean" ? ids.length : Math.sqrt(values.reduce((sum, count) => sum + count * count, 0));
    values.forEach((count, at) => {
      values[at] = count / size;
    });
  }
  return { labels: [...new Set(labels.encode(example.labels))], indices, values };
}
