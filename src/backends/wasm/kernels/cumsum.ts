import type { DType } from "../../backend.js";
import { f64, i32, type Local, load, op, type Statement, store, type Value } from "../assembler/index.js";
import { addressOf, type CallCompiler, sizeOf } from "./call.js";
import { bytesOf, offsetBy } from "./quad.js";
import { kernelParameters } from "./table.js";

/** Rows whose totals run side by side, as each addition waits for the one before. */
const sideBySide = 4;

/** Running sums along rows, which are the units; totals of f32 are kept in f64. */
export const compileCumsum: CallCompiler = (module, layout, { inputs: [x], output, dtype, shape, attributes }) => {
  const length = shape[shape.length - 1];
  const bytes = length * bytesOf[dtype];
  const step = attributes.reverse ? -bytesOf[dtype] : bytesOf[dtype];
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const first = op("i32.add", addressOf(layout, table, x), attributes.reverse ? bytes + step : 0);
    const source = f.let(offsetBy(first, from, bytes));
    const out = op("i32.add", layout.slot(table, output), attributes.reverse ? bytes + step : 0);
    const target = f.let(offsetBy(out, from, bytes));
    const [unit, i] = [f.let(from), f.local("i32")];
    const totals = Array.from({ length: sideBySide }, () =>
      f.local(dtype === "f32" || dtype === "f64" ? "f64" : "i32"),
    );
    const rows = (count: number) => {
      const used = totals.slice(0, count);
      for (const total of used) f.set(total, total.type === "f64" ? f64(0) : i32(0));
      f.set(i, 0);
      f.for(i, length, 1, () => {
        used.forEach((total, row) => {
          const value = f.let(loadElement(dtype, source, row * bytes));
          if (attributes.exclusive) f.do(storeElement(dtype, target, total, row * bytes));
          f.set(total, op(`${total.type}.add`, total, value));
          if (!attributes.exclusive) f.do(storeElement(dtype, target, total, row * bytes));
        });
        f.advance(source, step);
        f.advance(target, step);
      });
      const ahead = count * bytes - length * step;
      f.advance(source, ahead);
      f.advance(target, ahead);
    };
    const whole = f.let(op("i32.sub", to, sideBySide - 1));
    f.for(unit, whole, sideBySide, () => rows(sideBySide));
    f.for(unit, to, 1, () => rows(1));
  });
  return { phases: [{ callable, units: sizeOf(shape.slice(0, -1)), unitSize: length }] };
};

function loadElement(dtype: DType, address: Local, offset: number): Value {
  if (dtype === "f32") return op("f64.promote_f32", load("f32.load", address, offset));
  return load(dtype === "f64" ? "f64.load" : "i32.load", address, offset);
}

function storeElement(dtype: DType, address: Local, value: Value, offset: number): Statement {
  if (dtype === "f32") return store("f32.store", address, op("f32.demote_f64", value), offset);
  return store(dtype === "f64" ? "f64.store" : "i32.store", address, value, offset);
}
