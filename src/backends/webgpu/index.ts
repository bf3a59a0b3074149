import { BackendError } from "../backend.js";
import { findGpu } from "./adapter.js";
import { type WebGpu, WebGpuBackend } from "./backend.js";
import type { Gpu, GpuAdapter, PowerPreference } from "./gpu.js";

export type { WebGpu } from "./backend.js";

export interface WebGpuOptions {
  /** Which of several devices the host should choose; it decides by itself if this is not given. */
  readonly powerPreference?: PowerPreference | undefined;
  /** Throw where there is no device, instead of resolving to undefined. Default false. */
  readonly insist?: boolean | undefined;
  /**
   * Bytes that one tensor may take at most. Default: as many as the device allows in one buffer that a shader is bound to.
   */
  readonly maxTensorBytes?: number | undefined;
  /** Buffers that one shader may be bound to, at least 8. Default: as many as the device allows. */
  readonly maxBuffersPerShader?: number | undefined;
  /** Reduce by the device's subgroups where it has them. Default true. */
  readonly subgroups?: boolean | undefined;
}

/**
 * The GPU backend: programs are compiled to WGSL shaders and run on the host's WebGPU, a browser's own or, on Node, that of
 * the package `webgpu`. f32, i32, u32 and bool; no f64. Linear algebra, Fourier and cosine transforms run on the host.
 *
 * An error of the device arrives where a value is read, as a BackendError that names what was computed.
 *
 * @returns the backend, or undefined where there is no adapter
 * @throws BackendError if there is no adapter and `insist` is set, saying why and what would help
 * @throws RangeError if an option is out of range
 *
 * @example
 * import { cpu, tensor } from "cotangent";
 * import { webgpu } from "cotangent/backends/webgpu";
 *
 * const on = (await webgpu()) ?? cpu();
 * const x = tensor([1, 2, 3], { backend: on });
 * console.log(await x.mul(x).sum().item()); // 14
 */
export async function webgpu(options: WebGpuOptions & { readonly insist: true }): Promise<WebGpu>;
export async function webgpu(options?: WebGpuOptions): Promise<WebGpu | undefined>;
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpu | undefined> {
  const { powerPreference, insist = false } = options;
  const gpu = await findGpu();
  const adapter = typeof gpu === "string" ? null : await gpu.requestAdapter(powerPreference && { powerPreference });
  if (adapter !== null) return open(gpu as Gpu, adapter, options);
  if (!insist) return undefined;
  const reason = typeof gpu === "string" ? gpu : "WebGPU finds no adapter here";
  throw new BackendError(
    `webgpu: ${reason} but there must be one; use a browser with WebGPU, or Node with the package "webgpu" and a Vulkan, Metal or Direct3D 12 driver`,
  );
}

async function open(gpu: Gpu, adapter: GpuAdapter, options: WebGpuOptions): Promise<WebGpu> {
  const { limits } = adapter;
  const mostBytes = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const { maxTensorBytes = mostBytes, maxBuffersPerShader = limits.maxStorageBuffersPerShaderStage } = options;
  check("maxTensorBytes", maxTensorBytes, 256, mostBytes);
  check("maxBuffersPerShader", maxBuffersPerShader, 8, limits.maxStorageBuffersPerShaderStage);
  const device = await adapter.requestDevice({
    label: "cotangent",
    requiredFeatures: options.subgroups !== false && adapter.features.has("subgroups") ? ["subgroups"] : [],
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: maxBuffersPerShader,
    },
  });
  return new WebGpuBackend(device, { adapter: adapter.info, owner: gpu, maxTensorBytes });
}

function check(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`webgpu: ${name} is ${value} but must be a whole number from ${low} to ${high} on this device`);
}
