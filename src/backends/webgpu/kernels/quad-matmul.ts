import type { MatmulKernel } from "../../schedule/index.js";
import type { Dispatch } from "./dispatch.js";
import { Factor, isDeep } from "./factor.js";
import { multiplyAdd, type ProductOptions, stretchOf } from "./product.js";
import { ProductEnd } from "./product-end.js";
import { Shader } from "./shader.js";
import { vectorOf } from "./types.js";

/** Rows that four invocations share, each of which has four columns of its own. */
const tall = 8;
const wide = 4;

/**
 * Four neighbouring invocations have the same rows and each read a quarter of them, which they hand each other: where memory
 * is read by each invocation alone, as on a software device, half of all reading is saved. Invocations must be neighbours
 * in their subgroup if they are so in the workgroup.
 */
export function compileQuads(
  kernel: MatmulKernel,
  label: string,
  { output, epilogue, parts }: ProductOptions,
): Dispatch {
  const { batch, rows, columns, inner, dtype, a, b } = kernel;
  const shader = new Shader({ label });
  const { lane: invocation } = shader.subgroup();
  const end = new ProductEnd(shader, kernel, epilogue, output);
  const down = Math.ceil(rows / tall);
  const across = Math.ceil(columns / (4 * wide)) * 4; // whole quads: those beyond the last column store nothing
  return shader.perUnit(parts * batch * down * across, (unit) => {
    const [lines, fours] = [shader.let(shader.word(down)), shader.let(shader.word(across))];
    const line = shader.let(`${unit} / ${fours}`);
    const column = shader.let(`(${unit} - ${line} * ${fours}) * ${wide}u`);
    const matrix = shader.let(`${line} / ${lines}`);
    const row = shader.let(`(${line} - ${matrix} * ${lines}) * ${tall}u`);
    const lane = shader.let(`${invocation} & 3u`);
    const stretch = stretchOf(shader, kernel, parts, matrix);
    const limit = inner % 4 === 0 ? undefined : stretch.to;
    const isWide = a.strides[1] === 1 && !isDeep(a, "rows");
    const left = [0, 4].map((first) => {
      const start = shader.let(isWide ? `${row} + ${first}u` : `${row} + ${first}u + ${lane}`);
      return new Factor(shader, a, "rows", dtype, stretch.batch, start);
    });
    const right = new Factor(shader, b, "columns", dtype, stretch.batch, column);
    const quad = vectorOf(dtype, 4);
    const totals = Array.from({ length: tall }, () => shader.var(quad, `${quad}()`));
    shader.for(stretch.from, stretch.to, "4u", (k) => {
      const depth = isWide ? shader.let(`${k} + ${lane}`) : k;
      const own = left.map((factor) => factor.neighbours(depth, limit, !isWide));
      const shared = own.map((part) => [0, 1, 2, 3].map((i) => shader.let(`quadBroadcast(${part}, ${i}u)`)));
      const columnsAt = right.square(k, limit);
      totals.forEach((total, i) => {
        columnsAt.forEach((values, j) => {
          const [from, at] = isWide ? [j, i % 4] : [i % 4, j];
          multiplyAdd(shader, dtype, total, `${shared[i >> 2][from]}.${"xyzw"[at]}`, values);
        });
      });
    });
    const [height, width] = [shader.let(shader.word(rows)), shader.let(shader.word(columns))];
    shader.if(`${column} < ${width}`, () =>
      end.store(totals, shader.let(`${stretch.firstRow} + ${row}`), row, height, column),
    );
  });
}
