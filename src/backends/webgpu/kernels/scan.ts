import type { Dispatch, Memory } from "./dispatch.js";
import { arrayOf, type Scratch } from "./scratch.js";
import { Shader } from "./shader.js";
import { literal } from "./types.js";

/**
 * Elements that one invocation adds up one after the other. Totals of so many are added up in turn, so that rounding does
 * not pile up.
 */
const chunk = 64;

/** Running totals of each of `rows` rows. */
export interface Scan {
  readonly label: string;
  readonly dtype: "f32" | "i32" | "u32";
  readonly rows: number;
  readonly length: number;
  /** Reads by the number of an element among all. */
  readonly source: (shader: Shader) => (element: string) => string;
  readonly output: Memory;
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly scratch: Scratch;
}

/** Where rows are longer than a chunk: totals of chunks, their running totals, and from these on the chunks' own. */
export function scan(whole: Scan): Dispatch[] {
  const { dtype, rows, length, scratch } = whole;
  const parts = Math.ceil(length / chunk);
  if (parts <= 1) return [scanChunks(whole, undefined)];
  const [totals, starts] = [scratch.take(rows * parts), scratch.take(rows * parts)];
  const inner: Scan = {
    ...whole,
    length: parts,
    source: arrayOf(totals, dtype),
    output: starts,
    exclusive: true,
    reverse: false,
  };
  return [totalChunks(whole, totals), ...scan(inner), scanChunks(whole, starts)];
}

/** A chunk an invocation; chunks are counted from where the running total begins. */
function totalChunks({ label, dtype, rows, length, source, reverse }: Scan, totals: Memory): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(totals, dtype);
  return shader.perUnit(rows * Math.ceil(length / chunk), (unit) => {
    const total = shader.var(dtype, literal(0, dtype, 1));
    const at = source(shader);
    alongChunk(shader, unit, length, reverse, (element) => shader.do(`${total} += ${at(element)};`));
    shader.do(`${out}[${unit}] = ${total};`);
  });
}

function scanChunks(
  { label, dtype, rows, length, source, output, exclusive, reverse }: Scan,
  starts: Memory | undefined,
): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(output, dtype);
  return shader.perUnit(rows * Math.ceil(length / chunk), (unit) => {
    const start = starts && shader.let(`${shader.read(starts, dtype)}[${unit}]`);
    const total = shader.var(dtype, literal(0, dtype, 1));
    const at = source(shader);
    alongChunk(shader, unit, length, reverse, (element) => {
      const value = shader.let(at(element));
      const write = () => shader.do(`${out}[${element}] = ${start === undefined ? total : `${start} + ${total}`};`);
      if (exclusive) write();
      shader.do(`${total} += ${value};`);
      if (!exclusive) write();
    });
  });
}

function alongChunk(
  shader: Shader,
  unit: string,
  length: number,
  reverse: boolean,
  each: (element: string) => void,
): void {
  const [size, parts] = [shader.let(shader.word(length)), shader.let(shader.word(Math.ceil(length / chunk)))];
  const row = shader.let(`${unit} / ${parts}`);
  const from = shader.let(`(${unit} - ${row} * ${parts}) * ${chunk}u`);
  const first = shader.let(reverse ? `${row} * ${size} + ${size} - 1u` : `${row} * ${size}`);
  shader.for(from, `min(${size}, ${from} + ${chunk}u)`, "1u", (k) => {
    each(shader.let(`${first} ${reverse ? "-" : "+"} ${k}`));
  });
}
