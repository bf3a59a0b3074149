import type { MatmulKernel } from "../../schedule/index.js";
import type { Dispatch } from "./dispatch.js";
import { Factor, isDeep } from "./factor.js";
import { accumulate, type ProductOptions, stretchOf } from "./product.js";
import { ProductEnd } from "./product-end.js";
import { Shader } from "./shader.js";
import { vectorOf } from "./types.js";

/** Rows and columns of a workgroup's tile, and how many steps of the sum it reads at a time. */
const tile = 64;
const depth = 16;
/** Invocations of a workgroup: each computes four rows of four columns, and reads four elements of each factor. */
const crew = 256;

/** Each workgroup reads the rows and columns of its tile once for all of its invocations. */
export function compileTiled(
  kernel: MatmulKernel,
  label: string,
  { output, epilogue, parts }: ProductOptions,
): Dispatch {
  const { batch, rows, columns, dtype, a, b } = kernel;
  const shader = new Shader({ label, size: crew });
  const end = new ProductEnd(shader, kernel, epilogue, output);
  const quad = vectorOf(dtype, 4);
  const left = shader.workgroup("left", `array<${quad}, ${(tile * depth) / 4}>`);
  const right = shader.workgroup("right", `array<${quad}, ${(tile * depth) / 4}>`);
  const [tall, wide] = [Math.ceil(rows / tile), Math.ceil(columns / tile)];
  return shader.perWorkgroup(parts * batch * tall * wide, (group, local) => {
    const [across, down] = [shader.let(shader.word(wide)), shader.let(shader.word(tall))];
    const [height, width] = [shader.let(shader.word(rows)), shader.let(shader.word(columns))];
    const line = shader.let(`${group} / ${across}`);
    const column = shader.let(`(${group} - ${line} * ${across}) * ${tile}u`);
    const matrix = shader.let(`${line} / ${down}`);
    const row = shader.let(`(${line} - ${matrix} * ${down}) * ${tile}u`);
    const stretch = stretchOf(shader, kernel, parts, matrix);
    // Invocations next to each other read what is so in memory.
    const factors = [
      { operand: a, side: "rows", array: left, start: row } as const,
      { operand: b, side: "columns", array: right, start: column } as const,
    ].map(({ operand, side, array, start }) => {
      const deep = isDeep(operand, side);
      const [across, along] = deep
        ? [shader.let(`${local} / ${depth / 4}u`), shader.let(`${local} % ${depth / 4}u * 4u`)]
        : [shader.let(`${local} % 16u * 4u`), shader.let(`${local} / 16u`)];
      const factor = new Factor(shader, operand, side, dtype, stretch.batch, shader.let(`${start} + ${across}`));
      return { factor, deep, array, across, along };
    });
    const totals = Array.from({ length: 4 }, () => shader.var(quad, `${quad}()`));
    const [x, y] = [shader.let(`${local} % 16u`), shader.let(`${local} / 16u`)];
    shader.for(stretch.from, stretch.to, `${depth}u`, (k) => {
      for (const { factor, deep, array, across, along } of factors) {
        const read = factor.neighbours(shader.let(`${k} + ${along}`), stretch.to, deep);
        const line = (step: string) => `${array}[(${along} + ${step}) * ${tile / 4}u + ${across} / 4u]`;
        if (!deep) shader.do(`${line("0u")} = ${read};`);
        else for (let i = 0; i < 4; i++) shader.do(`${line(`${i}u`)}[${across} & 3u] = ${read}.${"xyzw"[i]};`);
      }
      shader.do("workgroupBarrier();");
      shader.for("0u", `${depth}u`, "1u", (step) => {
        const sides = shader.let(`${left}[${step} * ${tile / 4}u + ${y}]`);
        accumulate(shader, dtype, totals, [sides], [shader.let(`${right}[${step} * ${tile / 4}u + ${x}]`)]);
      });
      shader.do("workgroupBarrier();");
    });
    const [top, start] = [shader.let(`${row} + ${y} * 4u`), shader.let(`${column} + ${x} * 4u`)];
    shader.if(`${top} < ${height} && ${start} < ${width}`, () =>
      end.store(totals, shader.let(`${stretch.firstRow} + ${top}`), top, height, start),
    );
  });
}
