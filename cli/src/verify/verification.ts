import { cpus, platform, release } from "node:os";
import type { BackendName } from "../backends.js";
import { UsageError } from "../errors.js";
import type { Interrupt } from "../interrupt.js";
import type { Progress } from "../progress.js";
import { VerifierProcess } from "./process.js";
import type { BackendReport, LawChoice, LawRecord, Request, Unit, Verification } from "./record.js";

export interface Work {
  /** Parts of the library, or of one's own, whose laws are to hold. */
  readonly units: readonly Unit[];
  readonly choice: LawChoice;
  /** Seconds of random programs on each backend. */
  readonly fuzz?: { readonly seconds: number; readonly seed: number; readonly path?: string | undefined };
  readonly backends: readonly BackendName[];
  /** Processes at a time. */
  readonly jobs: number;
}

interface Task {
  readonly backend: BackendName;
  readonly name: string;
  readonly request: Request;
}

/** Runs all laws on all backends, each backend in processes of its own. */
export async function verifyAll(
  program: string,
  { units, choice, fuzz, backends, jobs }: Work,
  interrupt: Interrupt,
  progressOf: (total: number) => Progress,
): Promise<Verification> {
  const start = performance.now();
  const records: LawRecord[] = [];
  const devices = new Map<BackendName, string>();
  const unproven = new Set<string>();
  const tasks: Task[] = backends.flatMap((backend) => [
    ...units.map((unit): Task => ({ backend, name: unit.module, request: { type: "unit", unit, ...choice } })),
    ...(fuzz === undefined ? [] : [{ backend, name: "fuzz", request: { type: "fuzz", ...fuzz } } satisfies Task]),
  ]);
  const total = tasks.length;
  const progress = progressOf(total);
  let done = 0;
  const running = new Set<VerifierProcess>();
  const isStopped = () => interrupt.signal !== undefined;
  const watch = setInterval(() => {
    if (isStopped()) for (const verifier of running) verifier.stop();
  }, 100);

  const lane = async () => {
    let verifier: VerifierProcess | undefined;
    while (!isStopped()) {
      const backend = verifier?.backend;
      const ours = tasks.findIndex((task) => task.backend === backend);
      const task = tasks.splice(Math.max(0, ours), 1)[0];
      if (task === undefined) break;
      if (verifier?.backend !== task.backend) {
        if (verifier !== undefined) running.delete(verifier);
        verifier?.stop();
        verifier = await opened(program, task.backend);
        running.add(verifier);
        devices.set(task.backend, verifier.device);
      }
      const listener = {
        started: (subject: string, law: string) =>
          progress.update(done, [`${subject} ${law} (${task.backend})`.slice(0, 90)]),
        unproven(gaps: readonly string[]) {
          for (const gap of gaps) unproven.add(gap);
        },
        record(record: LawRecord) {
          if (isStopped() && record.outcome === "crashed") return;
          records.push(record);
          if (isFailure(record)) progress.say(`FAILS ${record.subject} ${record.law} (${record.backend})`);
        },
      };
      await verifier.work(task.request, task.name, listener);
      done++;
    }
    if (verifier !== undefined) running.delete(verifier);
    verifier?.stop();
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, total) }, lane));
  } finally {
    clearInterval(watch);
    for (const verifier of running) verifier.stop();
    progress.stop();
  }
  const place = new Map([...units.map(({ module }) => module), "fuzz"].map((module, i) => [module, i]));
  return {
    date: new Date().toISOString(),
    machine: `${cpus()[0].model}, ${cpus().length} threads, ${platform()} ${release()}`,
    node: process.version,
    backends: backends.map((name): BackendReport => ({ name, device: devices.get(name) ?? "" })),
    records: records.toSorted((a, b) => place.get(a.module)! - place.get(b.module)!),
    seconds: (performance.now() - start) / 1000,
    unproven: [...unproven],
    stopped: isStopped(),
  };
}

/** Whether a law does not hold. */
export function isFailure({ outcome }: LawRecord): boolean {
  return outcome === "fails" || outcome === "stuck" || outcome === "crashed";
}

async function opened(program: string, backend: BackendName): Promise<VerifierProcess> {
  const verifier = new VerifierProcess(program, backend);
  try {
    await verifier.start();
  } catch (cause) {
    throw new UsageError(`verify: --backend has ${backend}, but ${(cause as Error).message}`, { cause });
  }
  return verifier;
}
