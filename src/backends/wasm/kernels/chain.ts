import type { DType } from "../../backend.js";
import { collapsed, type Expression, type Load, type View } from "../../schedule/index.js";
import {
  atLane,
  type FunctionBuilder,
  i32x4,
  type Local,
  type ModuleBuilder,
  op,
  type Value,
} from "../assembler/index.js";
import { cast, type ElementwiseCode, elementwise, type Held } from "./elementwise.js";
import { bytesOf, hold, loadGathered, loadQuad, loadSplat, offsetBy, type Quad, quadSize } from "./quad.js";
import type { TableLayout } from "./table.js";
import { type Path, type Walk, walkOf } from "./walk.js";

/** A load that is being walked: its address, or its first value for positions, at the start of the row. */
interface Walked {
  readonly load: Load;
  readonly path: Path | undefined;
  readonly view: View | undefined;
  /** Address of the slot. */
  readonly base: Local | undefined;
  readonly row: Local | undefined;
  /** What does not change along a row. */
  held: Held | undefined;
}

/** Elements from which on a chain is worth longer code. */
const hotSize = 4096;

/** Where a chain's product is: the address of the walk's row. */
export type ProductRow = (row: Local) => Value;

/** The codes of an expression's steps; undefined if one of them has no vector code. */
export function codesOf({ size, loads, steps }: Expression): readonly ElementwiseCode[] | undefined {
  const dtypes: DType[] = loads.map(({ dtype }) => dtype);
  const codes: ElementwiseCode[] = [];
  for (const { op: name, args, dtype } of steps) {
    const code = elementwise(name, dtypes[args[0]], dtype, size >= hotSize);
    if (code === undefined) return undefined;
    codes.push(code);
    dtypes.push(dtype);
  }
  return codes;
}

/** The dtype that an expression's value has. */
export function dtypeOf({ loads, steps }: Expression): DType {
  return (steps.at(-1) ?? loads[loads.length - 1]).dtype;
}

/** The walk of an expression whose rows end at the boundaries. */
export function walkFor({ size, loads }: Expression, boundaries: readonly number[] = []): Walk {
  return walkOf(size, viewsOf(loads), boundaries);
}

function viewsOf(loads: readonly Load[]): View[] {
  return loads.flatMap((load) => ("view" in load ? collapsed([load.view]) : []));
}

/** Writes the code of a fused chain into a function, four elements at a time. */
export class Chain {
  readonly walk: Walk;
  private readonly module: ModuleBuilder;
  private readonly f: FunctionBuilder;
  private readonly expression: Expression;
  private readonly codes: readonly ElementwiseCode[];
  private readonly walked: readonly Walked[];
  private readonly product: ProductRow | undefined;
  private row: Local | undefined;

  constructor(
    module: ModuleBuilder,
    f: FunctionBuilder,
    table: Local,
    layout: TableLayout,
    expression: Expression,
    walk: Walk,
    product?: ProductRow,
  ) {
    this.module = module;
    this.f = f;
    this.walk = walk;
    this.expression = expression;
    this.codes = codesOf(expression)!;
    this.product = product;
    const views = viewsOf(expression.loads);
    let place = 0;
    this.walked = expression.loads.map((load) => {
      if (load.kind === "constant") {
        const held = hold(f, layout.constant(table, load.constant, load.dtype));
        const isInteger = load.dtype === "i32" || load.dtype === "u32";
        const scalar = isInteger ? f.let(layout.integer(table, load.constant)) : undefined;
        return { load, path: undefined, view: undefined, base: undefined, row: undefined, held: { ...held, scalar } };
      }
      if (load.kind === "product") {
        return { load, path: undefined, view: undefined, base: undefined, row: f.local("i32"), held: undefined };
      }
      const at = place++;
      const base = load.kind === "slot" ? f.let(layout.slot(table, load.slot)) : undefined;
      return { load, path: walk.paths[at], view: views[at], base, row: f.local("i32"), held: undefined };
    });
  }

