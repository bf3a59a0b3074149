import type { Gpu } from "./gpu.js";

/** The bindings that Node programs install beside this library. */
const bindings = "webgpu";

interface Bindings {
  create(options: readonly string[]): Gpu;
}

/** The host's WebGPU: a browser's own, else Dawn's bindings for Node; or why there is none. */
export async function findGpu(): Promise<Gpu | string> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: Gpu } };
  if (navigator?.gpu !== undefined) return navigator.gpu;
  try {
    const { create } = (await import(/* @vite-ignore */ bindings)) as Bindings;
    return create([]);
  } catch (error) {
    return `this host has no navigator.gpu and no package "webgpu" that could be loaded (${(error as Error).message})`;
  }
}
