import {
  type Backend,
  BackendError,
  DeviceLostError,
  type DType,
  type MemoryUse,
  type Program,
  type Storage,
  sizeOf,
  type TypedArray,
} from "../backend.js";
import { Dropped } from "../dropped.js";
import { Plans } from "../plans.js";
import { Device } from "./device.js";
import { type Done, Executable } from "./executable.js";
import type { GpuAdapterInfo, GpuDevice } from "./gpu.js";
import { Outcome } from "./outcome.js";
import type { Block } from "./pool.js";
import { Turns } from "./turns.js";
import { wordBytes } from "./words.js";

export interface WebGpu extends Backend {
  /** What the adapter says of itself. */
  readonly adapter: { readonly vendor: string; readonly architecture: string; readonly description: string };
  /** Fulfilled with the reason once the device is lost: nothing more can be computed or read on it. */
  readonly lost: Promise<string>;
  /** Gives the device back. What is on it is gone, and reading it an error. */
  dispose(): void;
}

export interface DeviceOptions {
  readonly adapter: GpuAdapterInfo;
  /** What the device came from: on Node the device dies with it. */
  readonly owner: object;
  /** Bytes that one tensor may take. */
  readonly maxTensorBytes: number;
}

/** Memory of a tensor; its block is there once the run that makes it has had its turn. */
interface Held {
  block: Block | undefined;
  readonly bytes: number;
  /** Whether it repeats what is on the host: then it is no result, and not counted as one. */
  readonly isCopy: boolean;
  readonly run: Outcome;
}

export class WebGpuBackend implements WebGpu {
  readonly name = "webgpu";
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["f32", "i32", "u32", "bool"]);
  readonly adapter: GpuAdapterInfo;
  readonly lost: Promise<string>;
  readonly owner: object;
  private readonly device: Device;
  private readonly turns = new Turns();
  private readonly plans = new Plans<Executable>((plan) => this.turns.take(() => plan.dispose()));
  /** Values on the host that one run has read: those that a second one reads are kept on the device. */
  private readonly readOnce = new WeakSet<Storage>();
  private buffers = 0;
  private bytes = 0;
  private lostBecause: string | undefined;
  /** What was dropped without being released is freed when it is collected. */
  private readonly dropped = new Dropped<Held>((held) => this.free(held));

  constructor(gpu: GpuDevice, { adapter, owner, maxTensorBytes }: DeviceOptions) {
    this.owner = owner;
    this.device = new Device(gpu, adapter.isFallbackAdapter, maxTensorBytes);
    this.adapter = adapter;
    this.lost = gpu.lost.then(({ reason, message }) => {
      this.lostBecause = reason === "destroyed" ? "it was given back" : message || reason;
      return this.lostBecause;
    });
  }

  dispose(): void {
    this.device.gpu.destroy();
  }

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const executable = this.plans.of(program.key, () => new Executable(program, this.device));
    const lent: Held[] = [];
    const held = leaves.map((leaf, i) => this.heldOf(leaf, program.donated[i], lent));
    const outcome = new Outcome(held.map(({ run }) => run));
    const results = program.outputs.map((output): Storage => {
      const { dtype, shape } = program.nodes[output];
      return this.handOut(dtype, sizeOf(shape), outcome);
    });
    leaves.forEach((leaf, i) => {
      if (program.donated[i]) this.consume(leaf, held[i]);
    });
    const handles = results.map(({ device }) => device as Held);
    const done: Done = (blocks, failures) => {
      handles.forEach((handle, i) => {
        handle.block = blocks[i];
      });
      outcome.await(failures);
      held.forEach((leaf, i) => {
        if (!program.donated[i]) return;
        if (leaf.block !== undefined && !blocks.includes(leaf.block)) this.device.pool.giveBack(leaf.block);
        leaf.block = undefined;
      });
    };
    const blocksOf = () => held.map(({ block }) => block);
    this.turns.take(
      () => executable.run(blocksOf(), constants, done),
      ({ message }) => done([], [Promise.resolve(message)]),
    );
    for (const leaf of lent) this.free(leaf);
    return results;
  }

  /** A leaf's memory; what is on the host is copied now, for this run only if none read it before. */
  private heldOf(leaf: Storage, isDonated: boolean, lent: Held[]): Held {
    if (leaf.device !== undefined) return leaf.device as Held;
    const held = this.copied(leaf);
    if (isDonated || (this.readOnce.has(leaf) && !leaf.isLive)) {
      leaf.device = held;
      if (!isDonated) this.watch(leaf);
    } else {
      this.readOnce.add(leaf);
      lent.push(held);
    }
    return held;
  }

  private copied({ dtype, length, host }: Storage): Held {
    this.device.checkFits(dtype, length);
    const block = this.device.pool.take(length * wordBytes, () => `a tensor of ${length} ${dtype} elements`);
    const run = new Outcome([]);
    run.await(block.failure === undefined ? [] : [block.failure]);
    this.device.transfer.write(block, host!);
    return { block, bytes: length * wordBytes, isCopy: true, run };
  }

  prefetch(storage: Storage): void {
    if (storage.device !== undefined) return;
    storage.device = this.copied(storage);
    this.watch(storage);
  }

  private handOut(dtype: DType, length: number, run: Outcome): Storage {
    const device: Held = { block: undefined, bytes: length * wordBytes, isCopy: false, run };
    this.buffers += 1;
    this.bytes += device.bytes;
    return { dtype, length, host: undefined, device, disposed: false };
  }

  /** A donated leaf is gone; its memory may live on in a result. */
  private consume(leaf: Storage, held: Held): void {
    this.dropped.forget(leaf);
    this.countOut(held);
    leaf.device = undefined;
    leaf.host = undefined;
    leaf.disposed = true;
  }

  /** Values as they are when this is called: what is run afterwards does not show. */
  async read({ device, host, dtype, length }: Storage): Promise<TypedArray> {
    if (host !== undefined) return host;
    const held = device as Held;
    const [copy] = await new Promise<PromiseSettledResult<TypedArray | undefined>[]>((resolve) => {
      this.turns.take(() => {
        const { block } = held;
        resolve(Promise.allSettled([block && this.device.transfer.read(block, dtype, 0, length)]));
      });
    });
    await held.run.settled;
    if (held.run.error !== undefined) throw held.run.error;
    if (copy.status === "fulfilled" && copy.value !== undefined) return copy.value;
    if (copy.status === "rejected") await Promise.race([this.lost, soon()]); // which it is most often for
    const what = `webgpu: ${length} ${dtype} elements cannot be read, as`;
    if (this.lostBecause !== undefined) {
      throw new DeviceLostError(`${what} the device is lost (${this.lostBecause}); open another`);
    }
    throw new BackendError(
      `${what} ${copy.status === "rejected" ? (copy.reason as Error).message : "they were never made"}`,
    );
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

  /** The block is free once everything asked for before has been handed to the device. */
  private free(held: Held): void {
    this.countOut(held);
    this.turns.take(() => {
      if (held.block !== undefined) this.device.pool.giveBack(held.block);
      held.block = undefined;
    });
  }
}

/** Fulfilled after what is about to happen has had the time to. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
