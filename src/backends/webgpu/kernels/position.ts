import type { DType } from "../../backend.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import { isNaNText } from "./elementwise.js";
import { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Rows up to this long are one invocation's work. */
const shortRow = 64;
/** Invocations that search a row together. */
const crew = 64;

/** The position of the largest or smallest element along an axis, the first of equals; NaN comes before all others. */
export const compilePosition: CallCompiler = ({ inputs: [x], output, attributes }, label, { sharedMemory }) => {
  const axis = attributes.axis as number;
  const { dtype, shape } = x;
  const length = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const units = sizeOf(shape.slice(0, axis)) * inner;
  const isTogether = sharedMemory && inner === 1 && length > shortRow;
  const shader = new Shader({ label, size: crew });
  const type = storedType(dtype, 1);
  const out = shader.write({ slot: output }, "i32");
  defineBeats(shader, dtype, attributes.largest === true);
  /** Finds the best of the elements `first, first + step, …` of a row; where there are none, its first element. */
  const search = (unit: string, first: string, step: string) => {
    const value = reader(shader, x);
    const [count, width] = [length, inner].map((size) => shader.let(shader.word(size)));
    const row = shader.let(`${unit} / ${width}`);
    const start = shader.let(`${row} * ${count} * ${width} + ${unit} - ${row} * ${width}`);
    const place = shader.var("u32", `select(0u, ${first}, ${first} < ${count})`);
    const best = shader.var(type, value(`${start} + ${place} * ${width}`));
    shader.for(`${first} + ${step}`, count, step, (k) => {
      const next = shader.let(value(`${start} + ${k} * ${width}`));
      shader.if(`beats(${next}, ${best})`, () => shader.do(`${best} = ${next};`, `${place} = ${k};`));
    });
    return { best, place };
  };
  if (!isTogether) {
    const dispatch = shader.perUnit(units, (unit) =>
      shader.do(`${out}[${unit}] = i32(${search(unit, "0u", "1u").place});`),
    );
    return { dispatches: [dispatch] };
  }
  const values = shader.workgroup("values", `array<${type}, ${crew}>`);
  const places = shader.workgroup("places", `array<u32, ${crew}>`);
  const dispatch = shader.perWorkgroup(units, (unit, local) => {
    const { best, place } = search(unit, local, `${crew}u`);
    shader.do(`${values}[${local}] = ${best};`, `${places}[${local}] = ${place};`);
    for (let half = crew / 2; half >= 1; half /= 2) {
      shader.do("workgroupBarrier();");
      shader.if(`${local} < ${half}u`, () => {
        const [a, b] = [values, values].map((array, i) =>
          shader.let(`${array}[${local}${i === 0 ? "" : ` + ${half}u`}]`),
        );
        const [p, q] = [places, places].map((array, i) =>
          shader.let(`${array}[${local}${i === 0 ? "" : ` + ${half}u`}]`),
        );
        shader.if(`beats(${b}, ${a}) || (!beats(${a}, ${b}) && ${q} < ${p})`, () =>
          shader.do(`${values}[${local}] = ${b};`, `${places}[${local}] = ${q};`),
        );
      });
    }
    shader.if(`${local} == 0u`, () => shader.do(`${out}[${unit}] = i32(${places}[0]);`));
  });
  return { dispatches: [dispatch] };
};

/** Defines whether one element comes before another whatever their positions. */
function defineBeats(shader: Shader, dtype: DType, largest: boolean): void {
  const type = storedType(dtype, 1);
  const relation = `a ${largest ? ">" : "<"} b`;
  const text = dtype === "f32" ? `select(${relation}, !${isNaNText(1, "b")}, ${isNaNText(1, "a")})` : relation;
  shader.define(new Map([["beats", `fn beats(a: ${type}, b: ${type}) -> bool { return ${text}; }`]]));
}
