import type { DType } from "../../backend.js";
import type { ReduceKernel } from "../../schedule/index.js";
import {
  atLane,
  type Callable,
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  op,
  store,
  type Value,
} from "../assembler/index.js";
import { Chain, dtypeOf, walkFor } from "./chain.js";
import type { Compiled } from "./compiled.js";
import { cast, chosen, elementwise } from "./elementwise.js";
import { bytesOf, firstLanes, highHalf, hold, offsetBy, type Quad, quadSize, storePart, storeQuad } from "./quad.js";
import { kernelParameters, type TableLayout } from "./table.js";

type Reduction = ReduceKernel["op"];

/** What a reduction starts from, by dtype: nothing changes it. */
const limits: Readonly<Record<"max" | "min", Readonly<Record<DType, number>>>> = {
  max: { f32: Number.NEGATIVE_INFINITY, f64: Number.NEGATIVE_INFINITY, i32: -(2 ** 31), u32: 0, bool: 0 },
  min: { f32: Number.POSITIVE_INFINITY, f64: Number.POSITIVE_INFINITY, i32: 2 ** 31 - 1, u32: -1, bool: -1 },
};

/** The operation that two totals are joined by. */
const joins: Readonly<Record<Reduction, string>> = { sum: "add", max: "maximum", min: "minimum" };

/** Totals of f32 are kept in f64 and rounded once. */
function totalDType(reduction: Reduction, dtype: DType): DType {
  return reduction === "sum" && dtype === "f32" ? "f64" : dtype;
}

function identity(reduction: Reduction, dtype: DType): Quad {
  const start = reduction === "sum" ? 0 : limits[reduction][dtype];
  if (dtype === "f32") return { dtype, parts: [f32x4(start)] };
  if (dtype === "f64") return { dtype, parts: [f64x2(start), f64x2(start)] };
  return { dtype, parts: [i32x4(start)] };
}

/** Quads that are totalled side by side, each in variables of its own. */
class Totals {
  readonly dtype: DType;
  private readonly module: ModuleBuilder;
  private readonly f: FunctionBuilder;
  private readonly reduction: Reduction;
  private readonly parts: readonly (readonly Local[])[];

  constructor(module: ModuleBuilder, f: FunctionBuilder, reduction: Reduction, dtype: DType, width: number) {
    this.module = module;
    this.f = f;
    this.reduction = reduction;
    this.dtype = totalDType(reduction, dtype);
    const { parts } = identity(reduction, this.dtype);
    this.parts = Array.from({ length: width }, () => parts.map(() => f.local("v128")));
  }

  reset(): void {
    const { parts } = identity(this.reduction, this.dtype);
    for (const places of this.parts) this.setAll(places, parts);
  }

  add(quad: Quad, place = 0): void {
    const { dtype, f, module, reduction } = this;
    const parts = this.parts[place];
    const added = elementwise(joins[reduction], dtype, dtype)!(module, f, [
      { dtype, parts },
      hold(f, cast(quad, dtype)),
    ]);
    this.setAll(parts, added.parts);
  }

  at(place: number): Quad {
    return { dtype: this.dtype, parts: this.parts[place] };
  }

  private setAll(places: readonly Local[], parts: readonly Value[]): void {
    for (let i = 0; i < places.length; i++) this.f.set(places[i], parts[i]);
  }
}

/**
 * A reduction of what a chain computes. Where the reduced axes are the last ones, four partial totals run along each row
 * and meet at its end; else neighbouring totals run side by side.
 */
export function compileReduce(module: ModuleBuilder, layout: TableLayout, kernel: ReduceKernel): Compiled {
  const { outer, length, inner } = kernel;
  if (length === 1) return acrossRows(module, layout, { ...kernel, outer: 1, inner: outer * inner });
  return inner === 1 ? alongRows(module, layout, kernel) : acrossRows(module, layout, kernel);
}

