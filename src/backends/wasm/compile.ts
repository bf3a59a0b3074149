import type { Kernel, Schedule } from "../schedule/index.js";
import { ModuleBuilder } from "./assembler/index.js";
import { type WasmMemory, webAssembly } from "./host.js";
import { codesOf } from "./kernels/chain.js";
import type { Compiled, Phase } from "./kernels/compiled.js";
import { compileMap } from "./kernels/map.js";
import { compileMatmul } from "./kernels/matmul.js";
import { compileReduce } from "./kernels/reduce.js";
import type { TableLayout } from "./kernels/table.js";

/** Does some units of a kernel's work: the table's address, the first and the one after the last, scratch memory. */
export type WorkFunction = (table: number, from: number, to: number, own: number) => void;

export interface Work extends Omit<Phase, "callable"> {
  readonly run: WorkFunction;
}

export interface CompiledKernel {
  readonly phases: readonly Work[];
  readonly scratch: { readonly shared: number; readonly own: number };
}

/** A plan's kernels as a module; those that have no code here are undefined. */
export function compileKernels(
  { kernels, slots }: Schedule,
  layout: TableLayout,
  memory: WasmMemory,
): (CompiledKernel | undefined)[] {
  const module = new ModuleBuilder({ initial: 1, maximum: 65536, shared: isShared(memory) });
  const compiled = kernels.map((kernel, i) => {
    const code = slots[kernel.output].length === 0 ? undefined : compileKernel(module, layout, kernel);
    code?.phases.forEach(({ callable }, phase) => {
      module.export(nameOf(i, phase), callable);
    });
    return code;
  });
  if (compiled.every((code) => code === undefined)) return compiled.map(() => undefined);
  const { Instance, Module } = webAssembly();
  const { exports } = new Instance(new Module(module.assemble()), { env: { memory } });
  return compiled.map((code, i) => {
    if (code === undefined) return undefined;
    const phases = code.phases.map(({ units, unitSize }, phase) => ({
      run: exports[nameOf(i, phase)] as WorkFunction,
      units,
      unitSize,
    }));
    return { phases, scratch: code.scratch ?? { shared: 0, own: 0 } };
  });
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
      return undefined;
  }
}
