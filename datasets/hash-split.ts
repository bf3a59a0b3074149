/**
 * Shuffles examples and splits them, by a hash of their text: the same on every machine.
 *
 * The round(testShare·n) examples of smallest hash are for testing. Equal texts stay together, so the test side grows
 * by what is left of a group of equal texts where the cut would fall inside it.
 *
 * @param examples - in any order; only equal texts keep it
 * @param textOf - what decides an example's side and place
 * @param testShare - share of the examples kept for testing, in [0, 1]
 * @param seed - a whole number; its low 32 bits choose the split
 * @returns the two sides, each ordered by the hash, which is to say shuffled
 */
export function hashSplit<T>(
  examples: readonly T[],
  textOf: (example: T) => string,
  testShare: number,
  seed: number,
): { train: T[]; test: T[] } {
  const hashes = Uint32Array.from(examples, (example) => hashText(textOf(example), seed));
  const order = Uint32Array.from(examples, (_, i) => i).sort((i, j) => hashes[i] - hashes[j]);
  let cut = Math.round(testShare * examples.length);
  while (cut > 0 && cut < order.length && hashes[order[cut]] === hashes[order[cut - 1]]) cut++;
  const [test, train] = [order.subarray(0, cut), order.subarray(cut)].map((side) =>
    Array.from(side, (i) => examples[i]),
  );
  return { train, test };
}

/**
 * A 32-bit hash: FNV-1a over the UTF-16 units, started from the seed, then mixed so that every bit counts.
 *
 * @source Fowler, Noll and Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft-eastlake-fnv, 2012, section 2
 * @source Appleby, "MurmurHash3", 2011, function fmix32
 */
function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
