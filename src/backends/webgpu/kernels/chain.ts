import type { DType } from "../../backend.js";
import { collapsed, type Expression, type Load, type View } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { elementwise } from "./elementwise.js";
import type { Shader } from "./shader.js";
import { loaded, storedType, valueType } from "./types.js";

/** Where a chain finds what it does not load from memory as other kernels do. */
export interface ChainOptions {
  /** The name of an element of the product, where a load reads it. */
  readonly product?: () => string;
  /** An array of fours that is both read and written: the kernel's output takes over the memory of this slot. */
  readonly inPlace?: { readonly slot: number; readonly name: string } | undefined;
}

type SlotLoad = Extract<Load, { readonly kind: "slot" }>;

/** How a load is walked: its view, and the names of the words that say so. */
interface Walked {
  readonly view: View;
  /** Sizes of the axes. */
  readonly sizes: readonly string[];
  /** Strides; those of 0 and 1 are in the text itself. */
  readonly strides: readonly string[];
  /** Undefined if it is 0. */
  readonly offset: string | undefined;
}

const ramp = "vec4<u32>(0u, 1u, 2u, 3u)";

/** Writes the statements that compute elements of a fused chain, one or four neighbours at a time. */
export class Chain {
  private readonly shader: Shader;
  private readonly expression: Expression;
  private readonly lanes: Lanes;
  private readonly options: ChainOptions;
  private readonly walked: readonly (Walked | undefined)[];
  /** The value of each load that is the same for all elements. */
  private readonly fixed: readonly (string | undefined)[];
  /** Indices along the axes of a shape, which several loads may have in common. */
  private indices = new Map<string, readonly string[]>();

  /** Writes what all elements have in common. */
  constructor(shader: Shader, expression: Expression, lanes: Lanes, options: ChainOptions = {}) {
    this.shader = shader;
    this.expression = expression;
    this.lanes = lanes;
    this.options = options;
    const sizes = new Map<string, readonly string[]>();
    const word = (value: number) => shader.let(shader.word(value));
    this.walked = expression.loads.map((load) => {
      if (!("view" in load)) return undefined;
      const [view] = collapsed([load.view]);
      const key = view.shape.join();
      if (!sizes.has(key)) sizes.set(key, view.shape.map(word));
      const strides = view.strides.map((stride) => (stride === 0 || stride === 1 ? "" : word(stride)));
      return { view, sizes: sizes.get(key)!, strides, offset: view.offset === 0 ? undefined : word(view.offset) };
    });
    this.fixed = expression.loads.map((load, i) => this.fixedValue(load, this.walked[i]));
  }

  private fixedValue(load: Load, walked: Walked | undefined): string | undefined {
    const { shader, lanes } = this;
    const splat = (value: string) => shader.let(`${valueType(load.dtype, lanes)}(${value})`);
    if (load.kind === "constant") return splat(shader.constant(load.constant, load.dtype));
    if (load.kind !== "slot" || walked!.view.strides.some((stride) => stride !== 0)) return undefined;
    return splat(this.element(load, walked!.offset ?? "0u"));
  }

  /** The value of the element, or of the four from it on, where it is the name of a multiple of four. */
  at(element: string): string {
    const { shader, expression, lanes } = this;
    this.indices = new Map();
    const values = expression.loads.map((load, i) => this.fixed[i] ?? this.load(load, this.walked[i], element));
    const dtypes = expression.loads.map(({ dtype }) => dtype);
    for (const { op, args, dtype } of expression.steps) {
      const { text, definitions } = elementwise(op, dtypes[args[0]], dtype, lanes);
      if (definitions !== undefined) shader.define(definitions);
      values.push(shader.let(text(...args.map((arg) => values[arg]))));
      dtypes.push(dtype);
    }
    return values[values.length - 1];
  }

