import type { CallInput } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import { baseRows } from "./base-rows.js";
import { type CallCompiler, reader, sizeOf } from "./call.js";
import { Shader } from "./shader.js";
import { missing, storedType } from "./types.js";

/** Elements of one row: all axes but the first. */
function widthOf({ shape }: CallInput): number {
  return sizeOf(shape.slice(1));
}

/** Four columns at a time where no row is cut. */
function lanesOf(width: number, ...inputs: readonly CallInput[]): Lanes {
  return width % 4 === 0 && inputs.every(({ offset }) => offset % 4 === 0) ? 4 : 1;
}

/** Rows of a table; where an id is out of range, NaN, or 0 where there is none. */
export const compileGather: CallCompiler = ({ inputs: [table, ids], output, dtype }, label) => {
  const width = widthOf(table);
  const lanes = lanesOf(width, table);
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, lanes));
  const dispatch = shader.perUnit((sizeOf(ids.shape) * width) / lanes, (unit) => {
    const [rows, columns] = [table.shape[0], width / lanes].map((size) => shader.let(shader.word(size)));
    const [row, id] = [reader(shader, table, lanes), reader(shader, ids)];
    const place = shader.let(`${unit} / ${columns}`);
    const at = shader.let(`bitcast<u32>(${id(place)})`); // an id below zero is a large one
    const found = row(`min(${at}, max(${rows}, 1u) - 1u) * ${columns} + ${unit} - ${place} * ${columns}`);
    shader.do(`${out}[${unit}] = select(${missing(shader, dtype, lanes)}, ${found}, ${at} < ${rows});`);
  });
  return { dispatches: [dispatch] };
};

/** A table with rows replaced; ids differ from each other, and those out of range are left out. */
export const compileReplaceRows: CallCompiler = (kernel, label) => {
  const { inputs, output, dtype } = kernel;
  const [base, ids, rows] = inputs;
  const width = widthOf(base);
  const lanes = lanesOf(width, rows);
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, lanes));
  const dispatch = shader.perUnit((sizeOf(ids.shape) * width) / lanes, (unit) => {
    const [count, columns] = [base.shape[0], width / lanes].map((size) => shader.let(shader.word(size)));
    const [row, id] = [reader(shader, rows, lanes), reader(shader, ids)];
    const place = shader.let(`${unit} / ${columns}`);
    const at = shader.let(`bitcast<u32>(${id(place)})`);
    shader.if(`${at} < ${count}`, () =>
      shader.do(`${out}[${at} * ${columns} + ${unit} - ${place} * ${columns}] = ${row(unit)};`),
    );
  });
  return { dispatches: [...baseRows(kernel, label), dispatch] };
};
