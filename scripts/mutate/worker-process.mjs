// A worker process, and the watch over it.
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("worker.mjs", import.meta.url));
/** Every load stays in memory, with the buffers that its backend keeps. */
const loadsAtMost = 15;
const watchEvery = 250;
/** Milliseconds without any work done after which a process waits for what never comes. */
const idleAtMost = 10_000;

export class WorkerProcess {
  #child;
  #loads = 0;

  /**
   * Runs a job.
   *
   * @param {object} job - for worker.mjs
   * @param {(test: number | undefined) => number} limitOf - milliseconds of processor time that a test may take
   * @param {(test: number, ms: number) => void} ended - told how long a test took
   * @returns {Promise<object>} what it found; or `timedOut` or `crashed`, in the test `during`
   */
  run(job, limitOf, ended = () => {}) {
    if (this.#loads++ >= loadsAtMost) this.close();
    this.#child ??= this.#open();
    const child = this.#child;
    return new Promise((resolve) => {
      let during;
      let begunAt = cpuTime(child.pid);
      let [lastCpu, lastWork] = [begunAt, Date.now()];
      const finish = (result) => {
        clearInterval(watch);
        child.removeAllListeners();
        if (result.done === undefined) this.close();
        resolve(result.done ?? { ...result, during, red: [] });
      };
      const watch = setInterval(() => {
        const cpu = cpuTime(child.pid);
        if (cpu - lastCpu > 20) [lastCpu, lastWork] = [cpu, Date.now()];
        if (cpu - begunAt > limitOf(during) || Date.now() - lastWork > idleAtMost) finish({ timedOut: true });
      }, watchEvery);
      child.on("message", (message) => {
        if (message.begun !== undefined) [during, begunAt] = [message.begun, cpuTime(child.pid)];
        else if (message.ended !== undefined) ended(message.ended, message.ms);
        else finish(message.failed === undefined ? message : { crashed: message.failed });
      });
      child.on("exit", (code, signal) => finish({ crashed: `the process ended: ${signal ?? code}` }));
      child.send(job);
    });
  }

  close() {
    this.#child?.removeAllListeners();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#loads = 0;
  }

  #open() {
    const options = { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: ["--max-old-space-size=2048"] };
    return fork(script, [], options);
  }
}

const startedAt = Date.now();

/** Milliseconds of processor time that a process has had; of the clock where the host does not say. */
function cpuTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Date.now() - startedAt;
  }
}
