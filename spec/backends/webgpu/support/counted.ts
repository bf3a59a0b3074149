import { findGpu } from "../../../../src/backends/webgpu/adapter.js";
import { WebGpuBackend } from "../../../../src/backends/webgpu/backend.js";
import type { Gpu, GpuDevice } from "../../../../src/backends/webgpu/gpu.js";

/** What a backend has asked its device for. */
export interface Counts {
  submissions: number;
  writes: number;
  buffers: number;
  pipelines: number;
  bindGroups: number;
}

export interface Counted {
  readonly backend: WebGpuBackend;
  readonly counts: Counts;
}

/** What the device is to be taken for. */
export interface CountedOptions {
  /** Whether it is the host's processor. Default: what the adapter says. */
  readonly isSoftware?: boolean;
  /** Whether it may add up subgroups, where it has them. Default false. */
  readonly subgroups?: boolean;
}

/** A backend of its own, on a device that counts; `change` may replace a part of it. */
export async function countedBackend(
  change: (device: GpuDevice) => Partial<GpuDevice> = () => ({}),
  options: CountedOptions = {},
): Promise<Counted> {
  const gpu = (await findGpu()) as Gpu;
  const adapter = (await gpu.requestAdapter())!;
  const { isSoftware = adapter.info.isFallbackAdapter, subgroups = false } = options;
  const requiredFeatures = subgroups && adapter.features.has("subgroups") ? ["subgroups"] : [];
  const device = await adapter.requestDevice({ label: "counted", requiredFeatures, requiredLimits: {} });
  const counts: Counts = { submissions: 0, writes: 0, buffers: 0, pipelines: 0, bindGroups: 0 };
  const { queue } = device;
  const counting: GpuDevice = {
    limits: device.limits,
    features: device.features,
    lost: device.lost,
    queue: {
      submit: (commands) => {
        counts.submissions += 1;
        queue.submit(commands);
      },
      writeBuffer: (...args) => {
        counts.writes += 1;
        queue.writeBuffer(...args);
      },
      onSubmittedWorkDone: () => queue.onSubmittedWorkDone(),
    },
    createBuffer: (descriptor) => {
      counts.buffers += 1;
      return device.createBuffer(descriptor);
    },
    createShaderModule: (descriptor) => device.createShaderModule(descriptor),
    createComputePipelineAsync: (descriptor) => {
      counts.pipelines += 1;
      return device.createComputePipelineAsync(descriptor);
    },
    createBindGroup: (descriptor) => {
      counts.bindGroups += 1;
      return device.createBindGroup(descriptor);
    },
    createCommandEncoder: () => device.createCommandEncoder(),
    pushErrorScope: (filter) => device.pushErrorScope(filter),
    popErrorScope: () => device.popErrorScope(),
    destroy: () => device.destroy(),
    ...change(device),
  };
  const { vendor, architecture, device: name, description } = adapter.info;
  const info = { vendor, architecture, device: name, description, isFallbackAdapter: isSoftware };
  return { backend: new WebGpuBackend(counting, { adapter: info, owner: gpu, maxTensorBytes: 2 ** 27 }), counts };
}
