import type { Backend } from "cotangent";
import { type Shadowed, shadowed } from "../../../../spec/support/shadowed.js";
import { cpu } from "../../../../src/backends/cpu/index.js";
import { wasm } from "../../../../src/backends/wasm/index.js";
import { type WebGpu, webgpu } from "../../../../src/backends/webgpu/index.js";

/** The backend that this process verifies: the first argument that it was started with. */
const name = process.argv[2];

/** The device itself, where that is a GPU. */
export const gpu: WebGpu | undefined = name === "webgpu" ? await webgpu({ insist: true }) : undefined;

/** A GPU beside the CPU that gives the values, which its own are compared with: laws are written in double precision. */
export const shadow: Shadowed | undefined = gpu && shadowed(gpu);

/** What tensors live on that name no backend, and every suite runs on. */
export const chosen: Backend = shadow ?? (name === "cpu" ? cpu() : wasm());
