import type { DType, Program } from "../backend.js";
import type { Expression, Kernel, Slot } from "./kernel.js";
import { isContiguous } from "./view.js";

function slotsRead({ loads }: Expression): number[] {
  return loads.flatMap((load) => (load.kind === "slot" ? [load.slot] : []));
}

/** The slots that a kernel reads. */
export function readsOf(kernel: Kernel): number[] {
  switch (kernel.kind) {
    case "map":
    case "reduce":
      return slotsRead(kernel.expression);
    case "matmul":
      return [kernel.a.slot, kernel.b.slot, ...(kernel.epilogue ? slotsRead(kernel.epilogue) : [])];
    case "call":
      return kernel.inputs.flatMap(({ slot }) => (slot === undefined ? [] : [slot]));
  }
}

/** The slot that a kernel could write over while it reads it: same place, same elements, one after the other. */
function replaceable(kernel: Kernel, slots: readonly Slot[]): number | undefined {
  const fits = (slot: number) =>
    slots[slot].dtype === slots[kernel.output].dtype && slots[slot].length === slots[kernel.output].length;
  if (kernel.kind === "call" && (kernel.op === "scatterAdd" || kernel.op === "replaceRows")) {
    const [base, ids, rows] = kernel.inputs;
    const { slot } = base;
    return slot !== undefined && slot !== ids.slot && slot !== rows.slot && fits(slot) ? slot : undefined;
  }
  if (kernel.kind !== "map") return undefined;
  const { loads } = kernel.expression;
  const candidate = loads.find(
    (load) => load.kind === "slot" && fits(load.slot) && load.view.offset === 0 && isContiguous(load.view),
  );
  if (candidate?.kind !== "slot") return undefined;
  const others = loads.filter((load) => load.kind === "slot" && load.slot === candidate.slot);
  return others.length === 1 ? candidate.slot : undefined;
}

/**
 * Puts a kernel that could overwrite a donated leaf after all others that read that leaf, if what it writes is not
 * needed by them: then it can do so.
 */
export function postponeUpdates(kernels: readonly Kernel[], slots: readonly Slot[], program: Program): Kernel[] {
  const donated = new Set(program.donated.flatMap((given, leaf) => (given ? [leaf] : [])));
  const late = new Set(
    kernels.filter((kernel) => {
      const slot = replaceable(kernel, slots);
      return slot !== undefined && donated.has(slot);
    }),
  );
  const made = new Set(program.leaves.keys());
  const isReady = (kernel: Kernel) => readsOf(kernel).every((slot) => made.has(slot));
  const ordered: Kernel[] = [];
  const emit = (kernel: Kernel) => {
    ordered.push(kernel);
    made.add(kernel.output);
  };
  let waiting = [...kernels];
  while (waiting.length > 0) {
    const blocked: Kernel[] = [];
    for (const kernel of waiting) {
      if (!late.has(kernel) && isReady(kernel)) emit(kernel);
      else blocked.push(kernel);
    }
    if (blocked.length === waiting.length) {
      const next = blocked.findIndex(isReady);
      emit(blocked[next]);
      blocked.splice(next, 1);
    }
    waiting = blocked;
  }
  return ordered;
}

/** After which kernel each slot is no longer read. */
function lastReads(kernels: readonly Kernel[], slots: readonly Slot[]): number[] {
  const last = new Array<number>(slots.length).fill(-1);
  kernels.forEach((kernel, i) => {
    for (const slot of readsOf(kernel)) last[slot] = i;
  });
  return last;
}

/** Lets kernels overwrite donated leaves and spent intermediate results. */
export function overwrite(
  kernels: readonly Kernel[],
  slots: readonly Slot[],
  program: Program,
  kept: Set<number>,
): void {
  const last = lastReads(kernels, slots);
  kernels.forEach((kernel, i) => {
    const slot = replaceable(kernel, slots);
    if (slot === undefined || last[slot] !== i || kept.has(slot)) return;
    const isLeaf = slot < program.leaves.length;
    // An output must not live in the arena, nor a leaf's memory be taken for something that does.
    if (isLeaf ? program.donated[slot] && kept.has(kernel.output) : !kept.has(kernel.output)) kernel.inPlace = slot;
  });
}

/** Gives every intermediate result a place in the arena; places are used again once their content is spent. */
export function planArena(
  kernels: readonly Kernel[],
  slots: readonly Slot[],
  isHeld: (slot: number) => boolean,
  widths: Readonly<Record<DType, number>>,
): { readonly arena: (number | undefined)[]; readonly places: number[] } {
  const last = lastReads(kernels, slots);
  const arena = new Array<number | undefined>(slots.length).fill(undefined);
  const places: number[] = [];
  let free: number[] = [];
  kernels.forEach((kernel, i) => {
    const { output, inPlace } = kernel;
    if (!isHeld(output)) {
      const bytes = slots[output].length * widths[slots[output].dtype];
      arena[output] = inPlace === undefined ? takeBest(bytes) : arena[inPlace];
    }
    const spent = new Set(readsOf(kernel).filter((slot) => last[slot] === i && slot !== inPlace && !isHeld(slot)));
    if (last[output] === -1 && !isHeld(output)) spent.add(output);
    for (const slot of spent) free.push(arena[slot]!);
  });
  return { arena, places };

  function takeBest(bytes: number): number {
    const fitting = free.filter((place) => places[place] >= bytes).sort((a, b) => places[a] - places[b]);
    const [best] = fitting.length > 0 ? fitting : free.sort((a, b) => places[b] - places[a]);
    if (best === undefined) return places.push(bytes) - 1;
    free = free.filter((place) => place !== best);
    places[best] = Math.max(places[best], bytes);
    return best;
  }
}
