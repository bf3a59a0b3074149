import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

// A reader that never ends blocks its own thread, and with it every timer there: only another thread can tell.
const { shared, seconds } = workerData;
const [TICK, LENGTH, HEAD] = [0, 1, 3];
const state = new Int32Array(shared, 0, HEAD);
let last = -1;
let since = performance.now();

setInterval(() => {
  const tick = Atomics.load(state, TICK);
  if (tick !== last || tick % 2 === 0) {
    last = tick;
    since = performance.now();
  } else if (performance.now() - since > seconds * 1000) {
    const input = Buffer.from(new Uint8Array(shared, 4 * HEAD, Atomics.load(state, LENGTH)));
    const split = input.indexOf(0x3a);
    const name = input.toString("utf8", 0, split);
    writeSync(2, `hang: COTANGENT_REPLAY='${name}:${input.toString("hex", split + 1)}'\n`);
    process.kill(process.pid, "SIGKILL");
  }
}, 500);
