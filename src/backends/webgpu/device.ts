import { BackendError, type DType } from "../backend.js";
import { bufferUsage, type GpuDevice } from "./gpu.js";
import type { Abilities } from "./kernels/dispatch.js";
import { Pipelines } from "./pipelines.js";
import { Pool } from "./pool.js";
import { Transfer } from "./transfer.js";
import { wordBytes } from "./words.js";

/** Memory that is kept for later results, in bytes. */
const memoryKept = 512 * 2 ** 20;

/** A device with what all programs on it share. */
export class Device {
  readonly gpu: GpuDevice;
  readonly abilities: Abilities;
  readonly pipelines: Pipelines;
  readonly pool: Pool;
  readonly transfer: Transfer;

  private readonly maxTensorBytes: number;

  /**
   * @param isSoftware - whether the device is the host's processor
   * @param maxTensorBytes - what one tensor may take
   */
  constructor(gpu: GpuDevice, isSoftware: boolean, maxTensorBytes: number) {
    this.gpu = gpu;
    this.maxTensorBytes = maxTensorBytes;
    this.abilities = { subgroups: gpu.features.has("subgroups"), sharedMemory: !isSoftware };
    this.pipelines = new Pipelines(gpu);
    const usage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyTarget;
    this.pool = new Pool(gpu, usage, memoryKept);
    this.transfer = new Transfer(gpu);
  }

  /** Buffers that one kernel may use. */
  get mostBuffers(): number {
    return this.gpu.limits.maxStorageBuffersPerShaderStage;
  }

  /** So many workgroups as rows, none of which is too long. */
  folded(workgroups: number): readonly [number, number] {
    const most = this.gpu.limits.maxComputeWorkgroupsPerDimension;
    if (workgroups <= most) return [workgroups, 1];
    const rows = Math.ceil(workgroups / most);
    return [Math.ceil(workgroups / rows), rows];
  }

  /** Refuses a tensor that no buffer can hold, or no shader be bound to. */
  checkFits(dtype: DType, length: number): void {
    const bytes = length * wordBytes;
    if (bytes <= this.maxTensorBytes) return;
    throw new BackendError(
      `webgpu: a tensor of ${length} ${dtype} elements takes ${bytes} bytes but must take at most ${this.maxTensorBytes}, the device's limit; split it along an axis`,
    );
  }
}
