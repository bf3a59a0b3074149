import type { Dispatch, Memory } from "./dispatch.js";
import { scan } from "./scan.js";
import { arrayOf, type Scratch } from "./scratch.js";
import { Shader } from "./shader.js";

/** Bits of a key by which one pass sorts: 16 counts of a byte each are four words, which an invocation holds itself. */
const digitBits = 4;
const digits = 2 ** digitBits;
/** Elements of a chunk that one invocation counts and places, at most: as many as a byte can count. */
const longestChunk = 128;
const shortestChunk = 32;
/** Invocations that keep a device busy. */
const enough = 16384;

/** The stable order of each of `rows` rows by unsigned keys. */
export interface Sorting {
  readonly label: string;
  readonly rows: number;
  readonly length: number;
  /** Low bits of the keys that can differ. */
  readonly bits: number;
  /** The key of an element by its number among all. */
  readonly keys: (shader: Shader) => (element: string) => string;
  /** Where the positions in their rows go, in order. */
  readonly positions: Memory;
  /** Where the sorted keys go, if they are wanted. */
  readonly sortedKeys?: Memory;
  readonly scratch: Scratch;
}

/** Keys and, after the first pass, positions: at first an element's position is its own. */
interface Elements {
  readonly keys: Sorting["keys"];
  readonly positions: Memory | undefined;
}

interface Pass {
  readonly sorting: Sorting;
  readonly chunk: number;
  readonly parts: number;
  readonly shift: number;
  readonly from: Elements;
}

/**
 * Sorts by one digit of the keys after the other, the lowest first: each chunk counts its digits, running totals of the
 * counts say where each chunk's elements go, and there they are written.
 */
export function radixSort(sorting: Sorting): Dispatch[] {
  const { label, rows, length, bits, scratch } = sorting;
  const chunk = Math.min(longestChunk, Math.max(shortestChunk, Math.ceil((rows * length) / enough)));
  const parts = Math.ceil(length / chunk);
  const passes = Math.ceil(bits / digitBits);
  const [counts, places] = [scratch.take(rows * digits * parts), scratch.take(rows * digits * parts)];
  const common = { label, dtype: "u32", rows, exclusive: true, reverse: false, scratch } as const;
  const toPlaces = scan({ ...common, length: digits * parts, source: arrayOf(counts, "u32"), output: places });
  const spare = Array.from({ length: Math.min(2, passes - 1) }, () => ({
    keys: scratch.take(rows * length),
    positions: scratch.take(rows * length),
  }));
  let from: Elements = { keys: sorting.keys, positions: undefined };
  return Array.from({ length: passes }, (_, i) => {
    const pass: Pass = { sorting, chunk, parts, shift: i * digitBits, from };
    const isLast = i === passes - 1;
    const to = isLast ? { keys: sorting.sortedKeys, positions: sorting.positions } : spare[i % 2];
    if (!isLast) from = { keys: arrayOf(spare[i % 2].keys, "u32"), positions: to.positions };
    return [count(pass, counts), ...toPlaces, place(pass, places, to)];
  }).flat();
}

function count(pass: Pass, counts: Memory): Dispatch {
  const { label, rows } = pass.sorting;
  const shader = new Shader({ label });
  const out = shader.write(counts, "u32");
  return shader.perUnit(rows * pass.parts, (unit) => {
    const { held, first, parts } = alongChunk(shader, pass, unit, () => {});
    shader.for("0u", `${digits}u`, "1u", (digit) => {
      shader.do(`${out}[${first} + ${digit} * ${parts}] = ${countOf(held, digit)};`);
    });
  });
}

function place(
  pass: Pass,
  places: Memory,
  to: { readonly keys: Memory | undefined; readonly positions: Memory },
): Dispatch {
  const { label, rows, length } = pass.sorting;
  const shader = new Shader({ label });
  const start = shader.read(places, "u32");
  const known = pass.from.positions && shader.read(pass.from.positions, "u32");
  const positions = shader.write(to.positions, "u32");
  const sorted = to.keys && shader.write(to.keys, "u32");
  return shader.perUnit(rows * pass.parts, (unit) => {
    alongChunk(shader, pass, unit, ({ key, digit, element, before, first, parts, row }) => {
      const at = shader.let(`${row} * ${shader.word(length)} + ${start}[${first} + ${digit} * ${parts}] + ${before}`);
      const own = `${element} - ${row} * ${shader.word(length)}`;
      shader.do(`${positions}[${at}] = ${known === undefined ? own : `${known}[${element}]`};`);
      if (sorted !== undefined) shader.do(`${sorted}[${at}] = ${key};`);
    });
  });
}

/** An element of a chunk. */
interface Visit {
  readonly key: string;
  readonly digit: string;
  readonly element: string;
  /** How many of the chunk's elements before it have the same digit. */
  readonly before: string;
  readonly row: string;
  /** The place of the chunk's count of digit 0; those of the others are `parts` apart. */
  readonly first: string;
  readonly parts: string;
}

/** Goes along a chunk and counts its digits. */
function alongChunk(shader: Shader, pass: Pass, unit: string, visit: (visit: Visit) => void) {
  const { sorting, chunk, shift, from } = pass;
  const [size, parts] = [shader.let(shader.word(sorting.length)), shader.let(shader.word(pass.parts))];
  const low = shader.let(shader.word(shift));
  const row = shader.let(`${unit} / ${parts}`);
  const part = shader.let(`${unit} - ${row} * ${parts}`);
  const first = shader.let(`${row} * ${digits}u * ${parts} + ${part}`);
  const start = shader.let(`${row} * ${size} + ${part} * ${shader.word(chunk)}`);
  const end = shader.let(`min(${start} + ${shader.word(chunk)}, (${row} + 1u) * ${size})`);
  const held = shader.var("vec4<u32>", "vec4<u32>()");
  const keyAt = from.keys(shader);
  shader.for(start, end, "1u", (element) => {
    const key = shader.let(keyAt(element));
    const digit = shader.let(`(${key} >> ${low}) & ${digits - 1}u`);
    visit({ key, digit, element, before: shader.let(countOf(held, digit)), row, first, parts });
    shader.do(`${held} += select(vec4<u32>(), vec4<u32>(1u << ((${digit} & 3u) * 8u)), ${wordOf(digit)});`);
  });
  return { held, first, parts };
}

/** A digit's count, a byte of four words. They are not indexed, so that they can stay in registers. */
function countOf(held: string, digit: string): string {
  const word = `dot(select(vec4<u32>(), ${held}, ${wordOf(digit)}), vec4<u32>(1u))`;
  return `((${word} >> ((${digit} & 3u) * 8u)) & 255u)`;
}

/** In which of the four words a digit is counted. */
function wordOf(digit: string): string {
  return `vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(${digit} >> 2u)`;
}
