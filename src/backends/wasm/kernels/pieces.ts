import {
  copy,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  op,
  select,
  type Value,
} from "../assembler/index.js";
import type { Phase } from "./compiled.js";
import { fillBytes } from "./spans.js";
import { kernelParameters, type TableLayout } from "./table.js";

/** A stretch of an output that is copied from one place or filled with one element. */
export interface Piece {
  readonly bytes: number;
  /** Where its content begins. */
  readonly source?: (table: Local) => Value;
  /** What fills it, if it is not copied. */
  readonly pattern?: (table: Local) => Value;
}

/** Bytes of a unit: long enough to be worth a call, short enough to be shared out. */
const chunk = 8192;

/** Writes an output that is pieces one after the other; units are chunks of them. */
export function compilePieces(
  module: ModuleBuilder,
  layout: TableLayout,
  output: number,
  pieces: readonly Piece[],
  elementBytes: number,
): Phase {
  let units = 0;
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const out = f.let(layout.slot(table, output));
    const [start, bytes, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
    let begin = 0;
    for (const piece of pieces) {
      const chunks = Math.ceil(piece.bytes / chunk);
      f.set(start, op("i32.mul", bounded(f, op("i32.sub", from, units), chunks), chunk));
      const end = f.let(op("i32.mul", bounded(f, op("i32.sub", to, units), chunks), chunk));
      const last = select(op("i32.lt_u", end, i32(piece.bytes)), end, i32(piece.bytes));
      f.set(bytes, op("i32.sub", last, start));
      f.if(op("i32.lt_u", start, end), () => {
        f.set(at, op("i32.add", op("i32.add", out, begin), start));
        if (piece.source !== undefined) f.do(copy(at, op("i32.add", piece.source(table), start), bytes));
        else fillBytes(f, at, bytes, f.let(piece.pattern!(table)), elementBytes);
      });
      units += chunks;
      begin += piece.bytes;
    }
  });
  return { callable, units, unitSize: chunk / elementBytes };
}

/** A number brought into 0 … most. */
function bounded(f: FunctionBuilder, value: Value, most: number): Value {
  const held = f.let(value);
  f.set(held, select(op("i32.gt_s", held, i32(0)), held, i32(0)));
  return select(op("i32.lt_s", held, i32(most)), held, i32(most));
}
