import type { TypedArray } from "../backend.js";
import type { MatmulKernel } from "../schedule/index.js";
import { allocate } from "./allocate.js";
import type { Chain } from "./expression.js";

// A block of the product is made from packed panels of both factors. All three fit in the second cache, and a tile of
// 4 × 4 elements stays in registers. Sums are kept in f64 and rounded once.
const blockRows = 64;
const blockInner = 256;
const blockColumns = 128;
const tile = 4;

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
      pack(left, a, offsetA + row * rowStrideA + start * innerStrideA, rowStrideA, innerStrideA, height, depth);
      pack(
        right,
        b,
        offsetB + column * columnStrideB + start * innerStrideB,
        columnStrideB,
        innerStrideB,
        width,
        depth,
      );
      for (let i = 0; i < height; i += tile) {
        for (let j = 0; j < width; j += tile) {
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

/** Copies `count` lines of `depth` elements into panels of four lines, element by element across the four. */
function pack(
  panel: Float64Array,
  from: TypedArray,
  offset: number,
  lineStride: number,
  stride: number,
  count: number,
  depth: number,
): void {
  for (let line = 0; line < count; line += tile) {
    for (let lane = 0; lane < tile; lane++) {
      let to = line * depth + lane;
      let at = offset + (line + lane) * lineStride;
      const isInside = line + lane < count;
      for (let i = 0; i < depth; i++, to += tile, at += stride) panel[to] = isInside ? from[at] : 0;
    }
  }
}

function multiplyTile(
  left: Float64Array,
  offsetLeft: number,
  right: Float64Array,
  offsetRight: number,
  depth: number,
  block: Float64Array,
  to: number,
): void {
  // Two halves of 4 × 2: sixteen sums at once would spill out of the registers.
  for (let half = 0; half < 4; half += 2) {
    let s00 = 0;
    let s01 = 0;
    let s10 = 0;
    let s11 = 0;
    let s20 = 0;
    let s21 = 0;
    let s30 = 0;
    let s31 = 0;
    let l = offsetLeft;
    let r = offsetRight + half;
    for (let i = 0; i < depth; i++, l += 4, r += 4) {
      const r0 = right[r];
      const r1 = right[r + 1];
      const l0 = left[l];
      const l1 = left[l + 1];
      const l2 = left[l + 2];
      const l3 = left[l + 3];
      s00 += l0 * r0;
      s01 += l0 * r1;
      s10 += l1 * r0;
      s11 += l1 * r1;
      s20 += l2 * r0;
      s21 += l2 * r1;
      s30 += l3 * r0;
      s31 += l3 * r1;
    }
    const at = to + half;
    block[at] += s00;
    block[at + 1] += s01;
    block[at + blockColumns] += s10;
    block[at + blockColumns + 1] += s11;
    block[at + 2 * blockColumns] += s20;
    block[at + 2 * blockColumns + 1] += s21;
    block[at + 3 * blockColumns] += s30;
    block[at + 3 * blockColumns + 1] += s31;
  }
}
