import type { GpuBuffer, GpuDevice } from "./gpu.js";

/** Memory of the device; `id` tells blocks apart. */
export interface Block {
  readonly id: number;
  readonly buffer: GpuBuffer;
  readonly bytes: number;
  /** Fulfilled with what is wrong if the device had no memory left; there only when the block is new. */
  readonly failure?: Promise<string | undefined>;
}

/** Blocks are whole multiples of this, so that values can be read four at a time to the end. */
const grain = 256;

/** Buffers of the device, kept for whoever needs one of their size next. */
export class Pool {
  private readonly device: GpuDevice;
  private readonly usage: number;
  private readonly limit: number;
  private readonly free = new Map<number, Block[]>();
  private kept = 0;
  private made = 0;

  /**
   * @param usage - what the buffers are for
   * @param limit - bytes that are kept at most
   */
  constructor(device: GpuDevice, usage: number, limit: number) {
    this.device = device;
    this.usage = usage;
    this.limit = limit;
  }

  /** @param name - what it is for, in the message where there is no memory left */
  take(bytes: number, name: () => string): Block {
    const size = sizeClass(bytes, this.device.limits.maxStorageBufferBindingSize);
    const block = this.free.get(size)?.pop();
    if (block !== undefined) {
      this.kept -= size;
      return block;
    }
    const label = name();
    this.device.pushErrorScope("out-of-memory");
    const buffer = this.device.createBuffer({ label, size, usage: this.usage });
    const failure = this.device
      .popErrorScope()
      .then((error) => error?.message && `there is no memory for ${label}, ${bytes} bytes (${error.message})`);
    return { id: this.made++, buffer, bytes: size, failure };
  }

  /** Commands that use the block may still be on their way: they come before those of whoever takes it next. */
  giveBack({ id, buffer, bytes }: Block): void {
    const block: Block = { id, buffer, bytes };
    if (this.kept + block.bytes > this.limit) {
      block.buffer.destroy();
      return;
    }
    const blocks = this.free.get(block.bytes);
    if (blocks === undefined) this.free.set(block.bytes, [block]);
    else blocks.push(block);
    this.kept += block.bytes;
  }
}

/** The next of eight sizes between powers of two, if that can be bound: few sizes, and little wasted. */
function sizeClass(bytes: number, most: number): number {
  const wanted = Math.max(1, bytes);
  const step = Math.max(grain, 2 ** (Math.floor(Math.log2(wanted)) - 3));
  const size = Math.ceil(wanted / step) * step;
  return size <= most ? size : Math.ceil(wanted / grain) * grain;
}
