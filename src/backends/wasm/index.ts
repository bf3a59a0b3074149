import {
  type Backend,
  bytesOf,
  type DType,
  type MemoryUse,
  type Program,
  type Storage,
  type TypedArray,
} from "../backend.js";
import { Dropped } from "../dropped.js";
import { Plans } from "../plans.js";
import { ModuleBuilder } from "./assembler/index.js";
import { Crew } from "./crew.js";
import { Executable } from "./executable.js";
import { type Block, Heap } from "./heap.js";
import { webAssembly } from "./host.js";
import { threadsAvailable } from "./open-worker.js";

/**
 * The fast CPU backend: kernels are compiled to WebAssembly with 128-bit vectors when a program is first seen.
 *
 * @throws Error if this host does not allow WebAssembly to be compiled
 */
export function wasm({ threads = Math.min(8, threadsAvailable()) }: WasmOptions = {}): Wasm {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`wasm: threads is ${threads} but must be a whole number from 1 to 64`);
  }
  checkHost();
  return new WasmBackend(Math.min(threads, threadsAvailable() > 1 ? threads : 1));
}

/** Whether code may be made at all: a page's security policy can forbid it. */
function checkHost(): void {
  try {
    new (webAssembly().Module)(new ModuleBuilder({ initial: 1, maximum: 1, shared: false }).assemble());
  } catch (error) {
    throw new Error(`wasm: WebAssembly cannot be compiled here (${(error as Error).message}) but must be; use cpu()`);
  }
}

export interface WasmOptions {
  /**
   * Threads that share the work of large kernels, the caller's included: 1 to 64, as many as the machine has cores but at
   * most 8 by default. Results do not depend on it. Where memory cannot be shared there is but one.
   */
  readonly threads?: number;
}

export interface Wasm extends Backend {
  /** Threads in use once there is enough to do. */
  readonly threads: number;
  /** Ends the threads that the backend has started. Tensors stay as they are; more work starts threads anew. */
  dispose(): void;
}

/** A block that a tensor holds. */
interface Held extends Block {
  /** Whether it repeats what is on the host: then it is no result, and not counted as one. */
  readonly isCopy: boolean;
}

class WasmBackend implements Wasm {
  readonly name = "wasm";
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["f32", "f64", "i32", "u32", "bool"]);
  private readonly heap: Heap;
  private readonly crew: Crew;
  private readonly plans = new Plans<Executable>((plan) => plan.dispose());
  /** Values on the host that one run has read: those that a second one reads are kept here. */
  private readonly readOnce = new WeakSet<Storage>();
  /** A view of the heap keeps what it shows. */
  private readonly viewed = new WeakMap<TypedArray, Storage>();
  private buffers = 0;
  private bytes = 0;
  /** What was dropped without being released is freed when it is collected. */
  private readonly dropped = new Dropped<Held>((held) => this.free(held));

  constructor(threads: number) {
    this.heap = new Heap(threads > 1);
    this.crew = new Crew(threads, this.heap.memory);
  }

  get threads(): number {
    return this.crew.size;
  }

  dispose(): void {
    this.crew.dispose();
  }

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const executable = this.plans.of(program.key, () => new Executable(program, this.heap, this.crew));
    const lent: Block[] = [];
    try {
      const blocks = leaves.map((leaf, i) => this.blockOf(leaf, program.donated[i], lent));
      const results: Storage[] = [];
      for (const { block, dtype, length } of executable.run(blocks, constants)) {
        results.push(this.handOut(block, dtype, length));
      }
      for (let i = 0; i < leaves.length; i++) {
        if (program.donated[i]) this.consume(leaves[i], executable.takesOver(i));
      }
      return results;
    } finally {
      for (const block of lent) this.heap.free(block);
    }
  }

  /** Where a leaf's values are; what is on the host is copied, for this run only if none read it before. */
  private blockOf(leaf: Storage, isDonated: boolean, lent: Block[]): Block {
    if (leaf.device !== undefined) return leaf.device as Block;
    const { dtype, length, host } = leaf;
    const lentBlock = this.heap.allocate(host!.byteLength, () => `a tensor of ${length} ${dtype} elements`);
    const block: Held = { ...lentBlock, isCopy: true };
    this.heap.view(dtype, block.address, length).set(host!);
    if (isDonated || (this.readOnce.has(leaf) && !leaf.isLive)) {
      leaf.device = block;
      if (!isDonated) this.watch(leaf);
    } else {
      this.readOnce.add(leaf);
      lent.push(block);
    }
    return block;
  }

  private handOut(block: Block, dtype: DType, length: number): Storage {
    const { address, bytes } = block;
    const held: Held = { address, bytes, isCopy: false };
    this.buffers += 1;
    this.bytes += bytes;
    return { dtype, length, host: undefined, device: held, disposed: false };
  }

  /** A donated leaf is gone; its memory may live on in a result. */
  private consume(leaf: Storage, isTakenOver: boolean): void {
    this.dropped.forget(leaf);
    const block = leaf.device as Held;
    if (isTakenOver) this.countOut(block);
    else this.free(block);
    leaf.device = undefined;
    leaf.host = undefined;
    leaf.disposed = true;
  }

  /** Memory of the heap itself: shared memory stays where it is when the heap grows. */
  lend(dtype: DType, length: number): Storage | undefined {
    if (this.threads === 1) return undefined;
    const block = this.heap.allocate(length * bytesOf[dtype], () => `a buffer of ${length} ${dtype} elements`);
    const host = this.heap.view(dtype, block.address, length).fill(0);
    const device: Held = { ...block, isCopy: true };
    const storage: Storage = { dtype, length, host, device, disposed: false };
    this.watch(storage);
    this.viewed.set(host, storage);
    return storage;
  }

  async read({ device, host, dtype, length }: Storage): Promise<TypedArray> {
    if (device === undefined) return host!;
    return this.heap.view(dtype, (device as Block).address, length).slice() as TypedArray;
  }

  watch(storage: Storage): void {
    if (storage.device !== undefined) this.dropped.watch(storage);
  }

  release(storage: Storage): void {
    const { device } = storage;
    if (device === undefined) return;
    storage.device = undefined;
    this.dropped.forget(storage);
    this.free(device as Held);
  }

  memory(): MemoryUse {
    return { buffers: this.buffers, bytes: this.bytes };
  }

  private countOut({ bytes, isCopy }: Held): void {
    if (isCopy) return;
    this.buffers -= 1;
    this.bytes -= bytes;
  }

  private free(block: Held): void {
    this.countOut(block);
    this.heap.free(block);
  }
}
