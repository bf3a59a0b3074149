import type { Expression, MatmulKernel, Operand } from "../../schedule/index.js";
import {
  type Callable,
  call,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  op,
  select,
  type Value,
} from "../assembler/index.js";
import { Chain, dtypeOf, walkFor } from "./chain.js";
import type { Compiled, Phase } from "./compiled.js";
import { multiplyTile, packPanel, tileColumns, tileRows } from "./panels.js";
import { bytesOf, offsetBy, quadSize, storePart, storeQuad } from "./quad.js";
import { kernelParameters, type TableLayout } from "./table.js";

// A tile of the product stays in registers; the panel of the right factor that it reads stays in the first cache while
// all rows of a block go by; a block of the left factor stays in the second.
const blockRows = 64;
const blockInner = 256;

/** Depth of a block where the right factor is read where it lies: few of its rows at a time, each to its end. */
const blockInnerInPlace = 16;

const blockColumns = 512;

/** Rows of the left factor for which it pays to pack the right one. */
const worthPacking = 2 * tileRows;

/** Sizes of a product and of the blocks that it is computed in. */
interface Plan {
  readonly kernel: MatmulKernel;
  readonly bytes: number;
  readonly layout: TableLayout;
  /** Columns of a tile. */
  readonly width: number;
  readonly isPacked: boolean;
  /** Depth of a block. */
  readonly depth: number;
  /** Panels of the right factor. */
  readonly panels: number;
  readonly rowBlocks: number;
  readonly columnBlocks: number;
  /** Columns of a block, and its rows, whole tiles. */
  readonly blockWidth: number;
  readonly blockHeight: number;
}

/** The product as it is: what a kernel without an epilogue stores. */
function asItIs({ batch, rows, columns, dtype }: MatmulKernel): Expression {
  return { size: batch * rows * columns, loads: [{ kind: "product", dtype }], steps: [] };
}

/** A product of matrices with any strides, and the chain over it, block by block while the block is in cache. */
export function compileMatmul(module: ModuleBuilder, layout: TableLayout, kernel: MatmulKernel): Compiled {
  const { batch, rows, columns, inner, dtype, b } = kernel;
  const epilogue = kernel.epilogue ?? asItIs(kernel);
  const walk = walkFor(epilogue, [columns]);
  const width = tileColumns(dtype);
  const panels = Math.ceil(columns / width);
  // A block must hold whole rows of the walk.
  const widest = walk.inner === columns ? blockColumns : columns;
  const isPacked = rows > worthPacking || b.strides[2] !== 1;
  const plan: Plan = {
    kernel,
    layout,
    bytes: bytesOf[dtype],
    width,
    isPacked,
    depth: isPacked ? blockInner : blockInnerInPlace,
    panels,
    rowBlocks: Math.ceil(rows / blockRows),
    columnBlocks: Math.ceil(columns / widest),
    blockWidth: Math.min(Math.ceil(widest / width), panels) * width,
    blockHeight: Math.ceil(Math.min(rows, blockRows) / tileRows) * tileRows,
  };
  const depth = Math.max(1, Math.min(inner, plan.depth));
  const products = compileProducts(module, plan, epilogue);
  const packing = plan.isPacked ? [compilePacking(module, plan)] : [];
  const ownElements = plan.blockHeight * (depth + plan.blockWidth);
  const copies = b.strides[0] === 0 ? 1 : batch;
  return {
    phases: [...packing, products],
    scratch: {
      shared: plan.isPacked ? copies * panels * width * inner * plan.bytes : 0,
      own: ownElements * plan.bytes,
    },
  };
}