  /** Goes to the start of a row. */
  toRow(row: Local): void {
    const { f, walk } = this;
    this.row = row;
    const indices = indicesOf(f, row, walk.rowShape);
    for (const walked of this.walked) {
      const { load, path, base } = walked;
      if (load.kind === "product") f.set(walked.row!, this.product!(row));
      if (path === undefined) continue;
      let at: Value | number = path.offset;
      path.rowStrides.forEach((stride, axis) => {
        if (stride !== 0) at = op("i32.add", op("i32.mul", indices[axis], stride), at);
      });
      if (base === undefined) {
        f.set(walked.row!, at);
        continue;
      }
      f.set(
        walked.row!,
        typeof at === "number"
          ? op("i32.add", base, at * bytesOf[load.dtype])
          : offsetBy(base, at, bytesOf[load.dtype]),
      );
      if (path.innerStride === 0) walked.held = hold(f, loadSplat(load.dtype, walked.row!));
    }
  }

  /** The four elements from a column on; `count` of them are wanted, and no more are read but where that does no harm. */
  at(column: Value, count: number = quadSize): Quad {
    const values: Held[] = this.walked.map((walked) => walked.held ?? hold(this.f, this.load(walked, column, count)));
    this.expression.steps.forEach(({ args }, i) => {
      values.push(
        hold(
          this.f,
          this.codes[i](
            this.module,
            this.f,
            args.map((arg) => values[arg]),
          ),
        ),
      );
    });
    return values[values.length - 1];
  }

  private load({ load, path, view, base, row }: Walked, column: Value, count: number): Quad {
    const { dtype } = load;
    const bytes = bytesOf[dtype];
    if (load.kind === "product") return loadQuad(dtype, offsetBy(row!, column, bytes));
    const lanes = [0, 1, 2, 3].map((lane) => Math.min(lane, count - 1));
    if (path === undefined) {
      const first = op("i32.add", op("i32.mul", this.row!, this.walk.inner), column);
      const start = this.f.let(first);
      const places = lanes.map((lane) => this.f.let(placeOf(this.f, op("i32.add", start, lane), view!)));
      if (base !== undefined)
        return loadGathered(
          dtype,
          places.map((place) => this.f.let(offsetBy(base, place, bytes))),
        );
      return positions(places, dtype);
    }
    const { innerStride } = path;
    if (base === undefined) {
      const first = op("i32x4.splat", op("i32.add", row!, op("i32.mul", column, innerStride)));
      const steps = i32x4(0, innerStride, 2 * innerStride, 3 * innerStride);
      return cast({ dtype: "i32", parts: [op("i32x4.add", first, steps)] }, dtype);
    }
    if (innerStride === 1) return loadQuad(dtype, offsetBy(row!, column, bytes));
    const start = this.f.let(offsetBy(row!, column, innerStride * bytes));
    return loadGathered(
      dtype,
      lanes.map((lane) => op("i32.add", start, lane * innerStride * bytes)),
    );
  }
}

/** The index along each axis of a row's number. */
function indicesOf(f: FunctionBuilder, row: Local, shape: readonly number[]): readonly Local[] {
  let below = 1;
  const indices: Local[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const quotient = below === 1 ? row : op("i32.div_u", row, below);
    indices.unshift(axis === 0 ? f.let(quotient) : f.let(op("i32.rem_u", quotient, shape[axis])));
    below *= shape[axis];
  }
  return indices;
}

/** The place of a view's element by its number. */
function placeOf(f: FunctionBuilder, element: Value, { shape, strides, offset }: View): Value {
  const indices = indicesOf(f, f.let(element), shape);
  return indices.reduce<Value>(
    (sum, index, axis) => op("i32.add", sum, op("i32.mul", index, strides[axis])),
    f.let(offset),
  );
}

function positions(places: readonly Local[], dtype: DType): Quad {
  const lanes = [1, 2, 3].reduce<Value>(
    (sofar, lane) => atLane("i32x4.replace_lane", lane, sofar, places[lane]),
    op("i32x4.splat", places[0]),
  );
  return cast({ dtype: "i32", parts: [lanes] }, dtype);
}
