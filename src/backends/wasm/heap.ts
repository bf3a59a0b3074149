import { type DType, type TypedArray, typedArrays } from "../backend.js";
import { type WasmMemory, webAssembly } from "./host.js";

const page = 65536;

/** Pages that a 32-bit address can reach: 4 GiB. */
const mostPages = 65536;

/** Blocks begin at multiples of a line of the cache. */
const grain = 64;

/** Bytes up to the next multiple of what blocks begin at. */
export function wholeGrains(bytes: number): number {
  return Math.ceil(bytes / grain) * grain;
}

/** A block of memory. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/**
 * The memory of a backend: one heap, grown on demand, from which blocks are lent. The smallest free span that is large
 * enough serves; neighbours that become free grow together.
 */
export class Heap {
  readonly memory: WasmMemory;
  /** Starts and ends of the free spans in their order; nothing is ever lent at address 0. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  /** Up to where blocks may lie: kernels read a little beyond the last element. */
  private end = grain;
  private seen: Int32Array | undefined;

  constructor(shared: boolean) {
    this.memory = new (webAssembly().Memory)({ initial: 1, maximum: mostPages, shared });
  }

  /** Lends a block; `what` it is for is named if there is no room. */
  allocate(bytes: number, what: () => string): Block {
    const size = Math.max(grain, wholeGrains(bytes));
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.starts.length; i++) {
      const span = this.ends[i] - this.starts[i];
      if (span >= size && span < bestSize) {
        best = i;
        bestSize = span;
      }
    }
    if (best >= 0) {
      const address = this.starts[best];
      if (bestSize === size) this.dropSpan(best);
      else this.starts[best] += size;
      return { address, bytes: size };
    }
    return { address: this.extend(size, what), bytes: size };
  }

  free({ address, bytes }: Block): void {
    const { starts, ends } = this;
    const last = starts.length - 1;
    if (address + bytes === this.end) {
      this.end = address;
      if (ends[last] === address) this.end = this.dropLast();
      return;
    }
    let after = last + 1;
    while (after > 0 && starts[after - 1] > address) after -= 1;
    const joinsBefore = after > 0 && ends[after - 1] === address;
    const joinsAfter = after < starts.length && starts[after] === address + bytes;
    if (joinsBefore && joinsAfter) {
      ends[after - 1] = ends[after];
      this.dropSpan(after);
    } else if (joinsBefore) ends[after - 1] += bytes;
    else if (joinsAfter) starts[after] = address;
    else {
      starts.splice(after, 0, address);
      ends.splice(after, 0, address + bytes);
    }
  }

  /** All of memory as words, until the heap grows. */
  get words(): Int32Array {
    this.seen ??= new Int32Array(this.memory.buffer);
    return this.seen;
  }

  /** Elements in memory, seen from JavaScript until the heap grows. */
  view(dtype: DType, address: number, length: number): TypedArray {
    return new typedArrays[dtype](this.memory.buffer, address, length);
  }

  /** Where the last free span began. */
  private dropLast(): number {
    this.ends.pop();
    return this.starts.pop()!;
  }

  private dropSpan(at: number): void {
    this.starts.splice(at, 1);
    this.ends.splice(at, 1);
  }

  /** Takes memory that was never lent, growing the heap by half where it must grow. */
  private extend(size: number, what: () => string): number {
    const address = this.end;
    const wanted = Math.ceil((address + size + grain) / page);
    const have = this.memory.buffer.byteLength / page;
    if (wanted > have) {
      if (wanted > mostPages) throw this.tooLarge(size, what);
      const generous = Math.min(mostPages, Math.max(wanted, Math.ceil(have * 1.5)));
      if (!this.grow(generous - have) && !this.grow(wanted - have)) throw this.tooLarge(size, what);
    }
    this.end = address + size;
    return address;
  }

  private grow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      this.seen = undefined;
      return true;
    } catch {
      return false;
    }
  }

  private tooLarge(size: number, what: () => string): RangeError {
    const left = mostPages * page - this.end - grain;
    return new RangeError(
      `wasm: ${what()} needs ${size} bytes but the heap has at most ${left} left of its 4 GiB; dispose of tensors or split it`,
    );
  }
}
