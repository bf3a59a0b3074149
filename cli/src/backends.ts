import { type Backend, cpu, defaultBackend, wasm } from "cotangent";
import { webgpu } from "cotangent/backends/webgpu";
import { UsageError } from "./errors.js";

/** Backends that a command can run on, the default first. */
export const BACKENDS = ["wasm", "cpu", "webgpu"] as const;
export type BackendName = (typeof BACKENDS)[number];

/**
 * The backend of that name: the default one, with all that already lives there, if that is meant.
 *
 * @throws UsageError if this machine does not have it
 */
export async function openBackend(command: string, name: BackendName): Promise<Backend> {
  if (name === defaultBackend.name) return defaultBackend;
  if (name === "wasm") return wasm();
  if (name === "cpu") return cpu();
  try {
    return await webgpu({ insist: true, powerPreference: "high-performance" });
  } catch (cause) {
    throw new UsageError(`${command}: --backend is webgpu, but ${(cause as Error).message}`, { cause });
  }
}
