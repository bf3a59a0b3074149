import type { ReduceKernel } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { Chain, dtypeOf } from "./chain.js";
import type { Abilities, Compiled, Dispatch, Memory } from "./dispatch.js";
import { arrayOf } from "./scratch.js";
import { Shader } from "./shader.js";
import { type Source, Totals } from "./totals.js";
import { storable, storedType } from "./types.js";

/** Rows up to this long are one invocation's work, also where many can work together. */
const shortRow = 64;
/** Invocations that total a row together. */
const crew = 64;

/** Invocations that keep a device busy: with fewer, long sums are split. */
function enough({ sharedMemory }: Abilities): number {
  return sharedMemory ? 4096 : 256;
}

/** What a part of a split sum is worth at least. */
const shortestPart = 256;

/** `totals[o, p, i] = Σ_k source[o, k, i]` over the k of part p, or the largest or smallest. */
interface Reduction {
  readonly label: string;
  readonly op: ReduceKernel["op"];
  readonly dtype: ReturnType<typeof dtypeOf>;
  readonly source: Source;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly parts: number;
  readonly output: Memory;
}

/** A reduction of what a chain computes; where there are few totals, each is made of parts, and those are totalled. */
export function compileReduce(kernel: ReduceKernel, label: string, abilities: Abilities): Compiled {
  const { op, expression, output, length } = kernel;
  const dtype = dtypeOf(expression);
  const source: Source = (shader, lanes) => {
    const chain = new Chain(shader, expression, lanes);
    return (element) => shader.let(storable(dtype, lanes, chain.at(element)));
  };
  // Without anything to total, or with one element each, neighbouring totals are columns.
  const [outer, inner] = length <= 1 ? [1, kernel.outer * kernel.inner] : [kernel.outer, kernel.inner];
  const whole: Reduction = { label, op, dtype, source, outer, length, inner, parts: 1, output: { slot: output } };
  const parts = Math.min(Math.ceil(enough(abilities) / (outer * inner)), Math.floor(length / shortestPart));
  if (!(parts > 1)) return { dispatches: [reduce(whole, abilities)] };
  const first: Reduction = { ...whole, parts, output: { scratch: 0 } };
  const second: Reduction = { ...whole, source: arrayOf({ scratch: 0 }, dtype), length: parts };
  return {
    dispatches: [reduce(first, abilities), reduce(second, abilities)],
    scratch: [outer * parts * inner],
  };
}

function reduce(reduction: Reduction, { sharedMemory, subgroups }: Abilities): Dispatch {
  const { inner, length, parts } = reduction;
  if (inner > 1 || length <= 1) return columns(reduction);
  const isShort = length <= shortRow * parts;
  return isShort || !sharedMemory ? rows(reduction) : longRows(reduction, subgroups);
}

function lanesOf(length: number): Lanes {
  return length % 4 === 0 ? 4 : 1;
}

/** Where a part of a row of elements lies. */
interface Stretch {
  /** The number of the row's first element. */
  readonly start: string;
  readonly from: string;
  readonly to: string;
}

/** Finds a part of the `length` that is totalled by its number, and that of the whole. */
function stretchOf(shader: Shader, { length, parts }: Reduction, number: string): Stretch {
  const size = shader.let(shader.word(length));
  if (parts === 1) return { start: shader.let(`${number} * ${size}`), from: "0u", to: size };
  const count = shader.let(shader.word(parts));
  const step = shader.let(shader.word(Math.ceil(length / parts / 4) * 4));
  const whole = shader.let(`${number} / ${count}`);
  const from = shader.let(`(${number} - ${whole} * ${count}) * ${step}`);
  return { start: shader.let(`${whole} * ${size}`), from, to: shader.let(`min(${size}, ${from} + ${step})`) };
}

/** Neighbouring totals, one or four an invocation. */
function columns(reduction: Reduction): Dispatch {
  const { label, op, dtype, source, outer, inner, parts, output } = reduction;
  const lanes = lanesOf(inner);
  const shader = new Shader({ label });
  const out = shader.write(output, storedType(dtype, lanes));
  const totals = new Totals(shader, op, dtype);
  return shader.perUnit((outer * parts * inner) / lanes, (unit) => {
    const width = shader.let(shader.word(inner));
    const at = source(shader, lanes);
    const first = shader.let(`${unit} * ${lanes}u`);
    const group = shader.let(`${first} / ${width}`);
    const column = shader.let(`${first} - ${group} * ${width}`);
    const { start, from, to } = stretchOf(shader, reduction, group);
    const total = totals.along(from, to, "1u", lanes, (k) =>
      at(shader.let(`(${start} + ${k}) * ${width} + ${column}`)),
    );
    shader.do(`${out}[${unit}] = ${total};`);
  });
}

/** A row, or a part of one, an invocation. */
function rows(reduction: Reduction): Dispatch {
  const { label, op, dtype, source, outer, length, parts, output } = reduction;
  const lanes = lanesOf(length);
  const shader = new Shader({ label });
  const out = shader.write(output, storedType(dtype, 1));
  const totals = new Totals(shader, op, dtype);
  return shader.perUnit(outer * parts, (unit) => {
    const at = source(shader, lanes);
    const { start, from, to } = stretchOf(shader, reduction, unit);
    const total = totals.along(from, to, `${lanes}u`, lanes, (k) => at(shader.let(`${start} + ${k}`)));
    shader.do(`${out}[${unit}] = ${totals.across(total, lanes)};`);
  });
}

/** A row, or a part of one, a workgroup, whose invocations' totals meet in pairs. */
function longRows(reduction: Reduction, subgroups: boolean): Dispatch {
  const { label, op, dtype, source, outer, length, parts, output } = reduction;
  const lanes = lanesOf(length);
  const shader = new Shader({ label, size: crew });
  const out = shader.write(output, storedType(dtype, 1));
  const totals = new Totals(shader, op, dtype);
  return shader.perWorkgroup(outer * parts, (group, local) => {
    const at = source(shader, lanes);
    const { start, from, to } = stretchOf(shader, reduction, group);
    const first = shader.let(`${from} + ${local} * ${lanes}u`);
    const total = totals.along(first, to, `${crew * lanes}u`, lanes, (k) => at(shader.let(`${start} + ${k}`)));
    const sum = totals.meet(shader.let(totals.across(total, lanes)), local, crew, subgroups);
    shader.if(`${local} == 0u`, () => shader.do(`${out}[${group}] = ${sum};`));
  });
}
