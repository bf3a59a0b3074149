import type { DType } from "../backend.js";
import { bufferUsage, type GpuBuffer, type GpuDevice } from "./gpu.js";
import type { Dispatch, Word } from "./kernels/dispatch.js";

/** Where sections may begin, in words: the alignment that every device allows. */
const alignment = 64;

/** What a dispatch is handed: a part of the buffer that all of a program's dispatches share. */
export interface Section {
  readonly buffer: GpuBuffer;
  readonly offset: number;
  readonly size: number;
}

/** The words of a program's dispatches: written once, and again when one of its constants has changed. */
export class Uniforms {
  private readonly device: GpuDevice;
  private readonly buffer: GpuBuffer;
  private readonly sections: readonly Section[];
  private readonly memory: DataView;
  /** Where constants go, in bytes. */
  private readonly places: readonly { readonly at: number; readonly constant: number; readonly dtype: DType }[];
  private written: readonly number[] | undefined;

  constructor(device: GpuDevice, dispatches: readonly Dispatch[]) {
    this.device = device;
    let end = 0;
    const starts = dispatches.map(({ words }) => {
      const start = end;
      end += Math.ceil(Math.max(1, words.length) / alignment) * alignment;
      return start;
    });
    const size = 4 * Math.max(alignment, end);
    const usage = bufferUsage.uniform | bufferUsage.copyTarget;
    this.buffer = device.createBuffer({ label: "numbers of a plan", size, usage });
    this.sections = dispatches.map(({ words }, i) => ({
      buffer: this.buffer,
      offset: 4 * starts[i],
      size: 16 * Math.ceil(Math.max(1, words.length) / 4),
    }));
    this.memory = new DataView(new ArrayBuffer(size));
    this.places = dispatches.flatMap(({ words }, i) =>
      words.flatMap((word, j) => this.place(word, 4 * (starts[i] + j))),
    );
  }

  private place(word: Word, at: number): readonly { at: number; constant: number; dtype: DType }[] {
    if (typeof word === "object") return [{ at, ...word }];
    this.memory.setUint32(at, word, true); // wraps
    return [];
  }

  section(dispatch: number): Section {
    return this.sections[dispatch];
  }

  /** Puts the constants of a run in place; runs that were submitted before keep theirs. */
  write(constants: readonly number[]): void {
    const { written, places, memory } = this;
    if (written !== undefined && places.every(({ constant }) => Object.is(constants[constant], written[constant])))
      return;
    this.written = [...constants];
    for (const { at, constant, dtype } of places) {
      const value = constants[constant];
      if (dtype === "f32") memory.setFloat32(at, value, true);
      else memory.setUint32(at, value, true);
    }
    this.device.queue.writeBuffer(this.buffer, 0, memory.buffer);
  }

  dispose(): void {
    this.buffer.destroy();
  }
}
