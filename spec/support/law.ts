import { type Backend, cpu, defaultBackend } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { webgpu } from "cotangent/backends/webgpu";
import { backendsFor, type Law, lawsFor } from "cotangent/testing";
import { afterEach, beforeEach, describe, it } from "vitest";
import { shadowed } from "./shadowed.js";

/** A property over random inputs, each run of which must leave no buffer behind. */
export const law: Law = lawsFor(it, { backends: [defaultBackend] });

/** The GPU's backend, or undefined where there is no adapter. */
export const gpu: Awaited<ReturnType<typeof webgpu>> = await webgpu();
const required = (process.env.COTANGENT_REQUIRE ?? "").split(",").includes("webgpu");

/** Why a suite is skipped where there is no GPU. */
export const noGpu = "no adapter; npm test says how to get one";

function openGpu(): Backend | string {
  if (gpu !== undefined) {
    const backend = shadowed(gpu);
    beforeEach(() => backend.begin());
    afterEach(() => backend.settled());
    return backend;
  }
  if (required)
    throw new Error("COTANGENT_REQUIRE names webgpu, but there is no adapter here; install one or leave it out");
  return noGpu;
}

/** Runs a suite on each backend that this machine has. */
export const onEveryBackend: ReturnType<typeof backendsFor> = backendsFor(describe, [
  { name: "cpu", open: cpu },
  { name: "wasm", open: wasm },
  { name: "webgpu", open: openGpu },
]);
