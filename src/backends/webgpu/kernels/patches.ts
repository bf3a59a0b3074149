import type { Attribute } from "../../backend.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import { Shader } from "./shader.js";
import { Totals } from "./totals.js";
import { storedType } from "./types.js";

/** Names of the numbers that windows are placed by: an image `[n, c, h, w]`, its patches `[n, c, kh, kw, oh, ow]`. */
interface Windows {
  readonly image: readonly [height: string, width: string];
  readonly kernel: readonly [height: string, width: string];
  readonly places: readonly [rows: string, columns: string];
  readonly stride: readonly [y: string, x: string];
  readonly dilation: readonly [y: string, x: string];
}

function windowsOf(
  shader: Shader,
  image: readonly number[],
  patches: readonly number[],
  { stride, dilation }: Readonly<Record<string, Attribute>>,
): Windows {
  const pair = ([y, x]: readonly number[]) => [shader.let(shader.word(y)), shader.let(shader.word(x))] as const;
  return {
    image: pair(image.slice(2)),
    kernel: pair(patches.slice(2, 4)),
    places: pair(patches.slice(4)),
    stride: pair(stride as readonly number[]),
    dilation: pair(dilation as readonly number[]),
  };
}

/** Each element of a patch is a pixel. */
export const compileUnfold: CallCompiler = ({ inputs: [image], output, shape, dtype, attributes }, label) => {
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, 1));
  const dispatch = shader.perUnit(sizeOf(shape), (unit) => {
    const { image: size, kernel, places, stride, dilation } = windowsOf(shader, image.shape, shape, attributes);
    const rest = shader.var("u32", unit);
    const [column, row, x, y] = [places[1], places[0], kernel[1], kernel[0]].map((length) => {
      const index = shader.let(`${rest} % ${length}`);
      shader.do(`${rest} /= ${length};`);
      return index;
    });
    const line = `(${rest} * ${size[0]} + ${row} * ${stride[0]} + ${y} * ${dilation[0]})`;
    shader.do(
      `${out}[${unit}] = ${reader(shader, image)(`${line} * ${size[1]} + ${column} * ${stride[1]} + ${x} * ${dilation[1]}`)};`,
    );
  });
  return { dispatches: [dispatch] };
};

/** Each pixel is the sum of the elements that lie on it: one at most for each place in the window. */
export const compileFold: CallCompiler = ({ inputs: [patches], output, shape, dtype, attributes }, label) => {
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, 1));
  const totals = new Totals(shader, "sum", dtype);
  const dispatch = shader.perUnit(sizeOf(shape), (unit) => {
    const { image: size, kernel, places, stride, dilation } = windowsOf(shader, shape, patches.shape, attributes);
    const element = reader(shader, patches);
    const pixel = shader.let(`${unit} / ${size[1]}`);
    const plane = shader.let(`${pixel} / ${size[0]}`);
    const at = [shader.let(`${pixel} % ${size[0]}`), shader.let(`${unit} % ${size[1]}`)];
    const total = totals.along("0u", shader.let(`${kernel[0]} * ${kernel[1]}`), "1u", 1, (k) => {
      const window = [shader.let(`${k} / ${kernel[1]}`), shader.let(`${k} % ${kernel[1]}`)];
      // Where a window begins before the image, the distance wraps to a large number.
      const away = window.map((step, axis) => shader.let(`${at[axis]} - ${step} * ${dilation[axis]}`));
      const [row, column] = away.map((distance, axis) => shader.let(`${distance} / ${stride[axis]}`));
      const fits = [row, column].map(
        (place, axis) => `${place} < ${places[axis]} && ${away[axis]} == ${place} * ${stride[axis]}`,
      );
      const from = `((${plane} * ${kernel[0]} + ${window[0]}) * ${kernel[1]} + ${window[1]}) * ${places[0]}`;
      const value = shader.var(storedType(dtype, 1), `${storedType(dtype, 1)}()`);
      shader.if(`${fits.join(" && ")}`, () =>
        shader.do(`${value} = ${element(`(${from} + ${row}) * ${places[1]} + ${column}`)};`),
      );
      return value;
    });
    shader.do(`${out}[${unit}] = ${total};`);
  });
  return { dispatches: [dispatch] };
};
