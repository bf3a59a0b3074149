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

  const sorted = Uint32Array.from(ids).sort();
  const indices = sorted.filter((id, at) => at === 0 || id !== sorted[at - 1]);
  const values = new Float32Array(indices.length);
  for (let i = 0, at = 0; i < sorted.length; i++) {
    if (sorted[i] !== indices[at]) at += 1;
    values[at] += 1;
  }
  if (scale !== "count") {
    const size = scale === "mean" ? ids.length : Math.sqrt(values.reduce((sum, count) => sum + count * count, 0));
    values.forEach((count, at) => {
      values[at] = count / size;
    });
  }
  return { labels: [...new Set(labels.encode(example.labels))], indices, values };
}
