import type { Backend } from "../../backends/backend.js";

/** The same backend without f64: what chooses the finest precision there is then chooses as on a GPU. */
export function inSinglePrecisionOnly(backend: Backend): Backend {
  const { name, dtypes } = backend;
  return {
    name,
    dtypes: new Set([...dtypes].filter((dtype) => dtype !== "f64")),
    run: (program, leaves, constants) => backend.run(program, leaves, constants),
    read: (storage) => backend.read(storage),
    watch: (storage) => backend.watch(storage),
    release: (storage) => backend.release(storage),
    memory: () => backend.memory(),
  };
}
