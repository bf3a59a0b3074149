import { type Backend, cpu } from "cotangent";
import type { DType, Storage } from "../../src/backends/backend.js";

/** What a backend was asked to do with storage. */
export interface Calls {
  readonly watched: Storage[];
  readonly released: Storage[];
  readonly prefetched: Storage[];
}

/** The plain backend, with a list of what it is asked for. */
export function spyingBackend(dtypes: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"]): {
  readonly backend: Backend;
  readonly calls: Calls;
} {
  const inner = cpu();
  const calls: Calls = { watched: [], released: [], prefetched: [] };
  const backend: Backend = {
    ...{ name: "spying", dtypes: new Set(dtypes) },
    run: (program, leaves, constants) => inner.run(program, leaves, constants),
    read: (storage) => inner.read(storage),
    watch: (storage) => {
      calls.watched.push(storage);
    },
    release: (storage) => {
      calls.released.push(storage);
      inner.release(storage);
    },
    prefetch: (storage) => {
      calls.prefetched.push(storage);
    },
    memory: () => inner.memory(),
  };
  return { backend, calls };
}