/** Copies the right factor into panels, each `inner` × `width`; one that all products share is packed once. */
function compilePacking(module: ModuleBuilder, plan: Plan): Phase {
  const { kernel, layout, panels, width, bytes } = plan;
  const { b, inner, columns, batch, dtype } = kernel;
  const [batchStride, depthStride, columnStride] = b.strides;
  const pack = packPanel(module, dtype, width, columnStride === 1);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const source = f.let(layout.slot(table, b.slot));
    const scratch = f.let(layout.scratch(table));
    const unit = f.let(from);
    f.for(unit, to, 1, () => {
      const panel = f.let(op("i32.rem_u", unit, panels));
      const product = op("i32.div_u", unit, panels);
      const place = op("i32.add", op("i32.mul", product, batchStride), op("i32.mul", panel, width * columnStride));
      const at = f.let(offsetBy(source, op("i32.add", place, b.offset), bytes));
      const out = f.let(op("i32.add", scratch, op("i32.mul", unit, inner * width * bytes)));
      const lines = least(f, op("i32.sub", i32(columns), op("i32.mul", panel, width)), width);
      f.do(call(pack, at, columnStride * bytes, depthStride * bytes, lines, out, inner));
    });
  });
  return { callable, units: panels * (batchStride === 0 ? 1 : batch), unitSize: inner * width };
}

function compileProducts(module: ModuleBuilder, plan: Plan, epilogue: Expression): Phase {
  const { kernel, layout, bytes, rowBlocks, columnBlocks, blockHeight, blockWidth, width } = plan;
  const { a, b, batch, rows, columns, inner } = kernel;
  const multiply = multiplyTile(module, kernel.dtype);
  const pack = packPanel(module, kernel.dtype, tileRows, a.strides[1] === 1);
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to, own) => {
    const left = f.let(layout.slot(table, a.slot));
    const right = f.let(plan.isPacked ? layout.scratch(table) : layout.slot(table, b.slot));
    const block = f.let(op("i32.add", own, blockHeight * Math.max(1, Math.min(inner, plan.depth)) * bytes));
    const unit = f.let(from);
    const [product, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const finish = compileEpilogue(module, f, plan, epilogue, table, block, product);
    f.for(unit, to, 1, () => {
      f.set(product, op("i32.div_u", unit, rowBlocks * columnBlocks));
      f.set(row, op("i32.mul", op("i32.rem_u", op("i32.div_u", unit, columnBlocks), rowBlocks), blockRows));
      f.set(column, op("i32.mul", op("i32.rem_u", unit, columnBlocks), blockWidth));
      const height = f.let(least(f, op("i32.sub", i32(rows), row), blockRows));
      const span = f.let(least(f, op("i32.sub", i32(columns), column), blockWidth));
      const start = f.local("i32");
      f.set(start, 0);
      f.loop((again) => {
        const depth = f.let(least(f, op("i32.sub", i32(inner), start), plan.depth));
        packLeft(f, pack, plan, a, left, product, row, height, start, depth, own);
        const panel = f.local("i32");
        f.set(panel, 0);
        f.for(panel, span, width, () => {
          const { at, step } = rightPanel(f, plan, right, product, op("i32.add", column, panel), start);
          const tile = f.local("i32");
          f.set(tile, 0);
          f.for(tile, height, tileRows, () => {
            const packed = op("i32.add", own, op("i32.mul", op("i32.mul", tile, depth), bytes));
            const place = op("i32.add", op("i32.mul", tile, blockWidth), panel);
            f.do(call(multiply, packed, at, depth, step, offsetBy(block, place, bytes), blockWidth * bytes, start));
          });
        });
        f.advance(start, plan.depth);
        f.branchIf(again, op("i32.lt_s", start, i32(inner)));
      });
      finish(row, height, column, span);
    });
  });
  const unitSize = Math.min(rows, blockRows) * Math.min(columns, blockWidth) * Math.max(1, inner / 4);
  return { callable, units: batch * rowBlocks * columnBlocks, unitSize };
}

