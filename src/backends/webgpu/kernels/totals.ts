import type { DType } from "../../backend.js";
import type { ReduceKernel } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { elementwise } from "./elementwise.js";
import type { Shader } from "./shader.js";
import { literal, vectorOf } from "./types.js";

export type Reduction = ReduceKernel["op"];

/** What is totalled, an element at a time or four: its values are as they are held in memory. */
export type Source = (shader: Shader, lanes: Lanes) => (element: string) => string;

/** Elements, or totals of so many, that are added up one after the other: more are a sum of sums, and rounding stays small. */
const longestSum = 16;
/** How often a sum is one of sums. */
const sumLevels = 2;

/** How elements are joined in a total; truth values are numbers here. */
export class Totals {
  private readonly shader: Shader;
  private readonly reduction: Reduction;
  private readonly dtype: "f32" | "i32" | "u32";
  /** The least and the largest number, where there are such. */
  private readonly ends: readonly [number, number];

  constructor(shader: Shader, reduction: Reduction, dtype: DType) {
    this.shader = shader;
    this.reduction = reduction;
    this.dtype = dtype === "bool" ? "u32" : (dtype as "f32" | "i32" | "u32");
    this.ends = dtype === "bool" ? [0, 1] : dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  }

  type(lanes: Lanes): string {
    return vectorOf(this.dtype, lanes);
  }

  /** What changes no total. */
  identity(lanes: Lanes): string {
    const { reduction, dtype, shader } = this;
    if (reduction === "sum") return literal(0, dtype, lanes);
    if (dtype !== "f32") return literal(this.ends[reduction === "max" ? 0 : 1], dtype, lanes);
    // An infinity is no literal, and must not be seen to be constant.
    const name = `${reduction}_start`;
    const bits = reduction === "max" ? "0xff800000u" : "0x7f800000u";
    shader.define(new Map([[name, `fn ${name}() -> f32 { var bits = ${bits}; return bitcast<f32>(bits); }`]]));
    return lanes === 1 ? `${name}()` : `vec4<f32>(${name}())`;
  }

  join(a: string, b: string, lanes: Lanes): string {
    const { reduction, dtype, shader } = this;
    if (reduction === "sum") return `(${a} + ${b})`;
    const { text, definitions } = elementwise(reduction === "max" ? "maximum" : "minimum", dtype, dtype, lanes);
    if (definitions !== undefined) shader.define(definitions);
    return text(a, b);
  }

  /** The four lanes of a total as one. */
  across(total: string, lanes: Lanes): string {
    if (lanes === 1) return total;
    const { shader } = this;
    const pair = (a: string, b: string) => shader.let(this.join(a, b, 1));
    return pair(pair(`${total}.x`, `${total}.y`), pair(`${total}.z`, `${total}.w`));
  }

  /** The total of the values of `at(k)` for k = first, first + step, … below `end`. */
  along(first: string, end: string, step: string, lanes: Lanes, at: (k: string) => string): string {
    const { shader, reduction, dtype } = this;
    const levels = reduction === "sum" && dtype === "f32" ? sumLevels : 0;
    const strides = Array.from({ length: levels }, (_, level) =>
      shader.let(`${longestSum ** (levels - level)}u * ${step}`),
    );
    const totalFrom = (from: string, to: string, level: number): string => {
      const total = shader.var(this.type(lanes), this.identity(lanes));
      shader.for(from, to, strides[level] ?? step, (k) => {
        const part = level < levels ? totalFrom(k, `min(${to}, ${k} + ${strides[level]})`, level + 1) : at(k);
        shader.do(`${total} = ${this.join(total, part, lanes)};`);
      });
      return total;
    };
    return totalFrom(first, end, 0);
  }

  /**
   * The total over a workgroup of `size` invocations, for its first one. Where the device adds up subgroups, only those
   * meet in memory; the largest and smallest always do, as subgroups need not mind NaN.
   */
  meet(total: string, local: string, size: number, subgroups: boolean): string {
    const { shader } = this;
    const shared = shader.workgroup("partial", `array<${this.type(1)}, ${size}>`);
    if (subgroups && this.reduction === "sum") {
      const { lane, width } = shader.subgroup();
      const sum = shader.let(`subgroupAdd(${total})`);
      shader.if(`${lane} == 0u`, () => shader.do(`${shared}[${local} / ${width}] = ${sum};`));
      shader.do("workgroupBarrier();");
      const all = shader.var(this.type(1), this.identity(1));
      shader.if(`${local} == 0u`, () => {
        shader.for("0u", `max(1u, ${size}u / ${width})`, "1u", (i) => shader.do(`${all} += ${shared}[${i}];`));
      });
      return all;
    }
    shader.do(`${shared}[${local}] = ${total};`);
    for (let half = size / 2; half >= 1; half /= 2) {
      shader.do("workgroupBarrier();");
      shader.if(`${local} < ${half}u`, () =>
        shader.do(`${shared}[${local}] = ${this.join(`${shared}[${local}]`, `${shared}[${local} + ${half}u]`, 1)};`),
      );
    }
    return `${shared}[0]`;
  }
}
