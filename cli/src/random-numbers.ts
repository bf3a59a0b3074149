import { type Key, randomBits } from "cotangent";
import { sfc32 } from "../../src/testing/sfc32.js";

/** A sequence of uniform numbers in [0, 1) that a key decides, for draws that are made one by one on the host. */
export async function randomNumbers(key: Key): Promise<() => number> {
  const [low, high] = await randomBits(key, [2]).data();
  return sfc32(low + (high % 2 ** 21) * 2 ** 32); // a seed is a whole number of at most 53 bits
}
