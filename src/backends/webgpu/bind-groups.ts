import type { GpuBindGroup, GpuDevice, GpuPipeline } from "./gpu.js";
import type { Block } from "./pool.js";
import type { Section } from "./uniforms.js";

/** Bind groups kept for a dispatch: a loop comes back to the same few blocks. */
const most = 8;

/** What a dispatch binds, made once for the blocks that it meets again. */
export class BindGroups {
  private readonly device: GpuDevice;
  private readonly section: Section;
  private readonly known = new Map<string, GpuBindGroup>();

  constructor(device: GpuDevice, section: Section) {
    this.device = device;
    this.section = section;
  }

  of(pipeline: GpuPipeline, blocks: readonly Block[]): GpuBindGroup {
    const key = blocks.map(({ id }) => id).join();
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (this.known.size >= most) this.known.clear();
    const entries = blocks.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } }));
    const made = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: this.section }, ...entries],
    });
    this.known.set(key, made);
    return made;
  }
}
