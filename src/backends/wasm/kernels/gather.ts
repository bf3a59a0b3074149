import { i32, load, op } from "../assembler/index.js";
import { addressOf, type CallCompiler, sizeOf } from "./call.js";
import { bytesOf, offsetBy } from "./quad.js";
import { copySpan, fillSpan, patternOf } from "./spans.js";
import { kernelParameters } from "./table.js";

/** Rows of a table; units are rows of the result. */
export const compileGather: CallCompiler = (module, layout, { inputs: [rows, ids], output, dtype }) => {
  const [count, ...rest] = rows.shape;
  const width = sizeOf(rest);
  const bytes = width * bytesOf[dtype];
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const first = f.let(addressOf(layout, table, rows));
    const id = f.let(offsetBy(addressOf(layout, table, ids), from, 4));
    const out = f.let(offsetBy(layout.slot(table, output), from, bytes));
    const missing = f.let(patternOf(dtype, Number.NaN));
    const [unit, row] = [f.let(from), f.local("i32")];
    f.for(unit, to, 1, () => {
      f.set(row, load("i32.load", id));
      f.if(
        op("i32.lt_u", row, i32(count)),
        () => {
          f.set(row, offsetBy(first, row, bytes));
          copySpan(f, out, row, bytes);
        },
        () => fillSpan(f, out, bytes, missing),
      );
      f.advance(id, 4);
      f.advance(out, bytes);
    });
  });
  return { phases: [{ callable, units: sizeOf(ids.shape), unitSize: width }] };
};
