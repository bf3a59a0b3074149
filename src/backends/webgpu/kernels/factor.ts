import type { MatmulKernel, Operand } from "../../schedule/index.js";
import type { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Neighbours along the side of the tile, or along the axis that is summed over; undefined where there are none. */
type Layout = "across" | "along" | undefined;

/**
 * Reads a factor of a product, whichever way it lies in memory. Its two axes are the side, which is a row of the left
 * factor and a column of the right one, and the depth, which is summed over.
 */
export class Factor {
  private readonly shader: Shader;
  private readonly slot: number;
  private readonly dtype: MatmulKernel["dtype"];
  private readonly layout: Layout;
  private readonly sideStep: string;
  private readonly depthStep: string;
  private readonly start: string;

  /** @param batch - the number of the matrix in its batch */
  constructor(
    shader: Shader,
    { slot, offset, strides }: Operand,
    side: "rows" | "columns",
    dtype: MatmulKernel["dtype"],
    batch: string,
  ) {
    const [step, row, column] = strides;
    const [across, along] = side === "rows" ? [row, column] : [column, row];
    this.shader = shader;
    this.slot = slot;
    this.dtype = dtype;
    const isWhole = (stride: number) => stride % 4 === 0;
    if (isWhole(offset) && isWhole(step) && along === 1 && isWhole(across)) this.layout = "along";
    else if (isWhole(offset) && isWhole(step) && across === 1 && isWhole(along)) this.layout = "across";
    const word = (value: number) => shader.let(shader.word(value));
    this.sideStep = across === 1 ? "" : word(across);
    this.depthStep = along === 1 ? "" : word(along);
    this.start = shader.let(`${shader.word(offset)} + ${batch} * ${shader.word(step)}`);
  }

  private place(side: string, depth: string): string {
    const scaled = (index: string, step: string) => (step === "" ? index : `(${index}) * ${step}`);
    return `${this.start} + ${scaled(side, this.sideStep)} + ${scaled(depth, this.depthStep)}`;
  }

  /** Whether neighbours in memory are neighbours along the axis that is summed over. */
  get isDeep(): boolean {
    return this.depthStep === "";
  }

  /** The element at a place. */
  at(side: string, depth: string): string {
    const name = this.shader.read({ slot: this.slot }, storedType(this.dtype, 1));
    return `${name}[${this.place(side, depth)}]`;
  }

  private quad(side: string, depth: string): string {
    const name = this.shader.read({ slot: this.slot }, storedType(this.dtype, 4));
    return this.shader.let(`${name}[(${this.place(side, depth)}) >> 2u]`);
  }

  /** Four neighbours along the side. */
  side(side: string, depth: string): string {
    if (this.layout === "across") return this.quad(side, depth);
    const parts = steps.map((i) => this.at(`${side} + ${i}u`, depth));
    return this.shader.let(`vec4<${this.dtype}>(${parts.join(", ")})`);
  }

  /** Four neighbours, along whichever axis they are so in memory; what is summed over counts as zero from `end` on. */
  neighbours(side: string, depth: string, end: string): string {
    const { shader, dtype, layout, isDeep } = this;
    const zero = `vec4<${dtype}>()`;
    if (!isDeep) return shader.let(`select(${zero}, ${this.side(side, depth)}, ${depth} < ${end})`);
    const parts = steps.map((k) => this.at(side, `${depth} + ${k}u`));
    const values = layout === "along" ? this.quad(side, depth) : `vec4<${dtype}>(${parts.join(", ")})`;
    const places = `vec4<u32>(${depth}) + vec4<u32>(0u, 1u, 2u, 3u)`;
    return shader.let(`select(${zero}, ${values}, ${places} < vec4<u32>(${end}))`);
  }

  /** A square of four by four: for each of four depths, the four along the side. */
  square(side: string, depth: string): readonly string[] {
    if (this.layout !== "along") return steps.map((k) => this.side(side, `${depth} + ${k}u`));
    const lines = steps.map((i) => this.quad(`${side} + ${i}u`, depth));
    return [..."xyzw"].map((part) =>
      this.shader.let(`vec4<${this.dtype}>(${lines.map((line) => `${line}.${part}`).join(", ")})`),
    );
  }
}

const steps = [0, 1, 2, 3] as const;
