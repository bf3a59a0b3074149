import { bytesOf, type DType, type Program, type TypedArray } from "../backend.js";
import { type Run, runOf } from "../cpu/run-of.js";
import { readsOf, type Schedule, schedule } from "../schedule/index.js";
import { compileKernels } from "./compile.js";
import type { Crew, Job } from "./crew.js";
import { type Block, type Heap, wholeGrains } from "./heap.js";
import { TableLayout } from "./kernels/table.js";

/** What a run leaves. */
export interface Result {
  readonly block: Block;
  readonly dtype: DType;
  readonly length: number;
}

/** A kernel that has no code here, run on the host on views of the heap. */
interface HostKernel {
  readonly run: Run;
  readonly reads: readonly number[];
}

/** A program, planned and compiled, ready for any values. */
export class Executable {
  private readonly plan: Schedule;
  private readonly heap: Heap;
  private readonly layout: TableLayout;
  private readonly crew: Crew;
  private readonly compiled: readonly (readonly Job[] | undefined)[];
  private readonly onHost: readonly (HostKernel | undefined)[];
  private readonly table: Block;
  private readonly constantDTypes: readonly DType[];
  /** The constants that the table holds. */
  private written: readonly number[] = [];
  /** Where each place of the arena begins within it. */
  private readonly offsets: readonly number[];
  private readonly scratchAt: number;
  private readonly ownAt: number;
  private readonly ownBytes: number;
  private readonly module: number | undefined;
  private readonly arenaBytes: number;

  constructor(program: Program, heap: Heap, crew: Crew) {
    this.heap = heap;
    this.crew = crew;
    this.plan = schedule(program);
    const { kernels, places, slots } = this.plan;
    this.layout = new TableLayout(slots.length, program.constants.length);
    const { kernels: ready, module } = compileKernels(this.plan, this.layout, heap.memory);
    this.module = module && crew.add(module);
    this.compiled = kernels.map((_, kernel) =>
      ready[kernel]?.phases.map((work, phase) => ({ ...work, module: this.module!, kernel, phase })),
    );
    this.onHost = kernels.map((kernel, i) =>
      this.compiled[i] === undefined ? { run: runOf(kernel), reads: readsOf(kernel) } : undefined,
    );
    this.constantDTypes = program.constants.map((node) => program.nodes[node].dtype);
    let end = 0;
    this.offsets = places.map((bytes) => {
      const start = end;
      end += wholeGrains(Math.max(1, bytes));
      return start;
    });
    const most = (which: "shared" | "own") => Math.max(0, ...ready.map((kernel) => kernel?.scratch[which] ?? 0));
    this.scratchAt = end;
    this.ownAt = end + wholeGrains(most("shared"));
    this.ownBytes = wholeGrains(most("own"));
    this.arenaBytes = this.ownAt + crew.size * this.ownBytes;
    this.table = heap.allocate(this.layout.bytes, () => "a plan's table");
  }

  /** Whether a result lives on in the memory of a donated leaf. */
  takesOver(leaf: number): boolean {
    return this.plan.kernels.some(({ inPlace }) => inPlace === leaf);
  }

  /** Results in the order of the program's outputs. */
  run(leaves: readonly Block[], constants: readonly number[]): Result[] {
    const { heap, plan } = this;
    const { slots, kernels, arena: placeOf, outputs } = plan;
    const arena = this.arenaBytes > 0 ? heap.allocate(this.arenaBytes, () => "intermediate results") : undefined;
    const made: (Block | undefined)[] = []; // for each slot, the block that outlives the run
    const addresses: number[] = [];
    for (const { address } of leaves) addresses.push(address);
    try {
      for (const { output, inPlace } of kernels) {
        const { dtype, length } = slots[output];
        const place = placeOf[output];
        if (inPlace !== undefined && inPlace < leaves.length) {
          made[output] = leaves[inPlace];
          addresses[output] = leaves[inPlace].address;
        } else if (place !== undefined) addresses[output] = arena!.address + this.offsets[place];
        else {
          const block = heap.allocate(length * bytesOf[dtype], () => `a result of ${length} ${dtype} elements`);
          made[output] = block;
          addresses[output] = block.address;
        }
      }
      addresses[slots.length] = (arena?.address ?? 0) + this.scratchAt;
      this.writeTable(addresses, constants);
      for (let i = 0; i < kernels.length; i++) {
        const kernel = this.compiled[i];
        if (kernel !== undefined) this.runCompiled(kernel, (arena?.address ?? 0) + this.ownAt);
        else this.runOnHost(this.onHost[i]!, addresses, constants, kernels[i].output);
      }
    } catch (error) {
      for (const block of made) if (block !== undefined && !leaves.includes(block)) heap.free(block);
      throw error;
    } finally {
      if (arena !== undefined) heap.free(arena);
    }
    const results: Result[] = [];
    for (const slot of outputs) {
      const { dtype, length } = slots[slot];
      results.push({ block: made[slot]!, dtype, length });
    }
    return results;
  }

  dispose(): void {
    this.heap.free(this.table);
    if (this.module !== undefined) this.crew.remove(this.module);
  }

  private runCompiled(phases: readonly Job[], own: number): void {
    for (const job of phases) this.crew.run(job, this.table.address, own, this.ownBytes);
  }

  /** Constants are written when they change, which most never do. */
  private writeTable(addresses: readonly number[], constants: readonly number[]): void {
    const { words, memory } = this.heap;
    const start = this.table.address / 4;
    for (let i = 0; i < addresses.length; i++) words[start + i] = addresses[i];
    const { written } = this;
    if (sameNumbers(constants, written)) return;
    this.written = [...constants];
    const view = new DataView(memory.buffer, this.table.address + this.layout.constantsAt, 8 * constants.length);
    constants.forEach((value, i) => {
      const dtype = this.constantDTypes[i];
      if (dtype === "f64") view.setFloat64(8 * i, value, true);
      else if (dtype === "f32") view.setFloat32(8 * i, value, true);
      else view.setInt32(8 * i, value, true);
    });
  }

  private runOnHost(
    { run, reads }: HostKernel,
    addresses: readonly number[],
    constants: readonly number[],
    output: number,
  ): void {
    const { slots } = this.plan;
    const arrays: TypedArray[] = [];
    for (const slot of [...reads, output]) {
      arrays[slot] = this.heap.view(slots[slot].dtype, addresses[slot], slots[slot].length);
    }
    run(arrays, constants, arrays[output]);
  }
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
