import { cpu } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { type Law, lawsFor } from "cotangent/testing";
import { expect, it } from "vitest";
import { type Program, type TypedArray, typedArrays } from "../../../../src/backends/backend.js";
import { type CallKernel, type Schedule, schedule } from "../../../../src/backends/schedule/index.js";
import { ModuleBuilder } from "../../../../src/backends/wasm/assembler/index.js";
import { type WasmMemory, webAssembly } from "../../../../src/backends/wasm/host.js";
import { compileCall } from "../../../../src/backends/wasm/kernels/calls.js";
import type { Compiled } from "../../../../src/backends/wasm/kernels/compiled.js";
import { TableLayout } from "../../../../src/backends/wasm/kernels/table.js";
import { type Call, constantValues, leafValues, programOf, runOn } from "../../kernel-call.js";

const runs = Number(process.env.COTANGENT_FUZZ_RUNS ?? 40);
const seed = Number(process.env.COTANGENT_FUZZ_SEED ?? 42);

/** A property over random inputs. */
export const law: Law = lawsFor(it, { runs, seed, timeout: 3_600_000 });

/** A memory whose middle is at 2 GiB, where a signed address would turn negative. */
let straddling: WasmMemory | undefined;
const middle = 2 ** 31;
const pages = middle / 65536 + 64;

function memory(): WasmMemory {
  straddling ??= new (webAssembly().Memory)({ initial: pages, maximum: pages, shared: false });
  return straddling;
}

/**
 * Runs the kernel itself as threads would: the units of each phase in several parts, in reverse order, each with scratch
 * memory of its own. Memory is filled with rubbish first, and nothing but the output may change.
 */
class SharedOut {
  private readonly call: Call;
  private readonly program: Program;
  private readonly slots: Schedule["slots"];
  private readonly kernel: CallKernel;
  private readonly layout: TableLayout;
  private readonly compiled: Compiled;
  private readonly phases: readonly ((table: number, from: number, to: number, own: number) => void)[];
  private end = 0;

  constructor(call: Call, program: Program) {
    const { kernels, slots } = schedule(program);
    this.call = call;
    this.program = program;
    this.slots = slots;
    this.kernel = kernels.find((candidate): candidate is CallKernel => candidate.kind === "call")!;
    this.layout = new TableLayout(slots.length, program.constants.length);
    const module = new ModuleBuilder({ initial: 1, maximum: pages, shared: false });
    const compiled = compileCall(module, this.layout, this.kernel);
    if (compiled === undefined) throw new Error(`no code for ${call.op}`);
    this.compiled = compiled;
    compiled.phases.forEach(({ callable }, i) => {
      module.export(`${i}`, callable);
    });
    const { Instance, Module } = webAssembly();
    const { exports } = new Instance(new Module(module.assemble()), { env: { memory: memory() } });
    this.phases = compiled.phases.map((_, i) => exports[`${i}`] as SharedOut["phases"][number]);
  }

  run(parts: number): TypedArray {
    const { call, kernel, layout, program, slots, compiled } = this;
    const { buffer } = memory();
    const base = middle - 1024;
    new Uint8Array(buffer, base - 64, 131072).fill(0xa5);
    this.end = base;
    const table = this.take(layout.bytes);
    const values = leafValues(call);
    const addresses = slots.map(({ dtype, length }) => this.take(length * typedArrays[dtype].BYTES_PER_ELEMENT));
    const slotsEnd = this.end;
    slots.forEach(({ dtype, length }, slot) => {
      if (slot < values.length) new typedArrays[dtype](buffer, addresses[slot], length).set(values[slot]);
    });
    // What the schedule writes out before the kernel, constants, is written out here.
    kernel.inputs.forEach(({ slot, dtype }, i) => {
      const value = call.inputs[i].values;
      if (slot === undefined || typeof value !== "number") return;
      new typedArrays[dtype](buffer, addresses[slot], slots[slot].length).fill(value);
    });
    if (kernel.inPlace !== undefined) addresses[kernel.output] = addresses[kernel.inPlace];
    const scratch = compiled.scratch ?? { shared: 0, own: 0 };
    new Uint32Array(buffer, table, slots.length).set(addresses);
    new Uint32Array(buffer, table + layout.scratchAt, 1)[0] = this.take(scratch.shared);
    constantValues(call).forEach((value, i) => {
      const { dtype } = program.nodes[program.constants[i]];
      new typedArrays[dtype](buffer, table + layout.constantsAt + 8 * i, 1)[0] = value;
    });
    const own = Array.from({ length: parts }, () => this.take(scratch.own));
    const { dtype, length } = slots[kernel.output];
    const [first, last] = [
      addresses[kernel.output],
      addresses[kernel.output] + length * typedArrays[dtype].BYTES_PER_ELEMENT,
    ];
    const around = () =>
      [
        [base - 64, first],
        [last, slotsEnd],
      ].map(([from, to]) => Buffer.from(buffer, from, to - from).toString("hex"));
    const before = around();
    this.phases.forEach((run, phase) => {
      const { units } = compiled.phases[phase];
      for (let i = parts - 1; i >= 0; i--) {
        const [from, to] = [Math.floor((i * units) / parts), Math.floor(((i + 1) * units) / parts)];
        if (from < to) run(table | 0, from, to, own[i] | 0);
      }
    });
    expect(around()).toEqual(before);
    return new typedArrays[dtype](buffer, first, length).slice() as TypedArray;
  }

  private take(bytes: number): number {
    const at = this.end;
    this.end += Math.ceil(bytes / 64) * 64 + 64;
    return at;
  }
}

const backends = { cpu: cpu(), wasm: wasm() };

/** The kernel of an operation gives what the CPU's gives, bit for bit but for the signs of NaN, however it is shared out. */
export async function expectAgreement(call: Call): Promise<void> {
  const program = programOf(call);
  const expected = [...(await runOn(backends.cpu, program, call))];
  expect([...(await runOn(backends.wasm, program, call))]).toEqual(expected);
  if (expected.length === 0) return;
  const sharedOut = new SharedOut(call, program);
  for (const parts of [1, 2, 7]) expect([...sharedOut.run(parts)]).toEqual(expected);
}
