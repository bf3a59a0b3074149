import type { DType } from "../../backend.js";
import type { CallKernel } from "../../schedule/index.js";
import {
  type FunctionBuilder,
  i32,
  i32x4,
  type ModuleBuilder,
  op,
  shuffle,
  store,
  type Value,
} from "../assembler/index.js";
import { addressOf, type CallCompiler, integers, sizeOf } from "./call.js";
import type { Compiled } from "./compiled.js";
import { chosen, elementwise, type Held } from "./elementwise.js";
import { bytesOf, hold, loadQuad, loadSplat, offsetBy, type Quad, quadSize, storePart, storeQuad } from "./quad.js";
import { kernelParameters, type TableLayout } from "./table.js";

/** The position of the largest or smallest element along an axis, the first of equals; NaN comes before all others. */
export const compilePosition: CallCompiler = (module, layout, kernel) => {
  const { shape } = kernel.inputs[0];
  const axis = kernel.attributes.axis as number;
  const inner = sizeOf(shape.slice(axis + 1));
  return inner === 1 ? alongRows(module, layout, kernel) : acrossRows(module, layout, kernel, inner);
};

function relation(module: ModuleBuilder, f: FunctionBuilder, name: string, a: Held, b: Held): Quad {
  return elementwise(name, a.dtype, "bool")!(module, f, [a, b]);
}

/** Finds the extreme of a row first, or whether it has NaN, then the first element that is it; units are rows. */
function alongRows(
  module: ModuleBuilder,
  layout: TableLayout,
  { inputs: [x], output, attributes }: CallKernel,
): Compiled {
  const { dtype, shape } = x;
  const length = shape[attributes.axis as number];
  const bytes = bytesOf[dtype];
  const whole = length - (length % quadSize);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const row = f.let(offsetBy(addressOf(layout, table, x), from, length * bytes));
    const out = f.let(offsetBy(layout.slot(table, output), from, 4));
    const [unit, i, at, found] = [f.let(from), ...integers(f, 3)];
    f.for(unit, to, 1, () => {
      const best = hold(f, loadSplat(dtype, row));
      const isNaNs = best.parts.map(() => f.let(i32x4(0)));
      const meet = (quad: Quad) => {
        const { parts } = hold(f, quad);
        if (isFloat(dtype)) {
          parts.forEach((part, j) => {
            f.set(isNaNs[j], op("v128.or", isNaNs[j], op(`${lanesOf(dtype)}.ne`, part, part)));
          });
        }
        setAll(f, best, better(module, f, attributes.largest === true, best, { dtype, parts }));
      };
      f.set(i, 0);
      f.set(at, row);
      f.for(i, whole, quadSize, () => {
        meet(loadQuad(dtype, at));
        f.advance(at, quadSize * bytes);
      });
      for (let rest = 0; rest < length % quadSize; rest++) meet(loadSplat(dtype, op("i32.add", at, rest * bytes)));
      if (dtype === "f64") meet({ dtype, parts: best.parts.toReversed() });
      for (const apart of dtype === "f64" ? [8] : [8, 4])
        meet({ dtype, parts: best.parts.map((part) => turned(part, apart)) });
      // If there is NaN it is looked for: nothing is equal to it.
      if (isFloat(dtype)) {
        const any = isNaNs.reduce<Value>((a, b) => op("v128.or", a, b), i32x4(0));
        f.if(op("v128.any_true", any), () => setAll(f, best, { dtype, parts: best.parts.map(() => i32x4(-1)) }));
      }
      f.set(i, 0);
      f.set(at, row);
      // It is there: what is read beyond the end comes after it.
      f.loop((again) => {
        const quad = hold(f, loadQuad(dtype, at));
        const isIt = relation(module, f, "equal", quad, best).parts[0];
        const isNotNumber = relation(module, f, "notEqual", quad, quad).parts[0];
        f.set(found, op("i32x4.bitmask", isFloat(dtype) ? op("v128.or", isIt, isNotNumber) : isIt));
        f.if(op("i32.eqz", found), () => {
          f.advance(i, quadSize);
          f.advance(at, quadSize * bytes);
          f.branch(again);
        });
      });
      f.do(store("i32.store", out, op("i32.add", i, op("i32.ctz", found))));
      f.advance(row, length * bytes);
      f.advance(out, 4);
    });
  });
  return { phases: [{ callable, units: sizeOf(shape) / length, unitSize: length }] };
}

