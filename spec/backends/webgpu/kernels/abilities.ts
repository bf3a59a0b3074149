import type { WebGpu } from "cotangent/backends/webgpu";
import type { Abilities } from "../../../../src/backends/webgpu/kernels/dispatch.js";
import { gpu } from "../../../support/law.js";
import { countedBackend } from "../support/counted.js";

/** A backend whose kernels are those for a device that can do this much. */
export interface Able {
  readonly name: string;
  readonly abilities: Abilities;
  readonly backend: WebGpu;
}

/** Opens a backend for each choice of kernels, all on the device that there is; none where there is none. */
export async function openEach(): Promise<readonly Able[]> {
  if (gpu === undefined) return [];
  const opened: Able[] = [];
  for (const isSoftware of [true, false]) {
    for (const subgroups of [true, false]) {
      const { backend } = await countedBackend(() => ({}), { isSoftware, subgroups });
      const name = `${isSoftware ? "without" : "with"} shared memory, ${subgroups ? "with" : "without"} subgroups`;
      opened.push({ name, abilities: { sharedMemory: !isSoftware, subgroups }, backend });
    }
  }
  return opened;
}
