import type { CallInput, CallKernel } from "../../schedule/index.js";
import { reader, sizeOf } from "./call.js";
import type { Dispatch } from "./dispatch.js";
import { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Fills the output with the first input, a copy or one constant; nothing to do where its memory is taken over. */
export function baseRows(kernel: CallKernel, label: string): Dispatch[] {
  const { inputs, output, inPlace, shape, dtype } = kernel;
  const [base] = inputs;
  if (inPlace !== undefined) return [];
  if (base.slot !== undefined) return [copyOf(kernel, base, label)];
  const type = storedType(dtype, 4);
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, type);
  const dispatch = shader.perUnit(Math.ceil(sizeOf(shape) / 4), (unit) => {
    shader.do(`${out}[${unit}] = ${type}(${shader.constant(base.constant!, dtype)});`);
  });
  return [dispatch];
}

function copyOf({ output, dtype }: CallKernel, input: CallInput, label: string): Dispatch {
  const lanes = input.offset % 4 === 0 ? 4 : 1;
  const shader = new Shader({ label });
  const out = shader.write({ slot: output }, storedType(dtype, lanes));
  return shader.perUnit(Math.ceil(sizeOf(input.shape) / lanes), (unit) => {
    shader.do(`${out}[${unit}] = ${reader(shader, input, lanes)(unit)};`);
  });
}
