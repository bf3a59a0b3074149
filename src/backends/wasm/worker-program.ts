/** Places in the control array, which the threads share. */
export const control = {
  /** The number of the job times `chunkRange`, plus the next chunk of it that nobody has taken. */
  state: 0,
  /** Chunks of the job that are done. */
  done: 1,
  /** How often messages were sent. */
  mail: 2,
  /** The job: its module, the function in it, its arguments, and how its units are cut. */
  module: 3,
  kernel: 4,
  phase: 5,
  table: 6,
  units: 7,
  chunk: 8,
  chunks: 9,
  own: 10,
  ownBytes: 11,
  /** Whether a chunk has failed. */
  failed: 12,
  length: 13,
} as const;

/** One more than the most chunks of a job: there is never a last one of the range to be taken. */
export const chunkRange = 256;

/** Looks at the state before a thread goes to sleep: some ten microseconds. */
export const spinsBeforeSleep = 2000;

/**
 * What a worker runs, as text: no file of its own has to be found by whoever bundles this. It takes chunks by comparing
 * and exchanging the state, which succeeds only while the job that it has read is the current one; between jobs it spins
 * for a moment, then sleeps. To receive messages it has to leave its loop.
 */
export const workerProgram: string = `
const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
const port = threads ? threads.parentPort : self;
const listen = (handle) => port.on ? port.on("message", handle) : (port.onmessage = ({ data }) => handle(data));
const modules = new Map();
let control, memory, thread, read = 0;
listen((message) => {
  if (message.control) ({ control, memory, thread } = message);
  else if (message.module) modules.set(message.id, new WebAssembly.Instance(message.module, { env: { memory } }).exports);
  else modules.delete(message.id);
  read += 1;
  if (control) work();
});
function work() {
  for (let spins = 0; Atomics.load(control, ${control.mail}) === read; ) {
    const state = Atomics.load(control, ${control.state});
    if (take(state)) spins = 0;
    else if (++spins > ${spinsBeforeSleep}) {
      Atomics.wait(control, ${control.state}, state, 100);
      spins = 0;
    }
  }
}
function take(state) {
  const at = state & ${chunkRange - 1};
  if (at >= control[${control.chunks}]) return false;
  const exports = modules.get(control[${control.module}]);
  if (exports === undefined) return false;
  const run = exports[control[${control.kernel}] + "." + control[${control.phase}]];
  const table = control[${control.table}], units = control[${control.units}], chunk = control[${control.chunk}];
  const own = control[${control.own}] + thread * control[${control.ownBytes}];
  if (Atomics.compareExchange(control, ${control.state}, state, state + 1) !== state) return true;
  try {
    run(table, at * chunk, Math.min(units, (at + 1) * chunk), own);
  } catch {
    Atomics.store(control, ${control.failed}, 1);
  }
  Atomics.add(control, ${control.done}, 1);
  Atomics.notify(control, ${control.done});
  return true;
}
`;
