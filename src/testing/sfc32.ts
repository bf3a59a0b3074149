import { checkCount } from "../autodiff/check.js";

/**
 * A small seeded generator of uniform numbers: three 32-bit words stirred by a counter.
 *
 *     output = a + b + counter      a ← b ⊕ (b ≫ 9)      b ← c + (c ≪ 3)      c ← rotl(c, 21) + output
 *
 * Reach for it where a host-side test needs repeatable draws. The state starts as (0, low word, high word of the seed)
 * with the counter at 1, and the first 12 outputs are thrown away. Two outputs make one number: 27 + 26 bits.
 *
 * @param seed - a whole number ≥ 0
 * @returns a function whose calls give numbers in [0, 1), multiples of 2^−53
 * @throws RangeError if `seed` is not a whole number ≥ 0
 * @source Doty-Humphrey, "PractRand", 2014, generator sfc32 (version 4 constants: shifts 9 and 3, rotation 21)
 */
export function sfc32(seed: number): () => number {
  checkCount("sfc32", { seed }, 0);
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = (): number => {
    const output = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + output) | 0;
    return output >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return () => {
    const high = next() >>> 5; // 27 bits
    const low = next() >>> 6; // 26 bits
    return (high * 2 ** 26 + low) * 2 ** -53;
  };
}
