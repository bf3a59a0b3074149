import type { Dispatch, Memory } from "./dispatch.js";
import { arrayOf, type Scratch } from "./scratch.js";
import { Shader } from "./shader.js";

/** What an invocation keeps, at most. */
export const mostBest = 256;
/** Elements that an invocation looks through, at least: so many times as many as it keeps, and not too few. */
const timesKept = 16;
const shortestPart = 256;
/** Invocations that keep a device busy. */
const enough = 16384;

/** The first `k` of each row by unsigned keys, and by their positions where these are equal. */
export interface Selection {
  readonly label: string;
  readonly rows: number;
  readonly length: number;
  /** At most `mostBest`. */
  readonly k: number;
  /** The key of an element by its number among all. */
  readonly keys: (shader: Shader) => (element: string) => string;
  /** The positions of elements; undefined where they are their own. */
  readonly positions: Memory | undefined;
  /** Where the positions go, in order. */
  readonly output: Memory;
  readonly scratch: Scratch;
}

/** Parts of the rows are looked through, then in the same way what was found in them, until each row is one part. */
export function selectBest(selection: Selection): Dispatch[] {
  const { rows, length, k, output, scratch } = selection;
  const least = Math.max(shortestPart, timesKept * k);
  const parts = Math.max(1, Math.min(Math.floor(length / least), Math.ceil(enough / rows)));
  if (parts === 1) return [selectFromParts(selection, 1, { keys: undefined, positions: output })];
  const found = { keys: scratch.take(rows * parts * k), positions: scratch.take(rows * parts * k) };
  const keys = arrayOf(found.keys, "u32");
  const candidates = { ...selection, length: parts * k, keys, positions: found.positions };
  return [selectFromParts(selection, parts, found), ...selectBest(candidates)];
}

/**
 * Goes once along every part, with the best so far in a heap. Neighbouring invocations read neighbouring elements: those of
 * a part lie as far apart as there are parts.
 */
function selectFromParts(
  { label, rows, length, k, keys, positions }: Selection,
  parts: number,
  to: { readonly keys: Memory | undefined; readonly positions: Memory },
): Dispatch {
  const shader = new Shader({ label });
  const known = positions && shader.read(positions, "u32");
  const outPositions = shader.write(to.positions, "u32");
  const outKeys = to.keys && shader.write(to.keys, "u32");
  shader.define(new Map([["heap", heapOf(2 ** Math.max(2, Math.ceil(Math.log2(k))))]]));
  return shader.perUnit(rows * parts, (unit) => {
    const keyAt = keys(shader);
    const [size, count, most] = [length, parts, k].map((word) => shader.let(shader.word(word)));
    const row = shader.let(`${unit} / ${count}`);
    const start = shader.let(`${row} * ${size}`);
    const first = shader.let(`${unit} * ${most}`);
    shader.for("0u", most, "1u", (i) => shader.do(`keys[${i}] = ~0u;`, `positions[${i}] = ~0u;`));
    shader.for(`${unit} - ${row} * ${count}`, size, count, (i) => {
      const key = shader.let(keyAt(`${start} + ${i}`));
      shader.if(`${key} <= keys[0]`, () => {
        const position = shader.let(known === undefined ? i : `${known}[${start} + ${i}]`);
        shader.if(`is_before(${key}, ${position}, 0u)`, () => shader.do(`replace_last(${key}, ${position}, ${most});`));
      });
    });
    if (outKeys !== undefined) {
      shader.for("0u", most, "1u", (i) => {
        shader.do(`${outPositions}[${first} + ${i}] = positions[${i}];`, `${outKeys}[${first} + ${i}] = keys[${i}];`);
      });
      return;
    }
    // What comes last is at the top: taken from there one by one, they come in order.
    shader.block(`for (var i = ${most}; i > 0u; i--)`, () => {
      shader.do(`${outPositions}[${first} + i - 1u] = positions[0];`);
      shader.do("replace_last(keys[i - 1u], positions[i - 1u], i - 1u);");
    });
  });
}

/** A heap with what comes last at its top, where something before that takes its place. */
function heapOf(room: number): string {
  return `var<private> keys: array<u32, ${room}>;
  var<private> positions: array<u32, ${room}>;
  fn is_before(key: u32, position: u32, place: u32) -> bool {
    return key < keys[place] || (key == keys[place] && position < positions[place]);
  }
  fn replace_last(key: u32, position: u32, size: u32) {
    var at = 0u;
    loop {
      var child = 2u * at + 1u;
      if (child >= size) { break; }
      if (child + 1u < size && is_before(keys[child], positions[child], child + 1u)) { child += 1u; }
      if (!is_before(key, position, child)) { break; }
      keys[at] = keys[child];
      positions[at] = positions[child];
      at = child;
    }
    keys[at] = key;
    positions[at] = position;
  }`;
}
