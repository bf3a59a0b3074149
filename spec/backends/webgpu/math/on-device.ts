import { findGpu } from "../../../../src/backends/webgpu/adapter.js";
import {
  bufferUsage,
  type Gpu,
  type GpuBuffer,
  type GpuDevice,
  mapForReading,
} from "../../../../src/backends/webgpu/gpu.js";
import { type Lanes, mathFunction } from "../../../../src/backends/webgpu/math/index.js";

/** Elements that one run takes at most. */
export const capacity: number = 2 ** 16;

const workgroup = 64;
const label = "math";

interface Opened {
  /** Kept, as the device does not keep them. */
  readonly gpu: Gpu;
  readonly device: GpuDevice;
  readonly operands: readonly GpuBuffer[];
  readonly result: GpuBuffer;
  readonly copy: GpuBuffer;
}

async function open(): Promise<Opened | string> {
  const gpu = await findGpu();
  if (typeof gpu === "string") return gpu;
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return "WebGPU has no adapter here";
  const device = await adapter.requestDevice({ label, requiredFeatures: [], requiredLimits: {} });
  const buffer = (usage: number): GpuBuffer => device.createBuffer({ label, size: capacity * 4, usage });
  return {
    gpu,
    device,
    operands: [0, 1].map(() => buffer(bufferUsage.storage | bufferUsage.copyTarget)),
    result: buffer(bufferUsage.storage | bufferUsage.copySource),
    copy: buffer(bufferUsage.mapRead | bufferUsage.copyTarget),
  };
}

const opened: Opened | string = await open();

/** Why there is no device, if so. */
export const missing: string | undefined = typeof opened === "string" ? opened : undefined;

/** A function over whole arrays, one for each operand. */
export type OnDevice = (...columns: readonly Float32Array[]) => Promise<Float32Array>;

/** Compiles the function of this name for arrays of at most `capacity` elements. */
export async function onDevice(op: string, lanes: Lanes, operands: 1 | 2 = 1): Promise<OnDevice> {
  const written = mathFunction(op, lanes);
  if (written === undefined || typeof opened === "string") throw new Error(`there is no ${op}`);
  const { device, result, copy } = opened;
  const type = lanes === 1 ? "f32" : "vec4<f32>";
  const names = ["x", "y"].slice(0, operands);
  const code = `${[...written.definitions.values()].join("\n")}
${names.map((x, i) => `@group(0) @binding(${i}) var<storage, read> ${x}: array<${type}>;`).join("\n")}
@group(0) @binding(2) var<storage, read_write> result: array<${type}>;

@compute @workgroup_size(${workgroup}) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  result[id.x] = ${written.name}(${names.map((x) => `${x}[id.x]`).join(", ")});
}`;
  device.pushErrorScope("validation");
  const pipeline = await device.createComputePipelineAsync({
    label,
    layout: "auto",
    compute: { module: device.createShaderModule({ label, code }), entryPoint: "main" },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      ...names.map((_, binding) => ({ binding, resource: { buffer: opened.operands[binding] } })),
      { binding: 2, resource: { buffer: result } },
    ],
  });
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(error.message);

  return async (...columns) => {
    const count = columns[0].length;
    const bytes = Math.ceil(count / 4) * 16;
    for (const [i, column] of columns.entries()) device.queue.writeBuffer(opened.operands[i], 0, column);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(count / lanes / workgroup), 1, 1);
    pass.end();
    encoder.copyBufferToBuffer(result, 0, copy, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(mapForReading, 0, bytes);
    const values = new Float32Array(copy.getMappedRange(0, bytes).slice(0, count * 4));
    copy.unmap();
    return values;
  };
}

const smallest = 2 ** -126;

/** WebGPU may take numbers below the ordinary ones for zero. */
export function isSubnormal(x: number): boolean {
  return x !== 0 && Math.abs(x) < smallest;
}

/** How many of two lists' numbers differ, if only by the sign of a zero. */
export function differences(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + (Object.is(x, b[i]) ? 0 : 1), 0);
}

/** Singles with all bits at a stride, from one pattern to before another. */
export function* strided(stride: number, from = 0, to: number = 2 ** 32): Generator<Float32Array> {
  for (let base = from; base < to; base += stride * capacity) {
    const count = Math.min(capacity, Math.ceil((to - base) / stride));
    yield new Float32Array(Uint32Array.from({ length: count }, (_, i) => base + i * stride).buffer);
  }
}
