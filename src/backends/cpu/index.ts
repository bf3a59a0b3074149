import type { Backend, DType, MemoryUse, Program, Storage, TypedArray } from "../backend.js";
import { Dropped } from "../dropped.js";
import { Plans } from "../plans.js";
import { Executable } from "./executable.js";
import { Pool } from "./pool.js";

const poolLimit = 256 * 2 ** 20;

/**
 * The CPU backend: plain loops over typed arrays, f32 and f64, no code generation. It is the oracle that the others are
 * held against, and it runs wherever JavaScript does.
 */
export function cpu(): Backend {
  return new CpuBackend();
}

class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["f32", "f64", "i32", "u32", "bool"]);
  private readonly plans = new Plans<Executable>();
  private readonly pool = new Pool(poolLimit);
  private buffers = 0;
  private bytes = 0;
  /** What was dropped without being released is counted out when it is collected. */
  private readonly dropped = new Dropped<number>((bytes) => this.countOut(bytes));

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const executable = this.plans.of(program.key, () => new Executable(program));
    const { nodes, outputs, donated } = program;
    const results = executable
      .run(leaves, constants, this.pool)
      .map((host, i) => this.handOut(host, nodes[outputs[i]].dtype));
    leaves.forEach((leaf, i) => {
      if (!donated[i]) return;
      this.release(leaf);
      leaf.host = undefined;
      leaf.disposed = true;
    });
    return results;
  }

  private handOut(host: TypedArray, dtype: DType): Storage {
    const storage: Storage = { dtype, length: host.length, host, device: host.byteLength, disposed: false };
    this.buffers += 1;
    this.bytes += host.byteLength;
    return storage;
  }

  async read({ host }: Storage): Promise<TypedArray> {
    return host!;
  }

  watch(storage: Storage): void {
    this.dropped.watch(storage);
  }

  release(storage: Storage): void {
    const { device } = storage;
    if (device === undefined) return;
    storage.device = undefined;
    this.dropped.forget(storage);
    this.countOut(device as number);
  }

  private countOut(bytes: number): void {
    this.buffers -= 1;
    this.bytes -= bytes;
  }

  memory(): MemoryUse {
    return { buffers: this.buffers, bytes: this.bytes };
  }
}
