import { cpu } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { type Law, lawsFor } from "cotangent/testing";
import { expect, it } from "vitest";
import type {
  Attribute,
  Backend,
  DType,
  HostKernel,
  Program,
  Storage,
  TypedArray,
} from "../../../../src/backends/backend.js";
import { type CallKernel, type Schedule, schedule } from "../../../../src/backends/schedule/index.js";
import { ModuleBuilder } from "../../../../src/backends/wasm/assembler/index.js";
import { type WasmMemory, webAssembly } from "../../../../src/backends/wasm/host.js";
import { compileCall } from "../../../../src/backends/wasm/kernels/calls.js";
import type { Compiled } from "../../../../src/backends/wasm/kernels/compiled.js";
import { TableLayout } from "../../../../src/backends/wasm/kernels/table.js";

const runs = Number(process.env.COTANGENT_FUZZ_RUNS ?? 40);
const seed = Number(process.env.COTANGENT_FUZZ_SEED ?? 42);

/** A property over random inputs. */
export const law: Law = lawsFor(it, { runs, seed, timeout: 3_600_000 });

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array } as const;

export interface Input {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** What the input holds; a number is a constant throughout. */
  readonly values: readonly number[] | number;
  /** Elements of the leaf in front of the first: the input is then a view. */
  readonly offset?: number;
}

export interface Call {
  readonly op: string;
  readonly inputs: readonly Input[];
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly host?: HostKernel;
  /** Whether the first input may be overwritten. */
  readonly donated?: boolean;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function programOf({ op, inputs, shape, dtype, attributes = {}, host, donated = false }: Call): Program {
  const nodes: Program["nodes"][number][] = [];
  const none = {};
  const emit = (node: Partial<Program["nodes"][number]>) =>
    nodes.push({ op: "", inputs: [], shape: [], dtype: "f32", attributes: none, ...node }) - 1;
  const leafOf = new Map<number, number>();
  inputs.forEach(({ dtype, shape, values, offset = 0 }, i) => {
    if (typeof values === "number") return;
    const size = offset > 0 ? [offset + sizeOf(shape) + 3] : shape;
    leafOf.set(i, emit({ op: "leaf", shape: size, dtype }));
  });
  const constants: number[] = [];
  const places = inputs.map(({ dtype, shape, values, offset = 0 }, i) => {
    if (typeof values === "number") {
      const constant = emit({ op: "constant", dtype });
      constants.push(constant);
      return emit({ op: "broadcast", inputs: [constant], shape, dtype });
    }
    const leaf = leafOf.get(i)!;
    if (offset === 0) return leaf;
    const size = sizeOf(shape);
    const attributes = { starts: [offset], steps: [1] };
    const slice = emit({ op: "slice", inputs: [leaf], shape: [size], dtype, attributes });
    return emit({ op: "reshape", inputs: [slice], shape, dtype });
  });
  const output = emit({ op, inputs: places, shape, dtype, attributes, host });
  const leaves = [...leafOf.values()];
  return {
    key: JSON.stringify({ nodes: nodes.map(({ host: _, ...node }) => node), donated }),
    nodes,
    leaves,
    constants,
    outputs: [output],
    donated: leaves.map((_, i) => donated && i === 0),
  };
}

/** The values of the leaves; what surrounds a view is 99. */
function leafValues({ inputs }: Call): TypedArray[] {
  return inputs.flatMap(({ dtype, values, offset = 0 }) => {
    if (typeof values === "number") return [];
    const array = new arrays[dtype](offset > 0 ? offset + values.length + 3 : values.length).fill(99);
    array.set(values as number[], offset);
    return [array as TypedArray];
  });
}

function constantValues({ inputs }: Call): number[] {
  return inputs.flatMap(({ values }) => (typeof values === "number" ? [values] : []));
}

async function runOn(backend: Backend, program: Program, call: Call): Promise<TypedArray> {
  const storages = leafValues(call).map(
    (host): Storage => ({
      dtype: dtypeOf(host),
      length: host.length,
      host,
      device: undefined,
      disposed: false,
    }),
  );
  const [result] = backend.run(program, storages, constantValues(call));
  const values = (await backend.read(result)).slice() as TypedArray;
  backend.release(result);
  return values;
}

function dtypeOf(array: TypedArray): DType {
  return (Object.keys(arrays) as DType[]).find((dtype) => array instanceof arrays[dtype])!;
}

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
    const addresses = slots.map(({ dtype, length }) => this.take(length * arrays[dtype].BYTES_PER_ELEMENT));
    const slotsEnd = this.end;
    slots.forEach(({ dtype, length }, slot) => {
      if (slot < values.length) new arrays[dtype](buffer, addresses[slot], length).set(values[slot]);
    });
    // What the schedule writes out before the kernel, constants, is written out here.
    kernel.inputs.forEach(({ slot, dtype }, i) => {
      const value = call.inputs[i].values;
      if (slot === undefined || typeof value !== "number") return;
      new arrays[dtype](buffer, addresses[slot], slots[slot].length).fill(value);
    });
    if (kernel.inPlace !== undefined) addresses[kernel.output] = addresses[kernel.inPlace];
    const scratch = compiled.scratch ?? { shared: 0, own: 0 };
    new Uint32Array(buffer, table, slots.length).set(addresses);
    new Uint32Array(buffer, table + layout.scratchAt, 1)[0] = this.take(scratch.shared);
    constantValues(call).forEach((value, i) => {
      const { dtype } = program.nodes[program.constants[i]];
      new arrays[dtype](buffer, table + layout.constantsAt + 8 * i, 1)[0] = value;
    });
    const own = Array.from({ length: parts }, () => this.take(scratch.own));
    const { dtype, length } = slots[kernel.output];
    const [first, last] = [
      addresses[kernel.output],
      addresses[kernel.output] + length * arrays[dtype].BYTES_PER_ELEMENT,
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
    return new arrays[dtype](buffer, first, length).slice() as TypedArray;
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
