import type { Backend } from "../backends/backend.js";
import { threefry } from "../backends/reference/random-bits.js";
import { threefry2x32 } from "../backends/threefry.js";
import { checkCount, showShape } from "./check.js";
import { apply, leaf } from "./graph.js";
import { checkSizes, type Shape, sizeOf } from "./shape.js";
import type { Tensor } from "./tensor.js";

/**
 * The root of a stream of random numbers. A key is a value: the same key gives the same numbers, on every backend and
 * in every version, so draw from a key once and derive others for other draws.
 *
 *     const key = randomKey(42);
 *     const weights = normal(key.at("weights"), [64, 10]);
 *     const noise = normal(key.at("noise", step), [64]);
 */
export class Key {
  readonly backend: Backend;
  /** @internal */
  readonly words: readonly [number, number];

  /** @internal Use `randomKey(seed)`. */
  constructor(backend: Backend, words: readonly [number, number]) {
    this.backend = backend;
    this.words = words;
  }

  /**
   * The key at a path: whole numbers ≥ 0 and names. Different paths give independent keys.
   *
   * @throws RangeError if a number is not a whole number ≥ 0
   */
  at(...path: readonly (number | string)[]): Key {
    let key: Key = this;
    path.forEach((step, i) => {
      if (typeof step === "number") checkCount("at", { [`path[${i}]`]: step }, 0);
      key = typeof step === "number" ? key.numbered(step) : key.named(step);
    });
    return key;
  }

  /**
   * `count` independent keys.
   *
   * @throws RangeError if `count` is not a whole number ≥ 1
   */
  split(count = 2): Key[] {
    checkCount("split", { count }, 1);
    return Array.from({ length: count }, (_, i) => this.derive(i, splitStream));
  }

  /**
   * A key that depends on this one and on a whole number ≥ 0: the same as `at(value)`.
   *
   * @throws RangeError if `value` is not a whole number ≥ 0
   */
  foldIn(value: number): Key {
    checkCount("foldIn", { value }, 0);
    return this.numbered(value);
  }

  private numbered(value: number): Key {
    const high = Math.floor(value / 2 ** 32);
    const key = this.derive(value % 2 ** 32, numberStream);
    return high === 0 ? key : key.derive(high, highStream);
  }

  /** Stirs in the length and then every character: a hash of the name to 32 bits would confuse some names. */
  private named(name: string): Key {
    let key = this.derive(name.length, nameStream);
    for (let i = 0; i < name.length; i += 2) {
      // two characters at a time; past the end there is NaN, which is no bits
      key = key.derive((name.charCodeAt(i) << 16) | name.charCodeAt(i + 1), nameStream);
    }
    return key;
  }

  private derive(low: number, stream: number): Key {
    return new Key(this.backend, threefry2x32(this.words[0], this.words[1], low, stream));
  }
}

// The second word of the counter tells apart what a key is used for; draws count with it at 0.
const numberStream = 0x80000000;
const splitStream = 0x80000001;
const nameStream = 0x80000002;
const highStream = 0x80000003;

/** The key of a seed, a whole number ≥ 0. */
export function keyOf(seed: number, backend: Backend): Key {
  checkCount("randomKey", { seed }, 0);
  return new Key(backend, [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]);
}

/**
 * Uniform random bits, 32 an element, by Threefry-2x32: elements 2i and 2i + 1 are the block with counter i.
 *
 * @throws RangeError if the shape holds more than 2³³ elements
 */
export function randomBits(key: Key, shape: Shape): Tensor<"u32"> {
  checkSizes("randomBits", shape);
  const size = sizeOf(shape);
  if (size > 2 ** 33)
    throw new RangeError(`randomBits: shape is ${showShape(shape)} but must hold at most 2^33 elements; use more keys`);
  const words = leaf(key.backend, Uint32Array.from(key.words), [2], "u32");
  return apply("randomBits", "threefry", [words], { shape, dtype: "u32", host: threefry });
}
