import type { Kernel, Schedule } from "../schedule/index.js";
import { ModuleBuilder } from "./assembler/index.js";
import { type WasmMemory, webAssembly } from "./host.js";
import { codesOf } from "./kernels/chain.js";
import type { Compiled } from "./kernels/compiled.js";
import { compileMap } from "./kernels/map.js";
import { compileReduce } from "./kernels/reduce.js";
import type { TableLayout } from "./kernels/table.js";

/** A kernel's function of the table's address and a range of units. */
export type KernelFunction = (table: number, from: number, to: number) => void;

export interface CompiledKernel extends Pick<Compiled, "units" | "unitSize"> {
  readonly run: KernelFunction;
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
    if (code !== undefined) module.export(`k${i}`, code.callable);
    return code;
  });
  if (compiled.every((code) => code === undefined)) return compiled.map(() => undefined);
  const { Instance, Module } = webAssembly();
  const instance = new Instance(new Module(module.assemble()), { env: { memory } });
  return compiled.map((code, i) =>
    code === undefined
      ? undefined
      : { run: instance.exports[`k${i}`] as KernelFunction, units: code.units, unitSize: code.unitSize },
  );
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
    default:
      return undefined;
  }
}