function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64";
}

function lanesOf(dtype: DType): string {
  return dtype === "f32" ? "f32x4" : "f64x2";
}

/** The better of each lane; of floats by the one instruction that does not care for NaN. */
function better(module: ModuleBuilder, f: FunctionBuilder, largest: boolean, best: Held, x: Held): Quad {
  if (!isFloat(x.dtype)) return elementwise(largest ? "maximum" : "minimum", x.dtype, x.dtype)!(module, f, [best, x]);
  const instruction = `${lanesOf(x.dtype)}.${largest ? "pmax" : "pmin"}`;
  return { dtype: x.dtype, parts: best.parts.map((part, i) => op(instruction, part, x.parts[i])) };
}

/** The bytes of a vector moved around. */
function turned(x: Value, by: number): Value {
  return shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => (i + by) % 16),
  );
}

function setAll(f: FunctionBuilder, { parts }: Held, { parts: values }: Quad): void {
  parts.forEach((part, i) => {
    f.set(part, values[i]);
  });
}

/** Columns that go by together: a line of the cache, or two. */
const blockColumns = 16;

/** Neighbouring columns side by side; units are blocks of them. */
function acrossRows(
  module: ModuleBuilder,
  layout: TableLayout,
  { inputs: [x], output, attributes }: CallKernel,
  inner: number,
): Compiled {
  const { dtype, shape } = x;
  const length = shape[attributes.axis as number];
  const bytes = bytesOf[dtype];
  const blocks = Math.ceil(inner / blockColumns);
  const outer = sizeOf(shape) / (length * inner);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const source = f.let(addressOf(layout, table, x));
    const out = f.let(layout.slot(table, output));
    const [unit, group, column, k, at] = [f.let(from), ...integers(f, 4)];
    const tile = (width: number, count: number) => {
      const start = op("i32.add", op("i32.mul", group, length * inner), column);
      f.set(at, offsetBy(source, start, bytes));
      const quads = (): (Quad & Held)[] =>
        Array.from({ length: width }, (_, i) => hold(f, loadQuad(dtype, op("i32.add", at, i * quadSize * bytes))));
      const best = quads();
      const places = best.map(() => f.let(i32x4(0)));
      f.set(k, 1);
      f.for(k, length, 1, () => {
        f.advance(at, inner * bytes);
        quads().forEach((value, i) => {
          const sides = attributes.largest ? ([value, best[i]] as const) : ([best[i], value] as const);
          // NaN is no less than anything; no NaN is better than one.
          const isWorse = relation(module, f, "lessEqual", ...sides).parts[0];
          const isNumber = relation(module, f, "equal", best[i], best[i]).parts[0];
          const isBetter = f.let(isFloat(dtype) ? op("v128.andnot", isNumber, isWorse) : op("v128.not", isWorse));
          setAll(f, best[i], chosen({ dtype: "bool", parts: [isBetter] }, value, best[i]));
          f.set(places[i], op("v128.bitselect", op("i32x4.splat", k), places[i], isBetter));
        });
      });
      const target = f.let(offsetBy(out, op("i32.add", op("i32.mul", group, inner), column), 4));
      places.forEach((place) => {
        const quad: Quad = { dtype: "i32", parts: [place] };
        if (count < quadSize) storePart(f, quad, target, count);
        else for (const write of storeQuad(quad, target)) f.do(write);
        f.advance(target, 4 * quadSize);
      });
    };
    f.for(unit, to, 1, () => {
      f.set(group, op("i32.div_u", unit, blocks));
      f.set(column, op("i32.mul", op("i32.rem_u", unit, blocks), blockColumns));
      f.if(
        op("i32.le_s", column, i32(inner - blockColumns)),
        () => tile(blockColumns / quadSize, quadSize),
        () => {
          for (let rest = inner % blockColumns; rest > 0; rest -= quadSize) {
            tile(1, Math.min(rest, quadSize));
            f.advance(column, quadSize);
          }
        },
      );
    });
  });
  return { phases: [{ callable, units: outer * blocks, unitSize: length * blockColumns }] };
}
