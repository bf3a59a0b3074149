import { Worker } from "node:worker_threads";

const HEAD = 3;
const MOST = 2 ** 16;

/** Ends the process, with the input in hand printed, if a reader blocks its thread for too long. */
export class Watch {
  private readonly shared = new SharedArrayBuffer(4 * HEAD + MOST);
  private readonly state = new Int32Array(this.shared, 0, HEAD);
  private readonly held = new Uint8Array(this.shared, 4 * HEAD);
  private readonly worker: Worker;

  constructor(seconds: number) {
    const workerData = { shared: this.shared, seconds };
    this.worker = new Worker(new URL("./reader-watchdog.mjs", import.meta.url), { workerData });
    this.worker.unref();
  }

  /** A read begins. */
  begin(format: string, bytes: Uint8Array): void {
    const name = new TextEncoder().encode(`${format}:`);
    this.held.set(name);
    this.held.set(bytes.subarray(0, MOST - name.length), name.length);
    Atomics.store(this.state, 1, Math.min(MOST, name.length + bytes.length));
    Atomics.add(this.state, 0, 1); // odd while a read is on
  }

  /** It has ended. */
  end(): void {
    Atomics.add(this.state, 0, 1);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
