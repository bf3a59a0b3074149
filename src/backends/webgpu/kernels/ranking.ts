import type { CallInput, CallKernel } from "../../schedule/index.js";
import { type CallCompiler, sizeOf } from "./call.js";
import type { Compiled, Dispatch, Memory } from "./dispatch.js";
import { radixSort } from "./radix.js";
import { arrayOf, Scratch } from "./scratch.js";
import { Shader } from "./shader.js";
import { keyBits, sortKeys } from "./sort-keys.js";
import { mostBest, selectBest } from "./top-candidates.js";

/** Elements of rows this short count those that come before them. */
const shortRow = 128;
/** As do those of longer rows, where it takes no more comparisons in all. */
const fewComparisons = 2 ** 19;

/** What is ranked: the first `k` of each row. */
interface Ranking {
  readonly label: string;
  readonly x: CallInput;
  readonly rows: number;
  readonly length: number;
  readonly k: number;
  readonly descending: boolean;
  readonly output: Memory;
}

/** The positions that sort each row, equal elements in their order. */
export const compileArgsort: CallCompiler = (kernel, label) =>
  compileRanking(kernel, label, kernel.shape[kernel.shape.length - 1], kernel.attributes.descending === true);

/** The positions of the largest of each row, largest first, the earlier of equals first. */
export const compileTopK: CallCompiler = (kernel, label) =>
  compileRanking(kernel, label, kernel.attributes.k as number, true);

function compileRanking({ inputs: [x], output }: CallKernel, label: string, k: number, descending: boolean): Compiled {
  const length = x.shape[x.shape.length - 1];
  const rows = sizeOf(x.shape.slice(0, -1));
  if (rows * k === 0) return { dispatches: [] };
  const ranking: Ranking = { label, x, rows, length, k, descending, output: { slot: output } };
  if (length <= shortRow || rows * length ** 2 <= fewComparisons) return { dispatches: [countBefore(ranking)] };
  const scratch = new Scratch();
  const dispatches = 4 * k <= length && k <= mostBest ? best(ranking, scratch) : sort(ranking, scratch);
  return { dispatches, scratch: scratch.words };
}

/**
 * An element an invocation: its rank is the number of those in front of it. Four are compared at once, wherever in memory
 * the row begins; those around it do not count.
 */
function countBefore({ label, x, rows, length, k, descending, output }: Ranking): Dispatch {
  const shader = new Shader({ label });
  const out = shader.write(output, "u32");
  return shader.perUnit(rows * length, (unit) => {
    const at = sortKeys(shader, { ...x, offset: 0 }, descending, 4);
    const [offset, size, most] = [x.offset, length, k].map((word) => shader.let(shader.word(word)));
    const row = shader.let(`${unit} / ${size}`);
    const start = shader.let(`${offset} + ${row} * ${size}`);
    const own = shader.let(`${offset} + ${unit}`);
    const key = shader.let(`vec4<u32>(${at(`${own} >> 2u`)}[${own} & 3u])`);
    const rank = shader.var("vec4<u32>", "vec4<u32>()");
    const end = shader.let(`(${start} + ${size} + 3u) >> 2u`);
    shader.for(`${start} >> 2u`, end, "1u", (four) => {
      const others = shader.let(at(four));
      const positions = shader.let(`4u * ${four} + vec4<u32>(0u, 1u, 2u, 3u) - ${start}`);
      const isBefore = `(${others} < ${key}) | ((${others} == ${key}) & (${positions} < vec4<u32>(${own} - ${start})))`;
      shader.do(`${rank} += select(vec4<u32>(), vec4<u32>(1u), (${isBefore}) & (${positions} < vec4<u32>(${size})));`);
    });
    const place = shader.let(`${rank}.x + ${rank}.y + ${rank}.z + ${rank}.w`);
    shader.if(`${place} < ${most}`, () => shader.do(`${out}[${row} * ${most} + ${place}] = ${own} - ${start};`));
  });
}

function best({ label, x, rows, length, k, descending, output }: Ranking, scratch: Scratch): Dispatch[] {
  const keys = (shader: Shader) => sortKeys(shader, x, descending);
  return selectBest({ label, rows, length, k, keys, positions: undefined, output, scratch });
}

function sort({ label, x, rows, length, k, descending, output }: Ranking, scratch: Scratch): Dispatch[] {
  const keys = (shader: Shader) => sortKeys(shader, x, descending);
  const positions = k === length ? output : scratch.take(rows * length);
  const sorted = radixSort({ label, rows, length, bits: keyBits(x.dtype), keys, positions, scratch });
  if (k === length) return sorted;
  const shader = new Shader({ label });
  const out = shader.write(output, "u32");
  const cut = shader.perUnit(rows * k, (unit) => {
    const most = shader.let(shader.word(k));
    const row = shader.let(`${unit} / ${most}`);
    const order = arrayOf(positions, "u32")(shader);
    shader.do(`${out}[${unit}] = ${order(`${row} * ${shader.word(length)} + ${unit} - ${row} * ${most}`)};`);
  });
  return [...sorted, cut];
}
