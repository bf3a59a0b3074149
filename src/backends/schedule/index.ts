import type { Program } from "../backend.js";
import { KernelBuilder } from "./build.js";
import { fuse } from "./fuse.js";
import type { Schedule } from "./kernel.js";
import { overwrite, planArena, postponeUpdates } from "./order.js";

export type * from "./kernel.js";
export { readsOf } from "./order.js";
export { collapsed, contiguous, isContiguous, type View } from "./view.js";

/** Plans a program: which operations share a kernel, in what order kernels run, and where results are kept. */
export function schedule(program: Program): Schedule {
  const builder = new KernelBuilder(program, fuse(program));
  const outputs = builder.build();
  const { slots } = builder;
  const kernels = postponeUpdates(builder.kernels, slots, program);
  const kept = new Set(outputs);
  overwrite(kernels, slots, program, kept);
  const isHeld = (slot: number) => slot < program.leaves.length || kept.has(slot);
  const { arena, places } = planArena(kernels, slots, isHeld);
  return { slots, kernels, leaves: [...program.leaves.keys()], outputs, arena, places };
}
