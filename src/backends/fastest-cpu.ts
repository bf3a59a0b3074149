import type { Backend } from "./backend.js";
import { cpu } from "./cpu/index.js";
import { wasm } from "./wasm/index.js";

/** The WebAssembly backend; where this host forbids it, the plain one, and a warning that says so. */
export function fastestCpu(): Backend {
  try {
    return wasm();
  } catch (error) {
    console.warn(`cotangent: ${(error as Error).message}, which is the default now, and several times slower`);
    return cpu();
  }
}
