import type { TypedArray } from "../backend.js";
import type { MatmulKernel } from "../schedule/index.js";
import { allocate } from "./allocate.js";
import type { Chain } from "./expression.js";

// A block of the product is made from packed panels of both factors. All three fit in the second cache, and a tile of
// 4 × 2 elements stays in registers: the fastest of the fourteen tried. Sums are kept in f64 and rounded once.
const blockRows = 64;
const blockInner = 256;
const blockColumns = 256;
const tileRows = 4;
const tileColumns = 2;

/** Multiplies matrices with any strides, then applies the epilogue to each block while it is in cache. */
export class Matmul {
  private readonly kernel: MatmulKernel;
  private readonly left = new Float64Array(blockRows * blockInner);
  private readonly right = new Float64Array(blockColumns * blockInner);
  private readonly block = new Float64Array(blockRows * blockColumns);
  private readonly row: TypedArray;
  private readonly epilogue: Chain | undefined;

  constructor(kernel: MatmulKernel, epilogue: Chain | undefined) {
    this.kernel = kernel;
    this.epilogue = epilogue;
    this.row = allocate(kernel.dtype, blockColumns);
  }

  run(slots: readonly TypedArray[], constants: readonly number[], out: TypedArray): void {
    const { batch, rows, columns, a, b } = this.kernel;
    this.epilogue?.bind(slots, constants, this.row);
    for (let i = 0; i < batch; i++) {
      const offsetA = a.offset + i * a.strides[0];
      const offsetB = b.offset + i * b.strides[0];
      for (let column = 0; column < columns; column += blockColumns) {
        for (let row = 0; row < rows; row += blockRows) {
          this.multiply(slots[a.slot], offsetA, slots[b.slot], offsetB, row, column);
          this.store(out, i * rows * columns, row, column);
        }
      }
    }
  }

  /** Fills the block with the product's elements from (row, column) on. */
  private multiply(a: TypedArray, offsetA: number, b: TypedArray, offsetB: number, row: number, column: number): void {
    const { kernel, left, right, block } = this;
    const height = Math.min(blockRows, kernel.rows - row);
    const width = Math.min(blockColumns, kernel.columns - column);
    block.fill(0);
    for (let start = 0; start < kernel.inner; start += blockInner) {
      const depth = Math.min(blockInner, kernel.inner - start);
      const [, rowStrideA, innerStrideA] = kernel.a.strides;
      const [, innerStrideB, columnStrideB] = kernel.b.strides;
      const fromA = offsetA + row * rowStrideA + start * innerStrideA;
      const fromB = offsetB + column * columnStrideB + start * innerStrideB;
      pack(left, tileRows, a, fromA, rowStrideA, innerStrideA, height, depth);
      // The panels of the right factor serve all rows where they hold its whole depth.
      if (row === 0 || depth < kernel.inner) {
        pack(right, tileColumns, b, fromB, columnStrideB, innerStrideB, width, depth);
      }
      for (let i = 0; i < height; i += tileRows) {
        for (let j = 0; j < width; j += tileColumns) {
          multiplyTile(left, i * depth, right, j * depth, depth, block, i * blockColumns + j);
        }
      }
    }
  }

  private store(out: TypedArray, base: number, row: number, column: number): void {
    const { rows, columns } = this.kernel;
    const height = Math.min(blockRows, rows - row);
    const width = Math.min(blockColumns, columns - column);
    for (let i = 0; i < height; i++) {
      const from = i * blockColumns;
      const at = base + (row + i) * columns + column;
      if (this.epilogue === undefined) {
        for (let j = 0; j < width; j++) out[at + j] = this.block[from + j];
      } else {
        for (let j = 0; j < width; j++) this.row[j] = this.block[from + j];
        this.epilogue.compute(at, width, out, at, at);
      }
    }
  }
}

/** Copies `count` lines of `depth` elements into panels of `tile` lines, element by element across the lines. */
function pack(
  panel: Float64Array,
  tile: number,
  from: TypedArray,
  offset: number,
  lineStride: number,
  stride: number,
  count: number,
  depth: number,
): void {
  const step = tile | 0;
  for (let line = 0; line < count; line += tile) {
    for (let lane = 0; lane < tile; lane++) {
      const end = ((line + tile) * depth + lane) | 0;
      let to = (line * depth + lane) | 0;
      let at = (offset + (line + lane) * lineStride) | 0;
      if (line + lane < count) {
        for (; to < end; to = (to + step) | 0, at = (at + stride) | 0) panel[to] = from[at];
      } else {
        for (; to < end; to = (to + step) | 0) panel[to] = 0;
      }
    }
  }
}

/** Adds the product of two panels to a tile of the block. Indices are kept in 32 bits: see loops.ts. */
function multiplyTile(
  left: Float64Array,
  offsetLeft: number,
  right: Float64Array,
  offsetRight: number,
  depth: number,
  block: Float64Array,
  to: number,
): void {
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  let l = offsetLeft | 0;
  let r = offsetRight | 0;
  const end = (offsetLeft + tileRows * depth) | 0;
  for (; l < end; l = (l + 4) | 0, r = (r + 2) | 0) {
    const r0 = right[r];
    const r1 = right[(r + 1) | 0];
    let x = left[l];
    s00 += x * r0;
    s01 += x * r1;
    x = left[(l + 1) | 0];
    s10 += x * r0;
    s11 += x * r1;
    x = left[(l + 2) | 0];
    s20 += x * r0;
    s21 += x * r1;
    x = left[(l + 3) | 0];
    s30 += x * r0;
    s31 += x * r1;
  }
  addRow(block, to, s00, s01);
  addRow(block, to + blockColumns, s10, s11);
  addRow(block, to + 2 * blockColumns, s20, s21);
  addRow(block, to + 3 * blockColumns, s30, s31);
}

function addRow(block: Float64Array, at: number, a: number, b: number): void {
  block[at] += a;
  block[at + 1] += b;
}
