import { type Backend, cpu, defaultBackend, wasm } from "cotangent";

/** Backends that `train` can run on, the default first. */
export const BACKENDS = ["wasm", "cpu"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** The backend of that name: the default one, with all that already lives there, if that is meant. */
export function openBackend(name: BackendName): Backend {
  if (name === defaultBackend.name) return defaultBackend;
  return name === "wasm" ? wasm() : cpu();
}
