import { contiguous } from "../../schedule/index.js";
import { type FunctionBuilder, i32, type Local, load, op, store, type Value } from "../assembler/index.js";
import { addressOf, type CallCompiler, sizeOf } from "./call.js";
import { compilePieces } from "./pieces.js";
import { bytesOf, offsetBy } from "./quad.js";
import { copySpan, fillSpan, patternOf } from "./spans.js";
import { kernelParameters } from "./table.js";

/** Tensors side by side along an axis; units are what lies in front of it, or chunks. */
export const compileConcat: CallCompiler = (module, layout, { inputs, output, shape, dtype, attributes }) => {
  const axis = attributes.axis as number;
  const parts = inputs.map((input) => ({ input, bytes: sizeOf(input.shape.slice(axis)) * bytesOf[dtype] }));
  const outer = sizeOf(shape.slice(0, axis));
  if (outer === 1) {
    const pieces = parts.map(({ input, bytes }) => ({
      bytes,
      source: (table: Local) => addressOf(layout, table, input),
    }));
    return { phases: [compilePieces(module, layout, output, pieces, bytesOf[dtype])] };
  }
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const sources = parts.map(({ input, bytes }) => f.let(offsetBy(addressOf(layout, table, input), from, bytes)));
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const out = f.let(offsetBy(layout.slot(table, output), from, total));
    const unit = f.let(from);
    f.for(unit, to, 1, () => {
      parts.forEach(({ bytes }, i) => {
        copySpan(f, out, sources[i], bytes);
        f.advance(out, bytes);
        f.advance(sources[i], bytes);
      });
    });
  });
  return { phases: [{ callable, units: outer, unitSize: sizeOf(shape) / outer }] };
};

/** An axis with fillers in front, between neighbours and behind. */
interface PaddedAxis {
  readonly length: number;
  readonly before: number;
  /** From one element to the next. */
  readonly step: number;
  readonly padded: number;
}

/** Axes to pad; those at the end that have no fillers are one with the axis before them. */
function axesOf(
  input: readonly number[],
  shape: readonly number[],
  before: readonly number[],
  interior: readonly number[],
): PaddedAxis[] {
  const axes = input.map((length, i) => ({ length, before: before[i], step: interior[i] + 1, padded: shape[i] }));
  while (axes.length > 1) {
    const [outer, inner] = axes.slice(-2);
    if (outer.step > 1 || inner.padded !== inner.length) break;
    const { length } = inner;
    axes.splice(-2, 2, {
      length: outer.length * length,
      before: outer.before * length,
      step: 1,
      padded: outer.padded * length,
    });
  }
  return axes;
}

/** A tensor among fillers; units are rows of the result, or chunks if it is but one row. */
export const compilePad: CallCompiler = (module, layout, { inputs: [x], output, shape, dtype, attributes }) => {
  const axes = axesOf(x.shape, shape, attributes.before as readonly number[], attributes.interior as readonly number[]);
  const element = bytesOf[dtype];
  const filler = patternOf(dtype, attributes.value as number);
  const inner = axes.pop() ?? { length: 1, before: 0, step: 1, padded: 1 };
  const lead = inner.before * element;
  const body = inner.length * element;
  const total = inner.padded * element;
  const rows = sizeOf(axes.map(({ padded }) => padded));
  if (sizeOf(x.shape) === 0) {
    const whole = { bytes: sizeOf(shape) * element, pattern: () => filler };
    return { phases: [compilePieces(module, layout, output, [whole], element)] };
  }
  if (rows === 1 && inner.step === 1) {
    const pieces = [
      { bytes: lead, pattern: () => filler },
      { bytes: body, source: (table: Local) => addressOf(layout, table, x) },
      { bytes: total - lead - body, pattern: () => filler },
    ];
    return { phases: [compilePieces(module, layout, output, pieces, element)] };
  }
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const first = f.let(addressOf(layout, table, x));
    const out = f.let(offsetBy(layout.slot(table, output), from, total));
    const pattern = f.let(filler);
    const [unit, source, at] = [f.let(from), f.local("i32"), f.local("i32")];
    f.for(unit, to, 1, () => {
      const { isInside, row } = rowBehind(f, unit, axes);
      f.if(
        isInside,
        () => {
          f.set(source, offsetBy(first, row, body));
          if (inner.step > 1) {
            fillSpan(f, out, total, pattern);
            f.set(at, op("i32.add", out, lead));
            spread(f, at, source, inner, element);
            return;
          }
          fillSpan(f, out, lead, pattern);
          f.set(at, op("i32.add", out, lead));
          copySpan(f, at, source, body);
          f.set(at, op("i32.add", out, lead + body));
          fillSpan(f, at, total - lead - body, pattern);
        },
        () => fillSpan(f, out, total, pattern),
      );
      f.advance(out, total);
    });
  });
  return { phases: [{ callable, units: rows, unitSize: inner.padded }] };
};

/** Whether a row of the result holds elements, and of which row. */
function rowBehind(f: FunctionBuilder, unit: Local, axes: readonly PaddedAxis[]): { isInside: Value; row: Value } {
  const { strides } = contiguous(axes.map(({ length }) => length));
  let isInside: Value = i32(1);
  let row: Value = i32(0);
  let rest: Value = unit;
  axes.toReversed().forEach(({ length, before, step, padded }, i) => {
    const axis = axes.length - 1 - i;
    const whole = f.let(rest);
    const place = f.let(op("i32.sub", axis === 0 ? whole : op("i32.rem_u", whole, padded), before));
    const index = f.let(step === 1 ? place : op("i32.div_u", place, step));
    // In front of the first element the place wraps to a number beyond all others.
    const isHere = f.let(op("i32.lt_u", index, length));
    const isOn = step === 1 ? isHere : op("i32.and", isHere, op("i32.eq", op("i32.mul", index, step), place));
    isInside = op("i32.and", isInside, isOn);
    row = op("i32.add", row, op("i32.mul", index, strides[axis]));
    rest = op("i32.div_u", whole, padded);
  });
  return { isInside, row };
}

/** Copies elements that are apart in the result. */
function spread(f: FunctionBuilder, at: Local, source: Local, { length, step }: PaddedAxis, element: number): void {
  const [reads, writes] =
    element === 1
      ? ["i32.load8_u", "i32.store8"]
      : element === 4
        ? ["i32.load", "i32.store"]
        : ["i64.load", "i64.store"];
  const index = f.let(0);
  f.for(index, length, 1, () => {
    f.do(store(writes, at, load(reads, source)));
    f.advance(at, step * element);
    f.advance(source, element);
  });
}
