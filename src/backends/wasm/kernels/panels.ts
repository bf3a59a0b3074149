import type { DType } from "../../backend.js";
import { type Callable, i32, load, type ModuleBuilder, op, select, store, type ValueType } from "../assembler/index.js";
import { bytesOf } from "./quad.js";

const packParameters: readonly ValueType[] = ["i32", "i32", "i32", "i32", "i32", "i32"];

/** A tile of the product: as many accumulators as 16 registers allow beside what is multiplied. */
export const tileRows = 4;
const tileVectors = 2;

export function tileColumns(dtype: DType): number {
  return (tileVectors * 16) / bytesOf[dtype];
}

/**
 * The function that copies a panel: `depth` times `width` elements, one from each of `lines` lines. Its parameters: the
 * address of the first element, the bytes from line to line and from one step in depth to the next, the number of
 * lines, where to, and the depth. Where lines are missing, what stands in their places is never used: the last line
 * stands in.
 */
export function packPanel(module: ModuleBuilder, dtype: DType, width: number, isContiguous: boolean): Callable {
  return module.use(
    (library) => writePacking(library, dtype, width, isContiguous),
    `pack ${bytesOf[dtype]} ${width} ${isContiguous}`,
  );
}

function writePacking(module: ModuleBuilder, dtype: DType, width: number, isContiguous: boolean): Callable {
  const bytes = bytesOf[dtype];
  const element = dtype === "f64" ? "i64" : "i32";
  return module.function(packParameters, undefined, (f, from, lineStride, depthStride, lines, to, depth) => {
    const last = op("i32.sub", lines, 1);
    const offsets = Array.from({ length: isContiguous ? 0 : width }, (_, line) =>
      f.let(op("i32.mul", select(op("i32.lt_s", last, i32(line)), last, i32(line)), lineStride)),
    );
    const step = f.local("i32");
    f.for(step, depth, 1, () => {
      if (isContiguous) {
        for (let at = 0; at < width * bytes; at += 16) f.do(store("v128.store", to, load("v128.load", from, at), at));
      }
      offsets.forEach((offset, line) => {
        f.do(store(`${element}.store`, to, load(`${element}.load`, op("i32.add", from, offset)), line * bytes));
      });
      f.advance(from, depthStride);
      f.advance(to, width * bytes);
    });
  });
}

/**
 * The function that multiplies a panel of the left factor by one of the right: addresses of both, their depth, the bytes
 * from one step of the right one to the next, the address of the tile and the bytes between its rows, and whether the
 * product is added to what is there.
 */
export function multiplyTile(module: ModuleBuilder, dtype: DType): Callable {
  return module.use((library) => writeTile(library, dtype), `multiply ${dtype}`);
}

function writeTile(module: ModuleBuilder, dtype: DType): Callable {
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
