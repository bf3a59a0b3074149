import type { DType } from "../../backend.js";
import type { CallKernel } from "../../schedule/index.js";
import {
  copy,
  type FunctionBuilder,
  i32,
  type Local,
  load,
  type ModuleBuilder,
  op,
  store,
} from "../assembler/index.js";
import { addressOf, type CallCompiler } from "./call.js";
import type { Compiled } from "./compiled.js";
import { elementwise } from "./elementwise.js";
import { bytesOf, hold, loadQuad, loadSplat, offsetBy, quadSize } from "./quad.js";
import { radixOrder, radixScratch } from "./radix.js";
import { keyBytes, keyDigits, keyOf } from "./sort-keys.js";
import { kernelParameters, type TableLayout } from "./table.js";

/** The positions that sort each row, equal elements in their order; units are rows. */
export const compileArgsort: CallCompiler = (module, layout, kernel) =>
  compileRanking(module, layout, kernel, kernel.shape[kernel.shape.length - 1], kernel.attributes.descending === true);

/** The positions of the largest of each row, largest first, the earlier of equals first; units are rows. */
export const compileTopK: CallCompiler = (module, layout, kernel) =>
  compileRanking(module, layout, kernel, kernel.attributes.k as number, true);

/** A row, and the list of those that come first in it. */
interface Ranking {
  readonly dtype: DType;
  readonly length: number;
  readonly k: number;
  readonly descending: boolean;
}

/** Steps that insertion is expected to take: the i-th element is among the first k with probability k/i. */
function insertionSteps({ length, k }: Ranking): number {
  return (k * k * (1 / 2 + Math.log(length / k))) / 2;
}

/** What sorting by digits is worth in such steps, as measured: for each digit so many an element, and for its counts. */
function radixSteps({ dtype, length }: Ranking): number {
  return keyDigits(dtype) * (1.5 * length + 110);
}

function compileRanking(
  module: ModuleBuilder,
  layout: TableLayout,
  { inputs: [x], output }: CallKernel,
  k: number,
  descending: boolean,
): Compiled {
  const { dtype, shape } = x;
  const length = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const ranking = { dtype, length, k, descending };
  const isInserted = insertionSteps(ranking) < radixSteps(ranking);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to, own) => {
    const row = f.let(offsetBy(addressOf(layout, table, x), from, length * bytesOf[dtype]));
    const out = f.let(offsetBy(layout.slot(table, output), from, 4 * k));
    const unit = f.let(from);
    f.for(unit, to, 1, () => {
      if (isInserted) insertionOrder(f, module, ranking, row, own, out);
      else f.do(copy(out, radixOrder(f, dtype, length, descending, row, own), 4 * k));
      f.advance(row, length * bytesOf[dtype]);
      f.advance(out, 4 * k);
    });
  });
  const own = isInserted ? k * keyBytes(dtype) : radixScratch(dtype, length);
  return { phases: [{ callable, units: rows, unitSize: 16 * length }], scratch: { shared: 0, own } };
}

/** Elements that are compared with the last of the list at once. */
const block = 4 * quadSize;

/** Keeps the first k in order, with their keys in memory of their own. */
function insertionOrder(
  f: FunctionBuilder,
  module: ModuleBuilder,
  ranking: Ranking,
  row: Local,
  keys: Local,
  out: Local,
): void {
  const { dtype, length, k } = ranking;
  const i = f.let(0);
  f.for(i, k, 1, () => insert(f, ranking, row, i, keys, out, i));
  if (length === k) return;
  const [end, last] = [f.local("i32"), f.let(k - 1)];
  const rest = () => {
    f.for(i, end, 1, () => {
      const isBefore = op(
        dtype === "f64" ? "i64.lt_u" : "i32.lt_u",
        keyAt(f, ranking, row, i),
        held(dtype, keys, last),
      );
      f.if(isBefore, () => insert(f, ranking, row, i, keys, out, last));
    });
  };
  const bytes = bytesOf[dtype];
  const least = { dtype, parts: loadSplat(dtype, row).parts.map(() => f.local("v128")) };
  const findLeast = () => {
    const { parts } = loadSplat(dtype, f.let(offsetBy(row, load("i32.load", out, 4 * (k - 1)), bytes)));
    least.parts.forEach((part, at) => {
      f.set(part, parts[at]);
    });
  };
  findLeast();
  f.loop((again) => {
    f.set(end, op("i32.add", i, block));
    f.if(op("i32.gt_s", end, i32(length)), () => f.set(end, length));
    f.if(op("i32.eq", op("i32.sub", end, i), block), () => {
      // Most elements are no larger than the last of the list, which comes earlier: NaN is asked about by its key.
      const at = f.let(offsetBy(row, i, bytes));
      const masks = [0, 1, 2, 3].map((quad) => {
        const values = hold(f, loadQuad(dtype, op("i32.add", at, quad * quadSize * bytes)));
        return elementwise("lessEqual", dtype, "bool")!(module, f, [values, least]).parts[0];
      });
      const all = masks.reduce((a, b) => op("v128.and", a, b));
      f.if(op("i32x4.all_true", all), () => {
        f.set(i, end);
      });
    });
    f.if(op("i32.lt_s", i, end), () => {
      rest();
      findLeast();
    });
    f.branchIf(again, op("i32.lt_s", i, i32(length)));
  });
}

function keyAt(f: FunctionBuilder, { dtype, descending }: Ranking, row: Local, i: Local): ReturnType<typeof keyOf> {
  return keyOf(f, dtype, f.let(offsetBy(row, i, bytesOf[dtype])), descending);
}

function held(dtype: DType, keys: Local, place: Local): ReturnType<typeof keyOf> {
  return load(dtype === "f64" ? "i64.load" : "i32.load", offsetBy(keys, place, keyBytes(dtype)));
}

/** Puts an element where it belongs among those in front of a place, which it takes from the one that it pushes out. */
function insert(
  f: FunctionBuilder,
  ranking: Ranking,
  row: Local,
  i: Local,
  keys: Local,
  out: Local,
  last: Local,
): void {
  const { dtype } = ranking;
  const type = dtype === "f64" ? "i64" : "i32";
  const size = keyBytes(dtype);
  const key = f.let(keyAt(f, ranking, row, i));
  const keyPlace = f.let(offsetBy(keys, last, size));
  const place = f.let(offsetBy(out, last, 4));
  const before = f.local(type);
  f.block((end) => {
    f.loop((again) => {
      f.branchIf(end, op("i32.eq", keyPlace, keys));
      f.set(before, load(`${type}.load`, op("i32.sub", keyPlace, size)));
      f.branchIf(end, op(`${type}.ge_u`, key, before));
      f.do(store(`${type}.store`, keyPlace, before));
      f.do(store("i32.store", place, load("i32.load", op("i32.sub", place, 4))));
      f.advance(keyPlace, -size);
      f.advance(place, -4);
      f.branch(again);
    });
  });
  f.do(store(`${type}.store`, keyPlace, key));
  f.do(store("i32.store", place, i));
}
