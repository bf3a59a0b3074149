import { contiguous } from "../../schedule/index.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import { Shader } from "./shader.js";
import { bitsOf, storedType } from "./types.js";

/** Each input goes to its stretch of the axis, by a dispatch of its own. */
export const compileConcat: CallCompiler = ({ inputs, output, shape, dtype, attributes }, label) => {
  const axis = attributes.axis as number;
  const total = sizeOf(shape.slice(axis));
  let start = 0;
  const dispatches = inputs.map((input) => {
    const run = sizeOf(input.shape.slice(axis));
    const lanes = [run, total, start, input.offset].every((size) => size % 4 === 0) ? 4 : 1;
    const shader = new Shader({ label });
    const out = shader.write({ slot: output }, storedType(dtype, lanes));
    const first = start;
    start += run;
    return shader.perUnit(sizeOf(input.shape) / lanes, (unit) => {
      const [size, step, offset] = [run, total, first].map((length) => shader.let(shader.word(length / lanes)));
      const row = shader.let(`${unit} / ${size}`);
      shader.do(
        `${out}[${offset} + ${row} * ${step} + ${unit} - ${row} * ${size}] = ${reader(shader, input, lanes)(unit)};`,
      );
    });
  });
  return { dispatches };
};

/** Each element of the result is one of the input's, or lies before, between or after them. */
export const compilePad: CallCompiler = ({ inputs: [x], output, shape, dtype, attributes }, label) => {
  const before = attributes.before as readonly number[];
  const interior = attributes.interior as readonly number[];
  const shader = new Shader({ label });
  const type = storedType(dtype, 1);
  const out = shader.write({ slot: output }, type);
  const { strides } = contiguous(x.shape);
  const dispatch = shader.perUnit(sizeOf(shape), (unit) => {
    const rest = shader.var("u32", unit);
    const place = shader.var("u32", "0u");
    const isInside = shader.var("bool", "true");
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [length, size, lead, gap, stride] = [
        shape[axis],
        x.shape[axis],
        before[axis],
        interior[axis] + 1,
        strides[axis],
      ].map((value) => shader.let(shader.word(value)));
      const index = shader.let(`${rest} % ${length} - ${lead}`); // before the first it wraps to a large number
      const step = interior[axis] === 0 ? index : shader.let(`${index} / ${gap}`);
      shader.do(
        `${isInside} = ${isInside} & (${step} < ${size})${step === index ? "" : ` & (${index} % ${gap} == 0u)`};`,
      );
      shader.do(`${place} += ${step} * ${stride};`, `${rest} /= ${length};`);
    }
    const value = `bitcast<${type}>(${shader.word(bitsOf(attributes.value as number, dtype))})`;
    const count = shader.word(Math.max(1, sizeOf(x.shape)) - 1);
    shader.do(`${out}[${unit}] = select(${value}, ${reader(shader, x)(`min(${place}, ${count})`)}, ${isInside});`);
  });
  return { dispatches: [dispatch] };
};
