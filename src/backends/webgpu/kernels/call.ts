import type { CallInput, CallKernel } from "../../schedule/index.js";
import type { Lanes } from "../math/index.js";
import type { Abilities, Compiled } from "./dispatch.js";
import type { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Writes the shaders of one operation on whole contiguous inputs. */
export type CallCompiler = (kernel: CallKernel, label: string, abilities: Abilities) => Compiled;

/** Reads an input by the number of an element, or of four: its text in memory's type. */
export function reader(
  shader: Shader,
  { slot, offset, dtype }: CallInput,
  lanes: Lanes = 1,
): (element: string) => string {
  const name = shader.read({ slot: slot! }, storedType(dtype, lanes));
  if (offset === 0) return (element) => `${name}[${element}]`;
  const start = shader.let(shader.word(offset / lanes));
  return (element) => `${name}[${start} + ${element}]`;
}

export { sizeOf } from "../../backend.js";