/** Copies the block's rows of the left factor into panels of a tile's rows each. */
function packLeft(
  f: FunctionBuilder,
  pack: Callable,
  { kernel: { rows }, bytes }: Plan,
  { offset, strides: [batchStride, rowStride, depthStride] }: Operand,
  left: Local,
  product: Local,
  row: Local,
  height: Local,
  start: Local,
  depth: Local,
  own: Local,
): void {
  const tile = f.local("i32");
  f.set(tile, 0);
  f.for(tile, height, tileRows, () => {
    const line = f.let(op("i32.add", row, tile));
    const steps = op("i32.add", op("i32.mul", line, rowStride), op("i32.mul", start, depthStride));
    const place = op("i32.add", op("i32.add", steps, op("i32.mul", product, batchStride)), i32(offset));
    const from = f.let(offsetBy(left, place, bytes));
    const to = f.let(op("i32.add", own, op("i32.mul", op("i32.mul", tile, depth), bytes)));
    const lines = least(f, op("i32.sub", i32(rows), line), tileRows);
    f.do(call(pack, from, rowStride * bytes, depthStride * bytes, lines, to, depth));
  });
}

/** Where a panel of the right factor begins, and the bytes from one step in depth to the next. */
function rightPanel(
  f: FunctionBuilder,
  { kernel: { b, inner }, isPacked, panels, width, bytes }: Plan,
  right: Local,
  product: Local,
  column: Value,
  start: Local,
): { readonly at: Local; readonly step: Value } {
  const [batchStride, depthStride] = b.strides;
  if (!isPacked) {
    const steps = op("i32.add", op("i32.mul", product, batchStride), op("i32.mul", start, depthStride));
    const place = op("i32.add", op("i32.add", steps, column), i32(b.offset));
    return { at: f.let(offsetBy(right, place, bytes)), step: i32(depthStride * bytes) };
  }
  const first = batchStride === 0 ? i32(0) : op("i32.mul", product, panels * inner * width);
  const place = op("i32.add", first, op("i32.add", op("i32.mul", column, inner), op("i32.mul", start, width)));
  return { at: f.let(offsetBy(right, place, bytes)), step: i32(width * bytes) };
}

type Finish = (row: Local, height: Local, column: Local, span: Local) => void;

/** Applies the chain to a block of the product and stores it. */
function compileEpilogue(
  module: ModuleBuilder,
  f: FunctionBuilder,
  { kernel, layout, bytes, blockWidth }: Plan,
  epilogue: Expression,
  table: Local,
  block: Local,
  product: Local,
): Finish {
  const { rows, columns, output } = kernel;
  const walk = walkFor(epilogue, [columns]);
  const outBytes = bytesOf[dtypeOf(epilogue)];
  const parts = columns / walk.inner; // rows of the walk in a row of the product
  const [productRow, line, part, rowOut, at] = ["i32", "i32", "i32", "i32", "i32"].map(() => f.local("i32"));
  const chain = new Chain(module, f, table, layout, epilogue, walk, () => productRow);
  const out = f.let(layout.slot(table, output));
  return (row, height, column, span) => {
    f.set(line, 0);
    f.for(line, height, 1, () => {
      const whole = f.let(op("i32.add", op("i32.add", op("i32.mul", product, rows), row), line));
      f.set(part, 0);
      f.for(part, parts, 1, () => {
        const walked = f.let(op("i32.add", op("i32.mul", whole, parts), part));
        const within = op(
          "i32.sub",
          op("i32.add", op("i32.mul", line, blockWidth), op("i32.mul", part, walk.inner)),
          column,
        );
        f.set(productRow, offsetBy(block, within, bytes));
        chain.toRow(walked);
        f.set(rowOut, offsetBy(out, op("i32.mul", walked, walk.inner), outBytes));
        f.set(at, column);
        const end = f.let(parts === 1 ? op("i32.add", column, span) : i32(walk.inner));
        const lastQuad = f.let(op("i32.sub", end, quadSize - 1));
        f.for(at, lastQuad, quadSize, () => {
          for (const write of storeQuad(chain.at(at), offsetBy(rowOut, at, outBytes))) f.do(write);
        });
        const rest = walk.inner % quadSize; // blocks end at multiples of a quad, but for the last
        if (rest > 0) {
          f.if(op("i32.lt_s", at, end), () => {
            storePart(f, chain.at(at, rest), f.let(offsetBy(rowOut, at, outBytes)), rest);
          });
        }
      });
    });
  };
}

function least(f: FunctionBuilder, value: Value, most: number): Value {
  const held = f.let(value);
  return select(op("i32.lt_s", held, i32(most)), held, i32(most));
}
