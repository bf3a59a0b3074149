import {
  type FunctionBuilder,
  f64x2,
  i32,
  type Local,
  load,
  op,
  select,
  store,
  type Value,
} from "../assembler/index.js";
import { addressOf, type CallCompiler, integers, sizeOf } from "./call.js";
import { cast } from "./elementwise.js";
import { bytesOf, offsetBy, quadSize, storePart, storeQuad } from "./quad.js";
import { fillBytes, fillSpan, patternOf } from "./spans.js";
import { kernelParameters } from "./table.js";

/** Columns whose totals are kept side by side in registers. */
const blockColumns = 16;

/** Sparse rows times a dense matrix; units are rows. Totals are kept in f64, in the order of the entries. */
export const compileCsrMatmul: CallCompiler = (module, layout, { inputs, output, dtype, shape: [rows, width] }) => {
  const [offsets, columns, values, dense] = inputs;
  const [count] = dense.shape;
  const entries = sizeOf(columns.shape);
  const element = bytesOf[dtype];
  const bytes = width * element;
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const [ids, scales, matrix] = [columns, values, dense].map((input) => f.let(addressOf(layout, table, input)));
    const bounds = f.let(offsetBy(addressOf(layout, table, offsets), from, 4));
    const out = f.let(offsetBy(layout.slot(table, output), from, bytes));
    const missing = f.let(patternOf(dtype, Number.NaN));
    const [unit, first, last, at, wrong] = [f.let(from), ...integers(f, 4)];
    const part = (column: Local | number, size: number) => {
      const totals = Array.from({ length: Math.ceil(size / 2) }, () => f.local("v128"));
      for (const total of totals) f.set(total, f64x2(0));
      const step = f.let(op("i32.mul", asColumn(column), element));
      const [id, scale] = [f.let(offsetBy(ids, first, 4)), f.let(offsetBy(scales, first, element))];
      const source = f.let(op("i32.add", matrix, step));
      f.set(at, first);
      f.for(at, last, 1, () => {
        addEntry(f, dtype === "f32", totals, op("i32.add", source, op("i32.mul", load("i32.load", id), bytes)), scale);
        f.advance(id, 4);
        f.advance(scale, element);
      });
      const target = f.let(op("i32.add", out, step));
      for (let i = 0; i < size; i += quadSize) {
        const pair = [totals[i / 2], totals[i / 2 + 1] ?? totals[i / 2]];
        const quad = cast({ dtype: "f64", parts: pair }, dtype);
        if (size - i >= quadSize) for (const write of storeQuad(quad, target)) f.do(write);
        else storePart(f, quad, target, size - i);
        f.advance(target, quadSize * element);
      }
    };
    f.for(unit, to, 1, () => {
      f.set(first, load("i32.load", bounds));
      f.set(last, load("i32.load", bounds, 4));
      const isOutside = op("i32.or", op("i32.lt_s", first, 0), op("i32.gt_s", last, entries));
      f.set(wrong, op("i32.and", op("i32.lt_s", first, last), isOutside));
      f.if(op("i32.eqz", wrong), () => {
        const id = f.let(offsetBy(ids, first, 4));
        f.set(at, first);
        f.for(at, last, 1, () => {
          f.set(wrong, op("i32.or", wrong, op("i32.ge_u", load("i32.load", id), count)));
          f.advance(id, 4);
        });
      });
      f.if(
        wrong,
        () => fillSpan(f, out, bytes, missing),
        () => {
          const whole = width - (width % blockColumns);
          if (whole > 0) {
            const column = f.let(0);
            f.for(column, whole, blockColumns, () => part(column, blockColumns));
          }
          if (whole < width) part(whole, width - whole);
        },
      );
      f.advance(bounds, 4);
      f.advance(out, bytes);
    });
  });
  return { phases: [{ callable, units: rows, unitSize: Math.ceil((entries / rows) * width) + width }] };
};

function asColumn(column: Local | number): Value {
  return typeof column === "number" ? i32(column) : column;
}

/** Adds a scaled stretch of a dense row to the totals. */
function addEntry(f: FunctionBuilder, isSingle: boolean, totals: readonly Local[], address: Value, scale: Local): void {
  const source = f.let(address);
  const factor = f.let(
    isSingle ? op("f64x2.promote_low_f32x4", load("v128.load32_splat", scale)) : load("v128.load64_splat", scale),
  );
  totals.forEach((total, i) => {
    const pair = isSingle
      ? op("f64x2.promote_low_f32x4", load("v128.load64_zero", source, 8 * i))
      : load("v128.load", source, 16 * i);
    f.set(total, op("f64x2.add", total, op("f64x2.mul", factor, pair)));
  });
}

/** Entries of a unit. */
const chunk = 2048;

/** The row that each entry belongs to; where offsets overlap, the last that claims it. Units are chunks of entries. */
export const compileSegmentIds: CallCompiler = (module, layout, { inputs: [offsets], output, shape: [count] }) => {
  const segments = Math.max(0, sizeOf(offsets.shape) - 1);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const out = f.let(layout.slot(table, output));
    const start = f.let(op("i32.mul", from, chunk));
    const end = f.let(op("i32.mul", to, chunk));
    f.if(op("i32.gt_u", end, i32(count)), () => f.set(end, count));
    const bytes = f.let(op("i32.mul", op("i32.sub", end, start), 4));
    fillBytes(f, f.let(offsetBy(out, start, 4)), bytes, f.let(patternOf("i32", -1)), 4);
    const bounds = f.let(addressOf(layout, table, offsets));
    const [segment, at, last] = [f.let(0), f.local("i32"), f.local("i32")];
    f.for(segment, segments, 1, () => {
      f.set(at, load("i32.load", bounds));
      f.set(at, select(op("i32.gt_s", at, start), at, start));
      f.set(last, load("i32.load", bounds, 4));
      f.set(last, select(op("i32.lt_s", last, end), last, end));
      f.for(at, last, 1, () => f.do(store("i32.store", offsetBy(out, at, 4), segment)));
      f.advance(bounds, 4);
    });
  });
  return { phases: [{ callable, units: Math.ceil(count / chunk), unitSize: chunk }] };
};
