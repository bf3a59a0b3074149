import { cpu, defaultBackend } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { backendsFor, type Law, lawsFor } from "cotangent/testing";
import { describe, it } from "vitest";

/** A property over random inputs, each run of which must leave no buffer behind. */
export const law: Law = lawsFor(it, { backends: [defaultBackend] });

/** Runs a suite on each backend that this machine has. */
export const onEveryBackend: ReturnType<typeof backendsFor> = backendsFor(describe, [
  { name: "cpu", open: cpu },
  { name: "wasm", open: wasm },
]);
