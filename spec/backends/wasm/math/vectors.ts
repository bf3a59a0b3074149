import { call, load, ModuleBuilder, store } from "../../../../src/backends/wasm/assembler/index.js";
import { webAssembly } from "../../../../src/backends/wasm/host.js";
import { mathFunction, mathInline } from "../../../../src/backends/wasm/math/index.js";

export type Precision = "f32" | "f64";
export type Numbers<P extends Precision> = P extends "f32" ? Float32Array : Float64Array;

/** Elements that one run takes at most. */
export const capacity: number = 2 ** 16;

/** A function over a module's memory: fill `inputs`, run, read `output`. */
export interface Vectorized<P extends Precision> {
  readonly inputs: readonly Numbers<P>[];
  readonly output: Numbers<P>;
  run(count: number): void;
}

/** The function of this name, applied to whole arrays; written into the loop if `inline`. */
export function vectorized<P extends Precision>(name: string, precision: P, inline = false): Vectorized<P> {
  const library = mathFunction(name, precision);
  const written = mathInline(name, precision);
  if (library === undefined || written === undefined) throw new Error(`there is no ${name}`);
  const size = precision === "f32" ? 4 : 8;
  const region = capacity * size;
  const pages = (3 * region) / 2 ** 16;
  const module = new ModuleBuilder({ initial: pages, maximum: pages, shared: false });
  const function_ = module.use(library);
  const operands = function_.params.length;
  const run = module.function(["i32"], undefined, (f, bytes) => {
    const at = f.local("i32");
    f.for(at, bytes, 16, () => {
      const x = function_.params.map((_, i) => f.let(load("v128.load", at, i * region)));
      f.do(store("v128.store", at, inline ? written(module, f, ...x) : call(function_, ...x), 2 * region));
    });
  });
  module.export("run", run);
  const { Memory, Module, Instance } = webAssembly();
  const memory = new Memory({ initial: pages, maximum: pages, shared: false });
  const { exports } = new Instance(new Module(module.assemble()), { env: { memory } });
  const compute = exports.run as (bytes: number) => void;
  const at = (i: number): Numbers<P> =>
    (precision === "f32"
      ? new Float32Array(memory.buffer, i * region, capacity)
      : new Float64Array(memory.buffer, i * region, capacity)) as Numbers<P>;
  return {
    inputs: Array.from({ length: operands }, (_, i) => at(i)),
    output: at(2),
    run: (count) => compute(Math.ceil((count * size) / 16) * 16),
  };
}

/** Results for a few operands: one array an operand. */
export function apply(name: string, precision: Precision, ...columns: readonly (readonly number[])[]): number[] {
  const { inputs, output, run } = vectorized(name, precision);
  for (const [i, column] of columns.entries()) inputs[i].set(column);
  run(columns[0].length);
  return [...output.subarray(0, columns[0].length)];
}
