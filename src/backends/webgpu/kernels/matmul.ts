import type { MatmulKernel } from "../../schedule/index.js";
import type { Abilities, Compiled, Dispatch } from "./dispatch.js";
import { Factor } from "./factor.js";
import { accumulate, type ProductOptions, side, stretchOf } from "./product.js";
import { ProductEnd } from "./product-end.js";
import { compileQuads } from "./quad-matmul.js";
import { Shader } from "./shader.js";
import { compileTiled } from "./tiled-matmul.js";
import { storedType, vectorOf } from "./types.js";

/** Invocations that keep a device busy: with fewer, long sums are split. */
function enough({ sharedMemory }: Abilities): number {
  return sharedMemory ? 4096 : 64;
}

/** What a part of a split sum is worth at least. */
const shortestPart = 256;

/** The products of a kernel: squares of four by four an invocation, in tiles that a workgroup reads together or not. */
export function compileMatmul(kernel: MatmulKernel, label: string, abilities: Abilities): Compiled {
  const { batch, rows, columns, inner, epilogue, output } = kernel;
  const units = batch * Math.ceil(rows / side) * Math.ceil(columns / side);
  const parts = Math.min(64, Math.floor(enough(abilities) / units), Math.floor(inner / shortestPart));
  const multiply = multiplierOf(kernel, abilities);
  if (!(parts > 1)) return { dispatches: [multiply(kernel, label, { output: { slot: output }, epilogue, parts: 1 })] };
  const first = multiply(kernel, label, { output: { scratch: 0 }, epilogue: undefined, parts });
  return { dispatches: [first, joined(kernel, label, parts)], scratch: [parts * batch * rows * columns] };
}

/** Where invocations read together, they read less: through their workgroup's memory, or by handing on what they have. */
function multiplierOf({ rows, columns, inner }: MatmulKernel, { sharedMemory, subgroups }: Abilities) {
  if (Math.min(rows, columns, inner) <= 16) return direct;
  if (sharedMemory) return compileTiled;
  return subgroups ? compileQuads : direct;
}

/** Each invocation reads its rows and columns by itself: for small products, and devices without memory of their own. */
function direct(kernel: MatmulKernel, label: string, { output, epilogue, parts }: ProductOptions): Dispatch {
  const { batch, rows, columns, inner, dtype, a, b } = kernel;
  const shader = new Shader({ label });
  const end = new ProductEnd(shader, kernel, epilogue, output);
  const [tall, wide] = [Math.ceil(rows / side), Math.ceil(columns / side)];
  return shader.perUnit(parts * batch * tall * wide, (unit) => {
    const [across, down] = [shader.let(shader.word(wide)), shader.let(shader.word(tall))];
    const line = shader.let(`${unit} / ${across}`);
    const column = shader.let(`(${unit} - ${line} * ${across}) * ${side}u`);
    const matrix = shader.let(`${line} / ${down}`);
    const row = shader.let(`(${line} - ${matrix} * ${down}) * ${side}u`);
    const stretch = stretchOf(shader, kernel, parts, matrix);
    const left = new Factor(shader, a, "rows", dtype, stretch.batch, row);
    const right = new Factor(shader, b, "columns", dtype, stretch.batch, column);
    const totals = Array.from({ length: side }, () => shader.var(vectorOf(dtype, 4), `${vectorOf(dtype, 4)}()`));
    const whole = inner % 4 === 0 ? stretch.to : shader.let(`${stretch.to} & ~3u`);
    shader.for(stretch.from, whole, "4u", (k) => {
      accumulate(shader, dtype, totals, left.square(k), right.square(k));
    });
    if (inner % 4 !== 0) {
      shader.for(`max(${stretch.from}, ${whole})`, stretch.to, "1u", (k) => {
        accumulate(shader, dtype, totals, [left.at(k)], [right.at(k)]);
      });
    }
    const first = shader.let(`${stretch.firstRow} + ${row}`);
    end.store(totals, first, row, shader.let(shader.word(rows)), column);
  });
}

/** Adds up the parts of a product, and does what follows it. */
function joined(kernel: MatmulKernel, label: string, parts: number): Dispatch {
  const { batch, rows, columns, dtype, epilogue, output } = kernel;
  const shader = new Shader({ label });
  const end = new ProductEnd(shader, kernel, epilogue, { slot: output });
  const lanes = columns % 4 === 0 ? 4 : 1;
  const source = shader.read({ scratch: 0 }, storedType(dtype, lanes));
  const wide = Math.ceil(columns / 4);
  return shader.perUnit(batch * rows * wide, (unit) => {
    const [across, width] = [shader.let(shader.word(wide)), shader.let(shader.word(columns))];
    const size = shader.let(shader.word(batch * rows * columns));
    const row = shader.let(`${unit} / ${across}`);
    const column = shader.let(`(${unit} - ${row} * ${across}) * 4u`);
    const start = shader.let(`${row} * ${width} + ${column}`);
    const total = shader.var(vectorOf(dtype, 4), `${vectorOf(dtype, 4)}()`);
    shader.for("0u", shader.let(shader.word(parts)), "1u", (part) => {
      const at = shader.let(`${part} * ${size} + ${start}`);
      if (lanes === 4) shader.do(`${total} += ${source}[${at} >> 2u];`);
      else shader.do(`${total} += vec4<${dtype}>(${[0, 1, 2, 3].map((i) => `${source}[${at} + ${i}u]`).join(", ")});`);
    });
    end.store([total], row, row, shader.let(`${row} + 1u`), column);
  });
}
