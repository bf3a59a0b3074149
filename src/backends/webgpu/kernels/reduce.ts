import type { ReduceKernel } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { Chain, dtypeOf } from "./chain.js";
import type { Compiled, Dispatch, Memory } from "./dispatch.js";
import { Shader } from "./shader.js";
import { arraySource, type Source, Totals } from "./totals.js";
import { storable, storedType } from "./types.js";

/** Rows up to this long are one invocation's work. */
const shortRow = 64;
/** Invocations that keep a device busy: with fewer, long sums are split. */
const enough = 4096;
/** What a part of a split sum is worth at least. */
const longestPart = 1024;
/** Invocations that total a row together. */
const crew = 64;

/** `totals[o, i] = Σ_k source[o, k, i]`, or the largest or smallest. */
interface Reduction {
  readonly label: string;
  readonly op: ReduceKernel["op"];
  readonly dtype: ReturnType<typeof dtypeOf>;
  readonly source: Source;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly output: Memory;
}

/** A reduction of what a chain computes; where there are few totals, each is made of parts, and those are totalled. */
export function compileReduce(kernel: ReduceKernel, label: string, subgroups: boolean): Compiled {
  const { op, expression, output } = kernel;
  const dtype = dtypeOf(expression);
  const source: Source = (shader, lanes) => {
    const chain = new Chain(shader, expression, lanes);
    return (element) => shader.let(storable(dtype, lanes, chain.at(element)));
  };
  // Without anything to total, or with one element each, neighbouring totals are columns.
  const flat = kernel.length <= 1 ? { outer: 1, inner: kernel.outer * kernel.inner } : kernel;
  const whole: Reduction = {
    label,
    op,
    dtype,
    source,
    outer: flat.outer,
    length: kernel.length,
    inner: flat.inner,
    output: { slot: output },
  };
  const parts = partsOf(whole);
  if (parts === 1) return { dispatches: [reduce(whole, subgroups)] };
  const { outer, length, inner } = whole;
  const size = length / parts;
  const first: Reduction = { ...whole, outer: outer * parts, length: size, output: { scratch: 0 } };
  const second: Reduction = { ...whole, source: arraySource({ scratch: 0 }, dtype), length: parts };
  return { dispatches: [reduce(first, subgroups), reduce(second, subgroups)], scratch: [outer * parts * inner] };
}

/** Into how many equal parts each sum is split: the smallest divisor that makes enough to do. */
function partsOf({ outer, length, inner }: Reduction): number {
  const wanted = Math.min(enough / (outer * inner), length / longestPart);
  if (!(wanted > 1)) return 1;
  for (let parts = Math.ceil(wanted); parts <= 8 * wanted && parts < length; parts++) {
    if (length % parts === 0) return parts;
  }
  return 1;
}

function reduce(reduction: Reduction, subgroups: boolean): Dispatch {
  if (reduction.inner > 1 || reduction.length <= 1) return columns(reduction);
  return reduction.length <= shortRow ? shortRows(reduction) : longRows(reduction, subgroups);
}

function lanesOf(length: number): Lanes {
  return length % 4 === 0 ? 4 : 1;
}

/** Neighbouring totals, one or four an invocation. */
function columns({ label, op, dtype, source, outer, length, inner, output }: Reduction): Dispatch {
  const lanes = lanesOf(inner);
  const shader = new Shader({ label });
  const out = shader.write(output, storedType(dtype, lanes));
  const totals = new Totals(shader, op, dtype);
  return shader.perUnit((outer * inner) / lanes, (unit) => {
    const [width, height] = [shader.let(shader.word(inner)), shader.let(shader.word(length))];
    const at = source(shader, lanes);
    const start = shader.let(`${unit} * ${lanes}u`);
    const group = shader.let(`${start} / ${width}`);
    const column = shader.let(`${start} - ${group} * ${width}`);
    const row = shader.let(`${group} * ${height}`);
    const total = totals.along("0u", height, "1u", lanes, (k) =>
      at(shader.let(`(${row} + ${k}) * ${width} + ${column}`)),
    );
    shader.do(`${out}[${unit}] = ${total};`);
  });
}

/** A row an invocation. */
function shortRows({ label, op, dtype, source, outer, length, output }: Reduction): Dispatch {
  const lanes = lanesOf(length);
  const shader = new Shader({ label });
  const out = shader.write(output, storedType(dtype, 1));
  const totals = new Totals(shader, op, dtype);
  return shader.perUnit(outer, (unit) => {
    const size = shader.let(shader.word(length));
    const at = source(shader, lanes);
    const start = shader.let(`${unit} * ${size}`);
    const total = totals.along("0u", size, `${lanes}u`, lanes, (k) => at(shader.let(`${start} + ${k}`)));
    shader.do(`${out}[${unit}] = ${totals.across(total, lanes)};`);
  });
}

/** A row a workgroup, whose invocations' totals meet in pairs. */
function longRows({ label, op, dtype, source, outer, length, output }: Reduction, subgroups: boolean): Dispatch {
  const lanes = lanesOf(length);
  const shader = new Shader({ label, size: crew });
  const out = shader.write(output, storedType(dtype, 1));
  const totals = new Totals(shader, op, dtype);
  return shader.perWorkgroup(outer, (row, local) => {
    const size = shader.let(shader.word(length));
    const at = source(shader, lanes);
    const start = shader.let(`${row} * ${size}`);
    const total = totals.along(`${local} * ${lanes}u`, size, `${crew * lanes}u`, lanes, (k) =>
      at(shader.let(`${start} + ${k}`)),
    );
    const sum = totals.meet(shader.let(totals.across(total, lanes)), local, crew, subgroups);
    shader.if(`${local} == 0u`, () => shader.do(`${out}[${row}] = ${sum};`));
  });
}
