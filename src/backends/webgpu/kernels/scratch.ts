import type { Memory } from "./dispatch.js";

/** Memory that lies between the dispatches of one kernel. */
export class Scratch {
  /** Words of each, by number. */
  readonly words: number[] = [];

  take(words: number): Memory {
    return { scratch: this.words.push(Math.max(1, words)) - 1 };
  }
}
