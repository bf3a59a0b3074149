import { checkCount } from "../autodiff/check.js";

export interface NgramOptions {
  /** The longest n-gram in tokens, a whole number ≥ 2; every length from 2 up is hashed. Default 2. */
  readonly length?: number;
  /** How many ids the n-grams share, a whole number in `[1, 2^31]`. */
  readonly buckets: number;
}

/**
 * The n-grams of a text as ids in a fixed number of buckets: word order for a model of bags, with no table of n-grams.
 *
 *     h(t)       = FNV-1a, 32 bits, over the low then the high byte of each UTF-16 unit of t
 *     h(t₁…tₙ)   = (h(t₁…tₙ₋₁) · 0x9e3779b1 xor h(tₙ)) · 0x85ebca6b, mod 2^32, then xor its own upper 16 bits
 *     id         = h mod buckets
 *
 * The ids are the same on every machine, so they may be stored; fastText's hash is another one.
 *
 * @param tokens - of one text, in order
 * @returns an id in `[0, buckets)` for each n-gram, by where it starts, then by length
 * @throws RangeError if `length` is not a whole number ≥ 2, or `buckets` not one in `[1, 2^31]`
 * @source Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017, arXiv:1607.01759, section 2.2
 */
export function hashedNgrams(tokens: readonly string[], options: NgramOptions): number[] {
  const { length = 2, buckets } = options;
  checkCount("hashedNgrams", { length }, 2);
  if (!(Number.isInteger(buckets) && buckets >= 1 && buckets <= 2 ** 31)) {
    throw new RangeError(`hashedNgrams: buckets is ${buckets} but must be a whole number in [1, 2^31]`);
  }
  const hashes = tokens.map(hashToken);
  const ids: number[] = [];
  for (let start = 0; start < hashes.length; start += 1) {
    let hash = hashes[start]!;
    for (let end = start + 1; end < Math.min(start + length, hashes.length); end += 1) {
      hash = Math.imul(Math.imul(hash, 0x9e3779b1) ^ hashes[end]!, 0x85ebca6b);
      hash ^= hash >>> 16;
      ids.push((hash >>> 0) % buckets);
    }
  }
  return ids;
}

function hashToken(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at += 1) {
    const unit = token.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash;
}
