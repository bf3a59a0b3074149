import type { DType, TypedArray } from "../backend.js";
import { bufferUsage, type GpuDevice, mapForReading } from "./gpu.js";
import { type Block, Pool } from "./pool.js";
import { fromWords, toWords, wordBytes } from "./words.js";

/** Memory that is kept for values on their way to the host, in bytes. */
const stagingKept = 64 * 2 ** 20;

/** Brings values to the device and back. */
export class Transfer {
  private readonly device: GpuDevice;
  private readonly staging: Pool;

  constructor(device: GpuDevice) {
    this.device = device;
    this.staging = new Pool(device, bufferUsage.mapRead | bufferUsage.copyTarget, stagingKept);
  }

  /** Values are copied at once: the caller's may change afterwards. */
  write({ buffer }: Block, values: TypedArray): void {
    if (values.length > 0) this.device.queue.writeBuffer(buffer, 0, toWords(values));
  }

  /** The values as they are after all commands submitted so far; later ones do not show. */
  async read({ buffer }: Block, dtype: DType, offset: number, length: number): Promise<TypedArray> {
    const size = Math.max(1, length) * wordBytes;
    const staging = this.staging.take(size, () => `a copy of ${length} ${dtype} elements for the host`);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset * wordBytes, staging.buffer, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await staging.buffer.mapAsync(mapForReading, 0, size);
    const values = fromWords(dtype, staging.buffer.getMappedRange(0, size).slice(0), length);
    staging.buffer.unmap();
    this.staging.giveBack(staging);
    return values;
  }
}