  private load(load: Load, walked: Walked | undefined, element: string): string {
    const { shader, lanes } = this;
    if (load.kind === "product") return this.options.product!();
    const { view, strides } = walked!;
    const step = view.strides.at(-1) ?? 0;
    const { shape } = view;
    const isTogether = lanes === 1 || shape.length < 2 || shape[shape.length - 1] % 4 === 0; // in one row of the view
    const first = isTogether ? element : shader.let(`vec4<u32>(${element}) + ${ramp}`);
    const at = this.place(walked!, first, isTogether);
    const places = (): string => {
      if (lanes === 1 || !isTogether) return at;
      if (step === 0) return `vec4<u32>(${at})`;
      return shader.let(`vec4<u32>(${at}) + ${step === 1 ? ramp : `${strides[strides.length - 1]} * ${ramp}`}`);
    };
    if (load.kind === "iota") return shader.let(`${valueType(load.dtype, lanes)}(${places()})`);
    if (load.kind === "constant") throw new Error("webgpu: a constant is the same for all elements");
    if (lanes === 1) return shader.let(this.element(load, at));
    if (isTogether && step === 0) return shader.let(`${valueType(load.dtype, 4)}(${this.element(load, at)})`);
    if (isTogether && step === 1 && isAligned(view))
      return shader.let(loaded(load.dtype, 4, `${this.fours(load)}[${at} >> 2u]`));
    return shader.let(this.gathered(load, places()));
  }

  /** The array of a slot, four elements at a time. */
  private fours({ slot, dtype }: SlotLoad): string {
    const { inPlace } = this.options;
    return inPlace?.slot === slot ? inPlace.name : this.shader.read({ slot }, storedType(dtype, 4));
  }

  /** The value at one place. */
  private element(load: SlotLoad, at: string): string {
    const { slot, dtype } = load;
    if (this.options.inPlace?.slot === slot) return loaded(dtype, 1, `${this.fours(load)}[${at} >> 2u][${at} & 3u]`);
    return loaded(dtype, 1, `${this.shader.read({ slot }, storedType(dtype, 1))}[${at}]`);
  }

  /** The values at four places. */
  private gathered(load: SlotLoad, places: string): string {
    return `${valueType(load.dtype, 4)}(${[..."xyzw"].map((part) => this.element(load, `${places}.${part}`)).join(", ")})`;
  }

  /** The place in memory of an element, or of each of four that are not together. */
  private place(
    { view: { strides }, sizes, strides: words, offset }: Walked,
    element: string,
    isScalar: boolean,
  ): string {
    const { shader } = this;
    const all = (word: string) => (isScalar ? word : `vec4<u32>(${word})`);
    const key = `${sizes.join()} ${isScalar}`;
    const indices = this.indices.get(key) ?? indicesOf(shader, sizes.map(all), element);
    this.indices.set(key, indices);
    const terms = offset === undefined ? [] : [all(offset)];
    strides.forEach((stride, axis) => {
      if (stride !== 0) terms.push(stride === 1 ? indices[axis] : `${indices[axis]} * ${all(words[axis])}`);
    });
    return terms.length === 0 ? all("0u") : shader.let(terms.join(" + "));
  }
}

/** The index along each axis. */
function indicesOf(shader: Shader, sizes: readonly string[], element: string): readonly string[] {
  const indices: string[] = [];
  let rest = element;
  for (let axis = sizes.length - 1; axis > 0; axis--) {
    const above = shader.let(`${rest} / ${sizes[axis]}`);
    indices.unshift(shader.let(`${rest} - ${above} * ${sizes[axis]}`));
    rest = above;
  }
  return [rest, ...indices];
}

/** Whether every multiple of four along the rows is one in memory. */
function isAligned({ strides, offset }: View): boolean {
  return offset % 4 === 0 && strides.slice(0, -1).every((stride) => stride % 4 === 0);
}

/** The dtype that an expression's value has. */
export function dtypeOf({ loads, steps }: Expression): DType {
  return (steps.at(-1) ?? loads[loads.length - 1]).dtype;
}
