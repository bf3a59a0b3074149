/** Reads that may be spent on making one input smaller. */
const MOST_TRIES = 600;

/** A smaller input that still `fails`, by leaving out ever shorter ranges. */
export async function smallest(bytes: Uint8Array, fails: (input: Uint8Array) => Promise<boolean>): Promise<Uint8Array> {
  let kept = bytes;
  let tries = 0;
  for (let range = bytes.length >> 1; range >= 1 && tries < MOST_TRIES; range >>= 1) {
    for (let at = 0; at < kept.length && tries < MOST_TRIES; ) {
      const less = new Uint8Array(Buffer.concat([kept.subarray(0, at), kept.subarray(at + range)]));
      tries += 1;
      if (await fails(less)) kept = less;
      else at += range;
    }
  }
  return kept;
}