function alongRows(module: ModuleBuilder, layout: TableLayout, kernel: ReduceKernel): Compiled {
  const { expression, op: reduction, outer, length, output } = kernel;
  const dtype = dtypeOf(expression);
  const walk = walkFor(expression, [length]);
  const rows = length / walk.inner;
  const whole = walk.inner - (walk.inner % quadSize);
  const callable: Callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const chain = new Chain(module, f, table, layout, expression, walk);
    const totals = new Totals(module, f, reduction, dtype, 1);
    const out = f.let(layout.slot(table, output));
    const [row, column] = [f.local("i32"), f.local("i32")];
    const total = f.let(from);
    f.for(total, to, 1, () => {
      totals.reset();
      f.set(row, op("i32.mul", total, rows));
      const end = f.let(op("i32.add", row, rows));
      f.for(row, end, 1, () => {
        chain.toRow(row);
        f.set(column, 0);
        if (whole > 0) f.for(column, whole, quadSize, () => totals.add(chain.at(column)));
        if (whole === walk.inner) return;
        const rest = walk.inner - whole;
        const wanted = firstLanes(i32(rest));
        totals.add(
          chosen(
            { dtype: "bool", parts: [wanted] },
            cast(chain.at(column, rest), totals.dtype),
            identity(reduction, totals.dtype),
          ),
        );
      });
      storeElement(f, joined(module, f, reduction, totals.at(0)), dtype, offsetBy(out, total, bytesOf[dtype]));
    });
  });
  return { phases: [{ callable, units: outer, unitSize: length }] };
}

/** The four totals as one, as a scalar. */
function joined(module: ModuleBuilder, f: FunctionBuilder, reduction: Reduction, { dtype, parts }: Quad): Value {
  const combine = (a: Value, b: Value): Value => {
    const one = (part: Value): { dtype: DType; parts: Local[] } => ({ dtype, parts: [f.let(part)] });
    return elementwise(joins[reduction], dtype, dtype)!(module, f, [one(a), one(b)]).parts[0];
  };
  if (dtype === "f64") {
    const pair = f.let(combine(parts[0], parts[1]));
    return atLane("f64x2.extract_lane", 0, combine(pair, highHalf(pair)));
  }
  const pairs = f.let(combine(parts[0], highHalf(parts[0])));
  const last = combine(pairs, op("i8x16.swizzle", pairs, i32x4(0x07060504)));
  return atLane(dtype === "f32" ? "f32x4.extract_lane" : "i32x4.extract_lane", 0, last);
}

function storeElement(f: FunctionBuilder, value: Value, dtype: DType, address: Value): void {
  if (dtype === "f64") f.do(store("f64.store", address, value));
  else if (dtype === "f32")
    f.do(store("f32.store", address, value.type === "f64" ? op("f32.demote_f64", value) : value));
  else if (dtype === "bool") f.do(store("i32.store8", address, op("i32.and", value, 1)));
  else f.do(store("i32.store", address, value));
}

/** Quads whose totals run side by side: a line of the cache. */
const widest = 4;

function acrossRows(module: ModuleBuilder, layout: TableLayout, kernel: ReduceKernel): Compiled {
  const { expression, op: reduction, outer, length, inner, output } = kernel;
  const dtype = dtypeOf(expression);
  const walk = walkFor(expression, [inner, inner * length]);
  const rows = inner / walk.inner; // rows of the walk in one of the `length` that are added up
  const bytes = bytesOf[dtype];
  const callable: Callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const chain = new Chain(module, f, table, layout, expression, walk);
    const out = f.let(layout.slot(table, output));
    const [row, column, step] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const unit = f.let(from);
    const tile = (width: number, count: number) => {
      const totals = new Totals(module, f, reduction, dtype, width);
      totals.reset();
      f.set(step, 0);
      const group = f.let(op("i32.mul", op("i32.div_u", unit, rows), length));
      const place = f.let(op("i32.rem_u", unit, rows));
      f.for(step, length, 1, () => {
        f.set(row, op("i32.add", op("i32.mul", op("i32.add", group, step), rows), place));
        chain.toRow(row);
        for (let i = 0; i < width; i++) {
          totals.add(chain.at(i === 0 ? column : f.let(op("i32.add", column, i * quadSize)), count), i);
        }
      });
      const at = f.let(offsetBy(out, op("i32.add", op("i32.mul", unit, walk.inner), column), bytes));
      for (let i = 0; i < width; i++) {
        const quad = cast(totals.at(i), dtype);
        if (count < quadSize) storePart(f, quad, at, count);
        else for (const write of storeQuad(quad, op("i32.add", at, i * quadSize * bytes))) f.do(write);
      }
    };
    f.for(unit, to, 1, () => {
      f.set(column, 0);
      for (const width of [widest, 1]) {
        const end = walk.inner - (walk.inner % (width * quadSize));
        if (end > 0) f.for(column, end, width * quadSize, () => tile(width, quadSize));
      }
      if (walk.inner % quadSize > 0) tile(1, walk.inner % quadSize);
    });
  });
  return { phases: [{ callable, units: outer * rows, unitSize: length * walk.inner }] };
}
