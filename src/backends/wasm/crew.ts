import type { Work } from "./compile.js";
import type { WasmMemory, WasmModule } from "./host.js";
import { mayThreadSleep, openWorker, type WorkerHandle } from "./open-worker.js";
import { control as at, chunkRange, spinsBeforeSleep, workerProgram } from "./worker-program.js";

/** Work below this many elements is done before other threads would have woken up. */
const worthSharing = 32768;

/** Chunks a thread: more of them even out threads of unequal speed. */
const chunksPerThread = 4;

/** What all threads need to know of a phase. */
export interface Job extends Work {
  readonly module: number;
  readonly kernel: number;
  readonly phase: number;
}

/**
 * Threads that share the heap. They are started when there is first enough to do, and until they are up, as at any time
 * that they are late, the caller does all the work: which thread computes a chunk does not show in the result.
 */
export class Crew {
  /** Threads, the caller's included. */
  readonly size: number;
  private readonly memory: WasmMemory;
  private readonly control: Int32Array;
  private readonly modules = new Map<number, WasmModule>();
  private workers: readonly WorkerHandle[] = [];
  private isStarted = false;
  private readonly maySleep: boolean = mayThreadSleep();
  private nextModule = 0;

  constructor(size: number, memory: WasmMemory) {
    this.size = size;
    this.control = size > 1 ? new Int32Array(new SharedArrayBuffer(4 * at.length)) : new Int32Array(at.length);
    this.memory = memory;
  }

  /** Makes a module known; jobs name it by the number that comes back. */
  add(module: WasmModule): number {
    const id = this.nextModule++;
    this.modules.set(id, module);
    if (this.isStarted) this.tell({ id, module });
    return id;
  }

  remove(id: number): void {
    this.modules.delete(id);
    if (this.isStarted) this.tell({ id });
  }

  /** Does a phase: all threads' scratch memory lies side by side from `own` on. */
  run(job: Job, table: number, own: number, ownBytes: number): void {
    const { units, unitSize, grain, run } = job;
    if (this.size === 1 || units <= grain || units * unitSize < worthSharing) {
      run(table, 0, units, own);
      return;
    }
    if (!this.isStarted) this.start();
    const most = Math.min(chunkRange - 1, this.size * chunksPerThread);
    const chunk = Math.ceil(Math.ceil(units / most) / grain) * grain;
    const chunks = Math.ceil(units / chunk);
    const { control } = this;
    const first = (Math.floor(Atomics.load(control, at.state) / chunkRange) + 1) * chunkRange;
    // While the job is written no chunk can be taken: a thread that read the state before would mix two jobs.
    Atomics.store(control, at.state, (first + chunkRange - 1) | 0);
    control.set([job.module, job.kernel, job.phase, table, units, chunk, chunks, own, ownBytes], at.module);
    Atomics.store(control, at.done, 0);
    Atomics.store(control, at.state, first | 0);
    Atomics.notify(control, at.state);
    let done = 0;
    for (;;) {
      const state = Atomics.load(control, at.state);
      const next = state & (chunkRange - 1);
      if (next >= chunks) break;
      if (Atomics.compareExchange(control, at.state, state, state + 1) !== state) continue;
      run(table, next * chunk, Math.min(units, (next + 1) * chunk), own);
      done += 1;
    }
    this.awaitOthers(chunks - done);
    if (Atomics.exchange(control, at.failed, 0) !== 0) throw new Error("wasm: a kernel failed in another thread");
  }

  /** Ends all threads. */
  dispose(): void {
    for (const worker of this.workers) worker.end();
    this.workers = [];
    this.isStarted = false;
  }

  /** Spins for a moment, then sleeps where the host lets this thread sleep. */
  private awaitOthers(chunks: number): void {
    const { control, maySleep } = this;
    for (let spins = 0; ; spins++) {
      const done = Atomics.load(control, at.done);
      if (done === chunks) return;
      if (spins > spinsBeforeSleep && maySleep) Atomics.wait(control, at.done, done, 1);
    }
  }

  private start(): void {
    this.isStarted = true;
    const { control, memory } = this;
    Atomics.store(control, at.mail, 0);
    this.workers = Array.from({ length: this.size - 1 }, () => openWorker(workerProgram));
    this.workers.forEach((worker, i) => {
      worker.send({ control, memory, thread: i + 1 });
    });
    Atomics.add(control, at.mail, 1);
    for (const [id, module] of this.modules) this.tell({ id, module });
  }

  /** Sends a message, and wakes those who sleep to read it. */
  private tell(message: object): void {
    for (const worker of this.workers) worker.send(message);
    Atomics.add(this.control, at.mail, 1);
    Atomics.notify(this.control, at.state);
  }
}
