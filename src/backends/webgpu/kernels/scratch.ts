import type { DType } from "../../backend.js";
import type { Lanes } from "../math/index.js";
import type { Memory } from "./dispatch.js";
import type { Shader } from "./shader.js";
import { storedType } from "./types.js";

/** Memory that lies between the dispatches of one kernel. */
export class Scratch {
  /** Words of each, by number. */
  readonly words: number[] = [];

  take(words: number): Memory {
    return { scratch: this.words.push(Math.max(1, words)) - 1 };
  }
}

/** An array in memory as what a kernel reads, an element at a time or four by the number of the first. */
export function arrayOf(memory: Memory, dtype: DType): (shader: Shader, lanes?: Lanes) => (element: string) => string {
  return (shader, lanes = 1) => {
    const name = shader.read(memory, storedType(dtype, lanes));
    return (element) => (lanes === 1 ? `${name}[${element}]` : `${name}[${element} >> 2u]`);
  };
}
