import { type CallCompiler, reader, sizeOf } from "./call.js";
import { Shader } from "./shader.js";
import { Totals } from "./totals.js";
import { missing, storedType } from "./types.js";

/** The segment that each position lies in: the last one that begins at or before it, if it does not end there; else −1. */
export const compileSegmentIds: CallCompiler = ({ inputs: [offsets], output, shape }, label) => {
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, "i32");
  const dispatch = shader.perUnit(sizeOf(shape), (unit) => {
    const offset = reader(shader, offsets);
    const at = shader.let(`i32(${unit})`);
    const low = shader.var("u32", "0u"); // offsets below it are at most `at`
    const high = shader.var("u32", shader.word(sizeOf(offsets.shape)));
    shader.block(`while (${low} < ${high})`, () => {
      const middle = shader.let(`(${low} + ${high}) / 2u`);
      shader.block(`if (${offset(middle)} <= ${at})`, () => shader.do(`${low} = ${middle} + 1u;`));
      shader.block("else", () => shader.do(`${high} = ${middle};`));
    });
    const isLast = `${low} == ${shader.word(sizeOf(offsets.shape))}`;
    shader.do(`${out}[${unit}] = select(i32(${low}) - 1, -1, ${low} == 0u || ${isLast});`);
  });
  return { dispatches: [dispatch] };
};

/** Sparse rows times a dense matrix; a row with a column out of range, or with entries that are not there, is NaN. */
export const compileCsrMatmul: CallCompiler = (kernel, label) => {
  const { inputs, output, shape, dtype } = kernel;
  const [offsets, columns, values, dense] = inputs;
  const [count, width] = dense.shape;
  const lanes = width % 4 === 0 && dense.offset % 4 === 0 ? 4 : 1;
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, lanes));
  const totals = new Totals(shader, "sum", dtype);
  const dispatch = shader.perUnit(sizeOf(shape) / lanes, (unit) => {
    const [rows, across] = [count, width / lanes].map((size) => shader.let(shader.word(size)));
    const [offset, column, value, row] = [
      ...[offsets, columns, values].map((input) => reader(shader, input)),
      reader(shader, dense, lanes),
    ];
    const line = shader.let(`${unit} / ${across}`);
    const place = shader.let(`${unit} - ${line} * ${across}`);
    const [from, to] = [line, `${line} + 1u`].map((at) => shader.let(offset(at)));
    const entries = shader.word(sizeOf(columns.shape));
    const isWrong = shader.var("bool", `${from} < ${to} && (${from} < 0 || u32(${to}) > ${entries})`);
    // Nothing is added up then: whoever reads past the end may be at it for long.
    const end = shader.let(`select(u32(max(${to}, 0)), 0u, ${isWrong})`);
    const total = totals.along(`u32(max(${from}, 0))`, end, "1u", lanes, (i) => {
      const at = shader.let(`u32(${column(i)})`);
      shader.do(`${isWrong} = ${isWrong} | (${at} >= ${rows});`);
      return shader.let(`${value(i)} * ${row(`min(${at}, max(${rows}, 1u) - 1u) * ${across} + ${place}`)}`);
    });
    const truth = lanes === 1 ? isWrong : `vec4<bool>(${isWrong})`;
    shader.do(`${out}[${unit}] = select(${total}, ${missing(shader, dtype, lanes)}, ${truth});`);
  });
  return { dispatches: [dispatch] };
};
