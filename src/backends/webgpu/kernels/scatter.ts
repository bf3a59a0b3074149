import type { CallInput, CallKernel } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { Ids } from "./alike.js";
import { baseRows } from "./base-rows.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import type { Dispatch, Memory } from "./dispatch.js";
import { radixSort } from "./radix.js";
import { Scratch } from "./scratch.js";
import { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Up to so many ids, each looks for its like among all; more are sorted. */
const fewIds = 512;

/** Columns, or fours of them, that one invocation goes through. */
const mostColumns = 4;

/** The mark of an id that is the first of its like, beside the place of the next. */
const isFirst = "0x80000000u";

/** `base` with rows added in the order of their ids: no element is added to by more than one invocation. */
export const compileScatterAdd: CallCompiler = (kernel, label) => {
  const { inputs, shape, attributes } = kernel;
  if (sizeOf(shape) === 0) return { dispatches: [] };
  const base = baseRows(kernel, label);
  const count = sizeOf(inputs[1].shape);
  if (count === 0) return { dispatches: base };
  const scratch = new Scratch();
  const scatter = new Scatter(kernel, label, scratch);
  if (attributes.distinct === true || count === 1) base.push(scatter.addDistinct());
  else if (count <= fewIds) base.push(...scatter.addLinked());
  else base.push(...scatter.addSorted());
  return { dispatches: base, scratch: scratch.words };
};

class Scatter {
  private readonly kernel: CallKernel;
  private readonly label: string;
  private readonly scratch: Scratch;
  private readonly ids: CallInput;
  private readonly count: number;
  private readonly rowCount: number;
  private readonly lanes: Lanes;
  /** Fours of columns, or columns. */
  private readonly columns: number;

  constructor(kernel: CallKernel, label: string, scratch: Scratch) {
    const [base, ids, rows] = kernel.inputs;
    const [rowCount, ...rest] = base.shape;
    const width = sizeOf(rest);
    this.kernel = kernel;
    this.label = label;
    this.scratch = scratch;
    this.ids = { ...ids, dtype: "u32" };
    this.count = sizeOf(ids.shape);
    this.rowCount = rowCount;
    this.lanes = width % 4 === 0 && rows.offset % 4 === 0 ? 4 : 1;
    this.columns = width / this.lanes;
  }

  addDistinct(): Dispatch {
    return this.add((shader, i) => {
      const id = shader.let(reader(shader, this.ids)(i));
      return { id, isWanted: `${id} < ${shader.word(this.rowCount)}`, next: undefined };
    });
  }

  addLinked(): Dispatch[] {
    const links = this.scratch.take(this.count);
    const add = this.add((shader, i) => {
      const link = shader.read(links, "u32");
      return {
        id: reader(shader, this.ids)(i),
        isWanted: `${link}[${i}] >= ${isFirst}`,
        row: (at) => at,
        next: (at) =>
          shader.do(`${at} = ${link}[${at}] & ~${isFirst};`, `if (${at} >= ${shader.word(this.count)}) { break; }`),
      };
    });
    return [this.link(links), add];
  }

  /** For each id the place of the next of its like, marked where it is the first that is in range. */
  private link(links: Memory): Dispatch {
    const shader = new Shader({ label: this.label });
    const out = shader.write(links, "u32");
    return shader.perUnit(this.count, (i) => {
      const ids = new Ids(shader, this.ids);
      const id = ids.at(i);
      const next = shader.var("u32", ids.count);
      const mark = shader.var("u32", `select(0u, ${isFirst}, ${id} < ${shader.word(this.rowCount)})`);
      ids.alike(id, `${next} == ${ids.count}`, (position) => {
        shader.if(`${position} < ${i}`, () => shader.do(`${mark} = 0u;`));
        shader.if(`${position} > ${i}`, () => shader.do(`${next} = min(${next}, ${position});`));
      });
      shader.do(`${out}[${i}] = ${next} | ${mark};`);
    });
  }

  addSorted(): Dispatch[] {
    const { label, scratch, count, rowCount } = this;
    const [order, sorted] = [scratch.take(count), scratch.take(count)];
    const sort = radixSort({
      label,
      rows: 1,
      length: count,
      bits: 32 - Math.clz32(rowCount),
      // Whatever is out of range comes last.
      keys: (shader) => {
        const at = reader(shader, this.ids);
        return (element) => `min(${at(element)}, ${shader.word(rowCount)})`;
      },
      positions: order,
      sortedKeys: sorted,
      scratch,
    });
    const add = this.add((shader, i) => {
      const [keys, positions] = [shader.read(sorted, "u32"), shader.read(order, "u32")];
      const id = shader.let(`${keys}[${i}]`);
      return {
        id,
        isWanted: `${id} < ${shader.word(rowCount)} && (${i} == 0u || ${keys}[max(${i}, 1u) - 1u] != ${id})`,
        row: (at) => `${positions}[${at}]`,
        next: (at) =>
          shader.do(`${at} += 1u;`, `if (${at} >= ${shader.word(count)} || ${keys}[${at}] != ${id}) { break; }`),
      };
    });
    return [...sort, add];
  }

  /** Adds runs of rows, some columns of one an invocation: neighbouring invocations have neighbouring columns. */
  private add(runAt: (shader: Shader, i: string) => Run): Dispatch {
    const { kernel, label, lanes, columns, count } = this;
    const { inputs, output, dtype } = kernel;
    const shader = new Shader({ label });
    const out = shader.write({ slot: output }, storedType(dtype, lanes));
    const crew = Math.ceil(columns / mostColumns);
    return shader.perUnit(count * crew, (unit) => {
      const rowAt = reader(shader, inputs[2], lanes);
      const [width, step] = [shader.let(shader.word(columns)), shader.let(shader.word(crew))];
      const i = shader.let(`${unit} / ${step}`);
      const { id, isWanted, row, next } = runAt(shader, i);
      shader.do(`if (!(${isWanted})) { return; }`);
      shader.for(`${unit} - ${i} * ${step}`, width, step, (column) => {
        const to = shader.let(`${id} * ${width} + ${column}`);
        if (next === undefined) {
          shader.do(`${out}[${to}] += ${rowAt(`${i} * ${width} + ${column}`)};`);
          return;
        }
        const total = shader.var(storedType(dtype, lanes), `${out}[${to}]`);
        const at = shader.var("u32", i);
        shader.block("loop", () => {
          shader.do(`${total} += ${rowAt(shader.let(`${row(at)} * ${width} + ${column}`))};`);
          next(at);
        });
        shader.do(`${out}[${to}] = ${total};`);
      });
    });
  }
}

/** Rows that are added to one: those from place `i` on, if it is the first of them. */
type Run = {
  readonly id: string;
  readonly isWanted: string;
} & (
  | { readonly next: undefined; readonly row?: undefined }
  | {
      /** The row at a place. */
      readonly row: (at: string) => string;
      /** Goes on to the next place, or breaks the loop. */
      readonly next: (at: string) => void;
    }
);
