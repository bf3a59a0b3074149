import { bytesOf, type DType, type Program } from "../backend.js";
import { KernelBuilder } from "./build.js";
import { fuse, type MayJoin } from "./fuse.js";
import type { Schedule } from "./kernel.js";
import { overwrite, planArena, postponeUpdates } from "./order.js";

export type * from "./kernel.js";
export { readsOf } from "./order.js";
export { readLimit } from "./read-limit.js";
export { collapsed, contiguous, isContiguous, type View } from "./view.js";

export interface ScheduleOptions {
  /** Bytes that an element takes on the backend. */
  readonly bytesOf?: Readonly<Record<DType, number>>;
  readonly mayJoin?: MayJoin;
}

/** Plans a program: which operations share a kernel, in what order kernels run, and where results are kept. */
export function schedule(program: Program, { bytesOf: widths = bytesOf, mayJoin }: ScheduleOptions = {}): Schedule {
  const builder = new KernelBuilder(program, fuse(program, mayJoin));
  const outputs = builder.build();
  const { slots } = builder;
  const kernels = postponeUpdates(builder.kernels, slots, program);
  const kept = new Set(outputs);
  overwrite(kernels, slots, program, kept);
  const isHeld = (slot: number) => slot < program.leaves.length || kept.has(slot);
  const { arena, places } = planArena(kernels, slots, isHeld, widths);
  return { slots, kernels, leaves: [...program.leaves.keys()], outputs, arena, places };
}
