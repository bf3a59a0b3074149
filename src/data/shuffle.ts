import { checkCount } from "../autodiff/check.js";
import type { Stream } from "./source.js";

export interface ShuffleOptions {
  /** How many items are held back to choose from, a whole number ≥ 1. */
  readonly buffer: number;
  /** A source of uniform numbers in `[0, 1)`; the same numbers give the same order. */
  readonly random: () => number;
}

/**
 * Shuffles a stream through a buffer: each item that comes pushes a random one of those held back out.
 *
 * A buffer that holds all items gives every order the same chance. A smaller one mixes nearby items only: an item never
 * comes out more than `buffer − 1` places early, so shuffle a file that is sorted by label once on disk first.
 *
 * @param items - from memory or from a stream
 * @returns the same items, each once; at most `buffer` of them are in memory
 * @throws RangeError if `buffer` is not a whole number ≥ 1
 * @throws RangeError if `random` gives a number outside `[0, 1)`
 */
export async function* shuffle<T>(items: Stream<T>, options: ShuffleOptions): AsyncGenerator<T> {
  const { buffer, random } = options;
  checkCount("shuffle", { buffer }, 1);
  const held: T[] = [];
  for await (const item of items) {
    if (held.length < buffer) {
      held.push(item);
      continue;
    }
    const place = drawPlace(random, buffer);
    yield held[place]!;
    held[place] = item;
  }
  while (held.length > 0) {
    const place = drawPlace(random, held.length);
    const last = held.pop()!;
    if (place === held.length) yield last;
    else {
      yield held[place]!;
      held[place] = last;
    }
  }
}

function drawPlace(random: () => number, places: number): number {
  const draw = random();
  if (!(draw >= 0 && draw < 1)) throw new RangeError(`shuffle: random() is ${draw} but must be in [0, 1)`);
  return Math.floor(draw * places);
}
