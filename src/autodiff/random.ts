import type { Backend } from "../backends/backend.js";
import { threefry2x32 } from "../backends/threefry.js";
import { checkCount } from "./check.js";
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

  /** The key at a path: whole numbers ≥ 0 and names. Different paths give independent keys. */
  at(...path: readonly (number | string)[]): Key {
    let key: Key = this;
    for (const step of path) key = typeof step === "number" ? key.foldIn(step) : key.foldIn(hash(step), nameStream);
    return key;
  }

  /** `count` independent keys. */
  split(count = 2): Key[] {
    checkCount("split", { count }, 1);
    return Array.from({ length: count }, (_, i) => this.derive(i % 2 ** 32, splitStream));
  }

  /** A key that depends on this one and on a whole number ≥ 0. */
  foldIn(value: number, stream: number = numberStream): Key {
    checkCount("foldIn", { value }, 0);
    const high = Math.floor(value / 2 ** 32);
    const key = this.derive(value % 2 ** 32, stream);
    return high === 0 ? key : key.derive(high, highStream);
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

/** FNV-1a over UTF-16 code units, to 32 bits. */
function hash(name: string): number {
  let code = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) code = Math.imul(code ^ name.charCodeAt(i), 0x01000193);
  return code >>> 0;
}

/** The key of a seed, a whole number ≥ 0. */
export function keyOf(seed: number, backend: Backend): Key {
  checkCount("randomKey", { seed }, 0);
  return new Key(backend, [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]);
}

/** Uniform random bits, 32 an element, by Threefry-2x32: elements 2i and 2i + 1 are the block with counter i. */
export function randomBits(key: Key, shape: Shape): Tensor<"u32"> {
  checkSizes("randomBits", shape);
  const size = sizeOf(shape);
  if (size > 2 ** 33) throw new RangeError(`randomBits: shape asks for ${size} elements but a key gives at most 2^33`);
  const words = leaf(key.backend, Uint32Array.from(key.words), [2], "u32");
  return apply("randomBits", "threefry", [words], { shape, dtype: "u32" });
}
