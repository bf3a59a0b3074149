import type { Kernel, Schedule } from "../schedule/index.js";
import { ModuleBuilder } from "./assembler/index.js";
import { type WasmMemory, type WasmModule, webAssembly } from "./host.js";
import { compileCall } from "./kernels/calls.js";
import { codesOf } from "./kernels/chain.js";
import type { Compiled, Phase } from "./kernels/compiled.js";
import { compileMap } from "./kernels/map.js";
import { compileMatmul } from "./kernels/matmul.js";
import { compileReduce } from "./kernels/reduce.js";
import type { TableLayout } from "./kernels/table.js";

/** Does some units of a kernel's work: the table's address, the first and the one after the last, scratch memory. */
export type WorkFunction = (table: number, from: number, to: number, own: number) => void;

export interface Work extends Required<Omit<Phase, "callable">> {
  readonly run: WorkFunction;
}

export interface CompiledKernel {
  readonly phases: readonly Work[];
  readonly scratch: { readonly shared: number; readonly own: number };
}

/** A plan's kernels; those that have no code here are undefined. */
export interface CompiledPlan {
  readonly kernels: readonly (CompiledKernel | undefined)[];
  /** What they are in, if there are any. */
  readonly module: WasmModule | undefined;
}

export function compileKernels({ kernels, slots }: Schedule, layout: TableLayout, memory: WasmMemory): CompiledPlan {
  const builder = new ModuleBuilder({ initial: 1, maximum: 65536, shared: isShared(memory) });
  const compiled = kernels.map((kernel, i) => {
    const code = slots[kernel.output].length === 0 ? undefined : compileKernel(builder, layout, kernel);
    code?.phases.forEach(({ callable }, phase) => {
      builder.export(nameOf(i, phase), callable);
    });
    return code;
  });
  if (compiled.every((code) => code === undefined)) return { kernels: [], module: undefined };
  const { Instance, Module } = webAssembly();
  const module = new Module(builder.assemble());
  const { exports } = new Instance(module, { env: { memory } });
  const ready = compiled.map((code, i) => {
    if (code === undefined) return undefined;
    const phases = code.phases.map(({ units, unitSize, grain = 1 }, phase) => ({
      run: exports[nameOf(i, phase)] as WorkFunction,
      units,
      unitSize,
      grain,
    }));
    return { phases, scratch: code.scratch ?? { shared: 0, own: 0 } };
  });
  return { kernels: ready, module };
}

function nameOf(kernel: number, phase: number): string {
  return `${kernel}.${phase}`;
}

function isShared({ buffer }: WasmMemory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}

function compileKernel(module: ModuleBuilder, layout: TableLayout, kernel: Kernel): Compiled | undefined {
  switch (kernel.kind) {
    case "map":
      return codesOf(kernel.expression) && compileMap(module, layout, kernel);
    case "reduce":
      return kernel.length > 0 && codesOf(kernel.expression) ? compileReduce(module, layout, kernel) : undefined;
    case "matmul":
      return kernel.dtype !== "bool" && (kernel.epilogue === undefined || codesOf(kernel.epilogue))
        ? compileMatmul(module, layout, kernel)
        : undefined;
    case "call":
      return compileCall(module, layout, kernel);
  }
}
