import type { CallKernel } from "../../schedule/index.js";
import {
  type FunctionBuilder,
  i32,
  type Local,
  load,
  type ModuleBuilder,
  type Operand,
  op,
} from "../assembler/index.js";
import { addressOf, type CallCompiler, sizeOf } from "./call.js";
import type { Compiled, Phase } from "./compiled.js";
import { compilePieces } from "./pieces.js";
import { bytesOf, offsetBy } from "./quad.js";
import { addSpan, copySpan } from "./spans.js";
import { kernelParameters, type TableLayout } from "./table.js";

/** Writes a span of a row to its destination. */
type WriteSpan = (f: FunctionBuilder, to: Local, from: Local, bytes: number) => void;

/** A line of the cache: what threads that share rows take by turns. */
const block = 64;

/** Rows of at least so many bytes are shared out by columns. */
const worthSharing = 2 * block;

/** `base` with rows added in the order of their ids, whatever the number of threads. */
export const compileScatterAdd: CallCompiler = (module, layout, kernel) =>
  compileUpdate(module, layout, kernel, (f, to, from, bytes) => addSpan(f, kernel.dtype, to, from, bytes));

/** `base` with rows replaced; of equal ids the last one wins. */
export const compileReplaceRows: CallCompiler = (module, layout, kernel) =>
  compileUpdate(module, layout, kernel, copySpan);

function compileUpdate(module: ModuleBuilder, layout: TableLayout, kernel: CallKernel, write: WriteSpan): Compiled {
  const { dtype, inPlace, inputs, output, shape } = kernel;
  const [base, ids] = inputs;
  const phases: Phase[] = [];
  if (inPlace === undefined) {
    const content =
      base.slot === undefined
        ? { pattern: (table: Local) => layout.constant(table, base.constant!, dtype).parts[0] }
        : { source: (table: Local) => addressOf(layout, table, base) };
    const bytes = sizeOf(shape) * bytesOf[dtype];
    phases.push(compilePieces(module, layout, output, [{ bytes, ...content }], bytesOf[dtype]));
  }
  if (sizeOf(ids.shape) > 0) phases.push(compileRows(module, layout, kernel, write));
  return { phases };
}

/** What a call of the function does: some of the ids, of the destinations, or of the blocks of every row. */
interface Range {
  readonly from: Operand;
  readonly to: Operand;
}

/**
 * Writes the rows to where their ids say. Rows that differ in their destinations can go in any order; else the units are
 * columns of the rows or, of narrow rows, destinations, so that each element is written by one thread, in order.
 */
function compileRows(module: ModuleBuilder, layout: TableLayout, kernel: CallKernel, write: WriteSpan): Phase {
  const { attributes, dtype, inputs, output } = kernel;
  const [base, ids, rows] = inputs;
  const [count, ...rest] = base.shape;
  const ofIds = sizeOf(ids.shape);
  const width = sizeOf(rest);
  const bytes = width * bytesOf[dtype];
  const isDistinct = attributes.distinct === true;
  const byColumns = !isDistinct && bytes >= worthSharing;
  const blocks = Math.ceil(bytes / block);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const range: Range = { from, to };
    const all = (end: number): Range => ({ from: 0, to: i32(end) });
    const sources = isDistinct ? range : all(ofIds);
    const destinations = isDistinct || byColumns ? all(count) : range;
    const columns = byColumns ? range : all(blocks);
    const out = f.let(layout.slot(table, output));
    const source = f.let(sources.from);
    const id = f.let(offsetBy(addressOf(layout, table, ids), source, 4));
    const row = f.let(offsetBy(addressOf(layout, table, rows), source, bytes));
    const [place, span] = [f.local("i32"), f.let(op("i32.sub", asValue(destinations.to), destinations.from))];
    f.for(source, sources.to, 1, () => {
      f.set(place, load("i32.load", id));
      f.if(op("i32.lt_u", op("i32.sub", place, destinations.from), span), () => {
        f.set(place, offsetBy(out, place, bytes));
        if (byColumns) writeBlocks(f, columns, place, row, bytes, write);
        else write(f, place, row, bytes);
      });
      f.advance(id, 4);
      f.advance(row, bytes);
    });
  });
  if (isDistinct) return { callable, units: ofIds, unitSize: width };
  if (byColumns) return { callable, units: blocks, unitSize: (ofIds * width) / blocks };
  return { callable, units: count, unitSize: (ofIds * width) / count };
}

function asValue(operand: Operand): Exclude<Operand, number> {
  return typeof operand === "number" ? i32(operand) : operand;
}

/** Writes some blocks of a row, of which the last may be shorter. */
function writeBlocks(
  f: FunctionBuilder,
  { from, to }: Range,
  out: Local,
  row: Local,
  bytes: number,
  write: WriteSpan,
): void {
  const whole = Math.floor(bytes / block);
  const at = f.let(from);
  const [target, source] = [f.let(offsetBy(out, at, block)), f.let(offsetBy(row, at, block))];
  const isLast = op("i32.gt_s", asValue(to), i32(whole));
  const end = f.let(to);
  f.if(isLast, () => f.set(end, whole));
  f.for(at, end, 1, () => {
    write(f, target, source, block);
    f.advance(target, block);
    f.advance(source, block);
  });
  if (bytes % block > 0) f.if(isLast, () => write(f, target, source, bytes % block));
}
