import type { Wasm } from "cotangent/backends/wasm";
import { control as at } from "../../../src/backends/wasm/worker-program.js";

/** The part of a backend that shares work. */
interface WithCrew {
  readonly crew: { run(...job: readonly unknown[]): void; readonly control: Int32Array };
}

/** Counts, from now on, the chunks of work that other threads than the caller's do. */
export function countShared(backend: Wasm): () => number {
  const { crew } = backend as unknown as WithCrew;
  const run = crew.run.bind(crew);
  let shared = 0;
  crew.run = (...job) => {
    Atomics.store(crew.control, at.done, 0);
    run(...job);
    shared += Atomics.load(crew.control, at.done);
  };
  return () => shared;
}
