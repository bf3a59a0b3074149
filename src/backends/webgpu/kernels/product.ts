import type { MatmulKernel } from "../../schedule/index.js";
import type { Memory } from "./dispatch.js";
import type { Shader } from "./shader.js";

/** Rows and columns that one invocation computes. */
export const side = 4;

/** Where a product goes, and into how many parts its sums are split; those lie one after the other. */
export interface ProductOptions {
  readonly output: Memory;
  readonly epilogue: MatmulKernel["epilogue"];
  readonly parts: number;
}

/** Names of what a shader is to compute: a matrix of the batch, and the stretch of the inner axis. */
export interface Stretch {
  readonly batch: string;
  /** The number of the matrix's first row within the whole product. */
  readonly firstRow: string;
  readonly from: string;
  readonly to: string;
}

/** Finds the matrix and the part of its sums from their common number. */
export function stretchOf(
  shader: Shader,
  { batch, rows, inner }: MatmulKernel,
  parts: number,
  number: string,
): Stretch {
  const height = shader.word(rows);
  const depth = shader.let(shader.word(inner));
  const firstRow = shader.let(`${number} * ${height}`);
  if (parts === 1) return { batch: number, firstRow, from: "0u", to: depth };
  const matrices = shader.let(shader.word(batch));
  const part = shader.let(`${number} / ${matrices}`);
  const size = shader.let(shader.word(Math.ceil(inner / parts / side) * side));
  const from = shader.let(`min(${depth}, ${part} * ${size})`);
  return {
    batch: shader.let(`${number} % ${matrices}`),
    firstRow,
    from,
    to: shader.let(`min(${depth}, ${from} + ${size})`),
  };
}

/** `total += factor · values`, four at once; `factor` is one number. */
export function multiplyAdd(
  shader: Shader,
  dtype: MatmulKernel["dtype"],
  total: string,
  factor: string,
  values: string,
): void {
  const factors = `vec4<${dtype}>(${factor})`;
  shader.do(
    dtype === "f32" ? `${total} = fma(${factors}, ${values}, ${total});` : `${total} += ${factors} * ${values};`,
  );
}

/** Sums of products, four by four: `totals[i] += left[k][i] · right[k]` for each of several depths k. */
export function accumulate(
  shader: Shader,
  dtype: MatmulKernel["dtype"],
  totals: readonly string[],
  left: readonly string[],
  right: readonly string[],
): void {
  left.forEach((side, k) => {
    totals.forEach((total, i) => {
      multiplyAdd(shader, dtype, total, `${side}.${"xyzw"[i]}`, right[k]);
    });
  });
}
