import type { MatmulKernel, Operand } from "../../schedule/index.js";
import type { Shader } from "./shader.js";
import { storedType } from "./types.js";

export type Side = "rows" | "columns";

/** Steps in memory along the side, which is a row of the left factor and a column of the right one, and the depth. */
function stepsOf({ strides: [, row, column] }: Operand, side: Side): { readonly side: number; readonly depth: number } {
  return side === "rows" ? { side: row, depth: column } : { side: column, depth: row };
}

/** Whether neighbours in memory are neighbours along the depth, which is summed over. */
export function isDeep(operand: Operand, side: Side): boolean {
  return stepsOf(operand, side).depth === 1;
}

/** Four neighbours of a factor's side, read at whatever depth, whichever way the factor lies in memory. */
export class Factor {
  private readonly shader: Shader;
  private readonly slot: number;
  private readonly dtype: MatmulKernel["dtype"];
  /** Whether four neighbours along the depth, or along the side, can be read together. */
  private readonly isQuadDeep: boolean;
  private readonly isQuadWide: boolean;
  /** Where each of the four begins, in elements, and in fours of them. */
  private readonly starts: readonly string[];
  private readonly quads: readonly string[];
  private readonly depthStep: string;
  private readonly depthQuads: string;

  /**
   * @param batch - the number of the matrix in its batch
   * @param first - the first of the four, along the side
   */
  constructor(
    shader: Shader,
    operand: Operand,
    side: Side,
    dtype: MatmulKernel["dtype"],
    batch: string,
    first: string,
  ) {
    const { slot, offset, strides } = operand;
    const steps = stepsOf(operand, side);
    const isWhole = [offset, strides[0]].every((step) => step % 4 === 0);
    this.shader = shader;
    this.slot = slot;
    this.dtype = dtype;
    this.isQuadDeep = isWhole && steps.depth === 1 && steps.side % 4 === 0;
    this.isQuadWide = isWhole && !this.isQuadDeep && steps.side === 1 && steps.depth % 4 === 0;
    const step = shader.let(shader.word(steps.side));
    const start = shader.let(`${shader.word(offset)} + ${batch} * ${shader.word(strides[0])} + ${first} * ${step}`);
    this.starts = four.map((i) => (i === 0 ? start : shader.let(`${start} + ${i}u * ${step}`)));
    this.quads = this.isQuadDeep ? this.starts.map((at) => shader.let(`${at} >> 2u`)) : [shader.let(`${start} >> 2u`)];
    this.depthStep = shader.let(shader.word(steps.depth));
    this.depthQuads = shader.let(`${this.depthStep} >> 2u`);
  }

  // What is not read must not be bound either.

  private get elements(): string {
    return this.shader.read({ slot: this.slot }, storedType(this.dtype, 1));
  }

  private get fours(): string {
    return this.shader.read({ slot: this.slot }, storedType(this.dtype, 4));
  }

  private vector(parts: readonly string[]): string {
    return this.shader.let(`vec4<${this.dtype}>(${parts.join(", ")})`);
  }

  /** The four at a depth. */
  at(depth: string): string {
    const { shader } = this;
    if (this.isQuadWide) return shader.let(`${this.fours}[${this.quads[0]} + ${depth} * ${this.depthQuads}]`);
    const away = shader.let(`${depth} * ${this.depthStep}`);
    const { elements } = this;
    return this.vector(this.starts.map((start) => `${elements}[${start} + ${away}]`));
  }

  /** The four at each of four depths, the first of which is a multiple of four; zeros from depth `end` on, if there is one. */
  square(depth: string, end?: string): readonly string[] {
    const { shader } = this;
    const depths = four.map((k) => (k === 0 ? depth : shader.let(`${depth} + ${k}u`)));
    if (!this.isQuadDeep) return depths.map((at) => this.until(end, at, this.at(at)));
    const quad = shader.let(`${depth} >> 2u`);
    const lines = this.quads.map((start) => shader.let(`${this.fours}[${start} + ${quad}]`));
    return [..."xyzw"].map((part, k) =>
      this.until(end, depths[k], this.vector(lines.map((line) => `${line}.${part}`))),
    );
  }

  private until(end: string | undefined, depth: string, values: string): string {
    if (end === undefined) return values;
    return this.shader.let(`select(vec4<${this.dtype}>(), ${values}, ${depth} < ${end})`);
  }

  /** The first of the four at four depths, or all four at one; zeros from depth `end` on, if there is one. */
  neighbours(depth: string, end: string | undefined, isDeep: boolean): string {
    const { shader, dtype } = this;
    if (!isDeep) return this.until(end, depth, this.at(depth));
    const values = this.isQuadDeep
      ? shader.let(`${this.fours}[${this.quads[0]} + (${depth} >> 2u)]`)
      : this.vector(four.map((k) => `${this.elements}[${this.starts[0]} + (${depth} + ${k}u) * ${this.depthStep}]`));
    if (end === undefined) return values;
    const places = `vec4<u32>(${depth}) + vec4<u32>(0u, 1u, 2u, 3u)`;
    return shader.let(`select(vec4<${dtype}>(), ${values}, ${places} < vec4<u32>(${end}))`);
  }
}

const four = [0, 1, 2, 3] as const;
