/** A thread that was started. */
export interface WorkerHandle {
  send(message: object): void;
  end(): void;
}

interface NodeWorker {
  postMessage(message: object): void;
  terminate(): void;
  unref(): void;
}

interface NodeThreads {
  readonly Worker: new (program: string, options: { readonly eval: boolean }) => NodeWorker;
}

interface NodeOs {
  availableParallelism(): number;
}

/** What hosts offer, which no two declare alike. */
interface Host {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    getBuiltinModule?(name: string): unknown;
  };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string) => { postMessage(message: object): void; terminate(): void };
  readonly Blob?: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

function host(): Host {
  return globalThis as unknown as Host;
}

function builtin<T>(name: string): T | undefined {
  return host().process?.getBuiltinModule?.(name) as T | undefined;
}

/** Whether the host is Node, or does as Node does. Its module of threads takes milliseconds to load: only threads need it. */
function hasNodeThreads(): boolean {
  const { process } = host();
  return process?.versions?.node !== undefined && process.getBuiltinModule !== undefined;
}

/** Threads that this host can run at once with memory in common: 1 where it does not allow any. */
export function threadsAvailable(): number {
  if (typeof SharedArrayBuffer === "undefined") return 1;
  if (hasNodeThreads()) return builtin<NodeOs>("node:os")?.availableParallelism() ?? 1;
  const { crossOriginIsolated, navigator, Worker } = host();
  return crossOriginIsolated && Worker !== undefined ? (navigator?.hardwareConcurrency ?? 1) : 1;
}

/** Whether this thread may sleep: the main thread of a web page may not. */
export function mayThreadSleep(): boolean {
  return hasNodeThreads();
}

/** Starts a thread; one of Node's does not keep the process alive. */
export function openWorker(program: string): WorkerHandle {
  if (hasNodeThreads()) {
    const { Worker: Thread } = builtin<NodeThreads>("node:worker_threads")!;
    const worker = new Thread(program, { eval: true });
    worker.unref();
    return { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
  }
  const { Worker, Blob, URL } = host();
  const url = URL!.createObjectURL(new Blob!([program], { type: "text/javascript" }));
  const worker = new Worker!(url);
  URL!.revokeObjectURL(url);
  return { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
}
