import type { DType } from "../../backend.js";
import {
  type Callable,
  type FunctionBuilder,
  type Local,
  load,
  type ModuleBuilder,
  op,
  store,
  type Value,
} from "../assembler/index.js";
import { bytesOf } from "./quad.js";

/** A tile of the product: as many accumulators as 16 registers allow beside what is multiplied. */
export const tileRows = 4;
const tileVectors = 2;

export function tileColumns(dtype: DType): number {
  return (tileVectors * 16) / bytesOf[dtype];
}

/** How a panel is cut from a matrix: `lines` of `depth` elements, put side by side, `width` at a time. */
interface Panel {
  readonly from: Local;
  readonly lineStride: number;
  readonly depthStride: number;
  readonly lines: number;
  readonly width: number;
  readonly to: Local;
  readonly depth: Value;
}

/** Copies a panel. Where lines are missing, what stands in their places is never used: the last line stands in. */
export function packPanel(f: FunctionBuilder, dtype: DType, panel: Panel): void {
  const { lineStride, depthStride, lines, width, depth } = panel;
  const bytes = bytesOf[dtype];
  const [from, to, step] = [f.let(panel.from), f.let(panel.to), f.local("i32")];
  const element = dtype === "f64" ? "i64" : "i32";
  f.set(step, 0);
  f.for(step, depth, 1, () => {
    if (lineStride === 1) {
      for (let at = 0; at < width * bytes; at += 16) f.do(store("v128.store", to, load("v128.load", from, at), at));
    } else {
      for (let line = 0; line < width; line++) {
        const address = op("i32.add", from, Math.min(line, lines - 1) * lineStride * bytes);
        f.do(store(`${element}.store`, to, load(`${element}.load`, address), line * bytes));
      }
    }
    f.advance(from, depthStride * bytes);
    f.advance(to, width * bytes);
  });
}

/**
 * The function that multiplies a panel of the left factor by one of the right: addresses of both, their depth, the bytes
 * from one step of the right one to the next, the address of the tile and the bytes between its rows, and whether the
 * product is added to what is there.
 */
export function multiplyTile(module: ModuleBuilder, dtype: DType): Callable {
  const bytes = bytesOf[dtype];
  const lanes = dtype === "f32" ? "f32x4" : dtype === "f64" ? "f64x2" : "i32x4";
  const splat = dtype === "f64" ? "v128.load64_splat" : "v128.load32_splat";
  return module.function(
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    undefined,
    (f, left, right, depth, step, tile, tileStride, isAdded) => {
      const totals = Array.from({ length: tileRows }, () => Array.from({ length: tileVectors }, () => f.local("v128")));
      const end = f.let(op("i32.add", left, op("i32.mul", depth, tileRows * bytes)));
      f.if(op("i32.ne", left, end), () => {
        f.loop((again) => {
          const columns = Array.from({ length: tileVectors }, (_, i) => f.let(load("v128.load", right, 16 * i)));
          totals.forEach((row, i) => {
            const x = f.let(load(splat, left, i * bytes));
            row.forEach((total, j) => {
              f.set(total, op(`${lanes}.add`, total, op(`${lanes}.mul`, x, columns[j])));
            });
          });
          f.advance(left, tileRows * bytes);
          f.advance(right, step);
          f.branchIf(again, op("i32.ne", left, end));
        });
      });
      const write = (isSum: boolean) => {
        const at = f.let(tile);
        for (const row of totals) {
          row.forEach((total, j) => {
            const sum = isSum ? op(`${lanes}.add`, load("v128.load", at, 16 * j), total) : total;
            f.do(store("v128.store", at, sum, 16 * j));
          });
          f.advance(at, tileStride);
        }
      };
      f.if(
        isAdded,
        () => write(true),
        () => write(false),
      );
    },
  );
}
