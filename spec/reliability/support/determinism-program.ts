/** A process whose trainings are compared with another's: runs what its argument names and writes what came of it. */
import { type Backend, cpu, wasm } from "cotangent";
import { webgpu } from "cotangent/backends/webgpu";
import { countShared } from "./determinism-threads.js";
import { type Plan, type Trained, trained } from "./determinism-training.js";

/** A training and where it runs. */
export interface Task extends Plan {
  readonly name: string;
  readonly backend: "cpu" | "wasm" | "webgpu";
  /** Of wasm. */
  readonly threads?: number;
}

/** What came of a task. */
export interface Answer extends Trained {
  readonly task: Task;
  /** Chunks of work that other threads than the caller's did. */
  readonly shared: number;
}

async function run(task: Task): Promise<Answer> {
  const { backend: name, threads = 1 } = task;
  if (name !== "wasm") {
    const backend: Backend = name === "cpu" ? cpu() : await webgpu({ insist: true });
    return { task, shared: 0, ...(await trained(backend, task)) };
  }
  const backend = wasm({ threads });
  const shared = countShared(backend);
  const answer = await trained(backend, task);
  backend.dispose();
  return { task, shared: shared(), ...answer };
}

for (const task of JSON.parse(process.argv[2]!) as Task[]) process.stdout.write(`${JSON.stringify(await run(task))}\n`);
