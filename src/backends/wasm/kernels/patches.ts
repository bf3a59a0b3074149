import type { DType } from "../../backend.js";
import { type FunctionBuilder, type Local, load, op, store, type Value } from "../assembler/index.js";
import { addressOf, type CallCompiler, integers, sizeOf } from "./call.js";
import { bytesOf, offsetBy } from "./quad.js";
import { addSpan, blockwise, copySpan, fillSpan, patternOf } from "./spans.js";
import { kernelParameters } from "./table.js";

/** How a line of patches lies on a line of an image. */
interface Line {
  readonly dtype: DType;
  readonly columns: number;
  /** Bytes from a pixel to the next that a line meets. */
  readonly step: number;
}

/** All patches of an image; units are elements of the window on images. */
export const compileUnfold: CallCompiler = (module, layout, { inputs: [image], output, dtype, shape, attributes }) => {
  const [, , height, width] = image.shape;
  const [, , kernelHeight, kernelWidth, rows, columns] = shape;
  const [strideY, strideX] = attributes.stride as readonly number[];
  const [dilationY, dilationX] = attributes.dilation as readonly number[];
  const bytes = bytesOf[dtype];
  const line: Line = { dtype, columns, step: strideX * bytes };
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const pixels = f.let(addressOf(layout, table, image));
    const patch = f.let(offsetBy(layout.slot(table, output), from, rows * columns * bytes));
    const [unit, row, pixel] = [f.let(from), f.local("i32"), f.local("i32")];
    f.for(unit, to, 1, () => {
      const x = op("i32.rem_u", unit, kernelWidth);
      const y = op("i32.rem_u", op("i32.div_u", unit, kernelWidth), kernelHeight);
      const i = op("i32.div_u", unit, kernelHeight * kernelWidth);
      const start = op("i32.add", op("i32.mul", i, height * width), op("i32.mul", y, dilationY * width));
      f.set(pixel, offsetBy(pixels, op("i32.add", start, op("i32.mul", x, dilationX)), bytes));
      f.set(row, 0);
      f.for(row, rows, 1, () => {
        if (strideX === 1) copySpan(f, patch, pixel, columns * bytes);
        else readLine(f, line, patch, pixel);
        f.advance(patch, columns * bytes);
        f.advance(pixel, strideY * width * bytes);
      });
    });
  });
  const units = sizeOf(shape.slice(0, 4));
  return { phases: [{ callable, units, unitSize: rows * columns }] };
};

/** Images from patches, whose elements are added in their order; units are images of one channel. */
export const compileFold: CallCompiler = (module, layout, { inputs: [patches], output, dtype, shape, attributes }) => {
  const [n, c, height, width] = shape;
  const [, , kernelHeight, kernelWidth, rows, columns] = patches.shape;
  const [strideY, strideX] = attributes.stride as readonly number[];
  const [dilationY, dilationX] = attributes.dilation as readonly number[];
  const bytes = bytesOf[dtype];
  const line: Line = { dtype, columns, step: strideX * bytes };
  const perImage = kernelHeight * kernelWidth * rows * columns;
  const callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const patch = f.let(offsetBy(addressOf(layout, table, patches), from, perImage * bytes));
    const image = f.let(offsetBy(layout.slot(table, output), from, height * width * bytes));
    const zeros = f.let(patternOf(dtype, 0));
    const [unit, y, x, row, pixel] = [f.let(from), ...integers(f, 4)];
    f.for(unit, to, 1, () => {
      fillSpan(f, image, height * width * bytes, zeros);
      f.set(y, 0);
      f.for(y, kernelHeight, 1, () => {
        f.set(x, 0);
        f.for(x, kernelWidth, 1, () => {
          const start = op("i32.add", op("i32.mul", y, dilationY * width), op("i32.mul", x, dilationX));
          f.set(pixel, offsetBy(image, start, bytes));
          f.set(row, 0);
          f.for(row, rows, 1, () => {
            if (strideX === 1) addLine(f, line, pixel, patch);
            else addApart(f, line, pixel, patch);
            f.advance(patch, columns * bytes);
            f.advance(pixel, strideY * width * bytes);
          });
        });
      });
      f.advance(image, height * width * bytes);
    });
  });
  return { phases: [{ callable, units: n * c, unitSize: perImage }] };
};

function addLine(f: FunctionBuilder, { dtype, columns }: Line, pixel: Local, patch: Local): void {
  blockwise(f, columns * bytesOf[dtype], [f.let(pixel), f.let(patch)], ([to, from], bytes) =>
    addSpan(f, dtype, to, from, bytes),
  );
}

/** Copies the pixels that a line of patches meets, which are apart. */
function readLine(f: FunctionBuilder, { dtype, columns, step }: Line, patch: Local, pixel: Local): void {
  const type = dtype === "f64" ? "f64" : "f32";
  const [to, from, column] = [f.let(patch), f.let(pixel), f.let(0)];
  f.for(column, columns, 1, () => {
    f.do(store(`${type}.store`, to, load(`${type}.load`, from)));
    f.advance(to, bytesOf[dtype]);
    f.advance(from, step);
  });
}

/** Adds a line of patches to pixels that are apart. */
function addApart(f: FunctionBuilder, { dtype, columns, step }: Line, pixel: Local, patch: Local): void {
  const type = dtype === "f64" ? "f64" : "f32";
  const [to, from, column] = [f.let(pixel), f.let(patch), f.let(0)];
  f.for(column, columns, 1, () => {
    const sum: Value = op(`${type}.add`, load(`${type}.load`, to), load(`${type}.load`, from));
    f.do(store(`${type}.store`, to, sum));
    f.advance(to, step);
    f.advance(from, bytesOf[dtype]);
  });
}
