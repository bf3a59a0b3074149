import { type Backend, cpu } from "cotangent";
import type { DType, Program, Storage, TypedArray } from "../../src/backends/backend.js";

/** Programs of a test that go to the device too, and how often: each may take shaders that must be compiled. */
const mostPrograms = process.env.COTANGENT_LONG === undefined ? 24 : Number.POSITIVE_INFINITY;
const mostRuns = 2;
/** How many times the error may be that single precision, or leaves off by a unit in the last place, make on the CPU. */
const allowance = 8;
/** What a result may be off besides, relative to the largest of its tensor: a few units in the last place. */
const slack = 16 * 2 ** -24;

/** A tensor as each side holds it. */
interface Sides {
  /** In the precision that was asked for; its values are the ones that are read. */
  readonly exact: Storage;
  /** From single-precision leaves in double precision, from such that are a little off, and in single precision. */
  readonly rounded: Storage;
  readonly shaken: Storage;
  readonly single: Storage;
  /** Undefined where the program that made it did not go to the device. */
  device: Storage | undefined;
}

export interface Shadowed extends Backend {
  /** Begins a test: its first programs go to the device. */
  begin(): void;
  /** Fulfilled once everything that ran has been compared; rejected with the first disagreement. */
  settled(): Promise<void>;
}

/**
 * A backend of single precision, made fit for suites that are written in double precision: each program runs in double
 * precision on the CPU, which gives the values, and besides, the first few of a test, on the device, whose results must be those of the CPU up to a
 * stated bound: so many times the error that single precision has there for the same program, or that comes of leaves which
 * are off by a unit in the last place.
 */
export function shadowed(device: Backend): Shadowed {
  return new ShadowedBackend(device);
}

class ShadowedBackend implements Shadowed {
  readonly name: string;
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["f32", "f64", "i32", "u32", "bool"]);
  private readonly device: Backend;
  private readonly oracle = cpu();
  private readonly programs = new WeakMap<Program, Program>();
  private readonly runs = new Map<string, number>();
  private comparisons: Promise<void>[] = [];

  constructor(device: Backend) {
    this.device = device;
    this.name = device.name;
  }

  begin(): void {
    this.runs.clear();
  }

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const { oracle, device } = this;
    const sides = leaves.map((leaf) => sidesOf(leaf));
    const single = this.inSingle(program);
    const kept: Program = { ...program, donated: program.donated.map(() => false), key: `kept ${program.key}` };
    const keptSingle: Program = { ...single, donated: kept.donated, key: `kept ${single.key}` };
    const exact = oracle.run(
      kept,
      sides.map((side) => side.exact),
      constants,
    );
    const rounded = oracle.run(
      kept,
      sides.map((side) => side.rounded),
      constants.map((value, i) => roundedConstant(program, value, i)),
    );
    const shaken = oracle.run(
      kept,
      sides.map((side) => side.shaken),
      constants,
    );
    const onCpu = oracle.run(
      keptSingle,
      sides.map((side) => side.single),
      constants,
    );
    const onDevice = this.isDue(program.key)
      ? device.run(
          single,
          sides.map((side) => deviceSide(side)),
          constants,
        )
      : undefined;
    leaves.forEach((leaf, i) => {
      if (!program.donated[i]) return;
      releaseAll(oracle, sides[i]);
      if (onDevice === undefined && sides[i].device !== undefined) device.release(sides[i].device);
      leaf.host = undefined;
      leaf.device = undefined;
      leaf.disposed = true;
    });
    return program.outputs.map((output, i) => {
      const { dtype, op } = program.nodes[output];
      const made: Sides = {
        exact: exact[i],
        rounded: rounded[i],
        shaken: shaken[i],
        single: onCpu[i],
        device: onDevice?.[i],
      };
      if (onDevice !== undefined) this.await(`${op} of shape [${program.nodes[output].shape}]`, made);
      return { dtype, length: exact[i].length, host: undefined, device: made, disposed: false };
    });
  }

  private inSingle(program: Program): Program {
    const known = this.programs.get(program);
    if (known !== undefined) return known;
    const nodes = program.nodes.map((node) => ({ ...node, dtype: narrowed(node.dtype) }));
    const made = { ...program, nodes, key: `single ${program.key}` };
    this.programs.set(program, made);
    return made;
  }

  private isDue(key: string): boolean {
    const runs = this.runs.get(key) ?? 0;
    if (runs === 0 && this.runs.size >= mostPrograms) return false;
    this.runs.set(key, runs + 1);
    return runs < mostRuns;
  }

  /** Reading takes its turn at once: what happens to the tensor afterwards does not matter. */
  private await(what: string, { device, ...onCpu }: Sides): void {
    const [rounded, shaken, single] = [onCpu.rounded, onCpu.shaken, onCpu.single].map(
      ({ host }) => host!.slice() as TypedArray,
    );
    const comparison = this.device.read(device!).then((values) => {
      const isFloat = rounded instanceof Float32Array || rounded instanceof Float64Array;
      if (isFloat) checkFloats(what, values, { rounded, shaken, single });
      else checkEqual(what, values, single);
    });
    comparison.catch(() => {});
    this.comparisons.push(comparison);
  }

  async settled(): Promise<void> {
    const comparisons = this.comparisons;
    this.comparisons = [];
    await Promise.all(comparisons);
  }

  async read(storage: Storage): Promise<TypedArray> {
    await this.settled();
    if (storage.device === undefined) return storage.host!;
    return this.oracle.read((storage.device as Sides).exact).then((values) => values.slice() as TypedArray);
  }

  watch(): void {}

  release(storage: Storage): void {
    const sides = storage.device as Sides | undefined;
    if (sides === undefined) return;
    storage.device = undefined;
    releaseAll(this.oracle, sides);
    if (sides.device !== undefined) this.device.release(sides.device);
  }

  memory(): ReturnType<Backend["memory"]> {
    return this.device.memory();
  }
}

function narrowed(dtype: DType): DType {
  return dtype === "f64" ? "f32" : dtype;
}

function roundedConstant(program: Program, value: number, i: number): number {
  return program.nodes[program.constants[i]].dtype === "f64" ? Math.fround(value) : value;
}

function onHost(dtype: DType, host: TypedArray): Storage {
  return { dtype, length: host.length, host, device: undefined, disposed: false };
}

function sidesOf({ dtype, host, device }: Storage): Sides {
  if (device !== undefined) return device as Sides;
  if (dtype !== "f64") {
    const each = () => onHost(dtype, host!.slice() as TypedArray);
    return { exact: each(), rounded: each(), shaken: each(), single: each(), device: each() };
  }
  const narrow = Float32Array.from(host!);
  return {
    exact: onHost("f64", host!.slice() as TypedArray),
    rounded: onHost("f64", Float64Array.from(narrow)),
    shaken: onHost(
      "f64",
      Float64Array.from(narrow, (value, i) => value * (1 + (i % 3 === 1 ? -1 : 1) * 2 ** -23)),
    ),
    single: onHost("f32", narrow),
    device: onHost("f32", narrow.slice()),
  };
}

function releaseAll(oracle: Backend, { exact, rounded, shaken, single }: Sides): void {
  for (const side of [exact, rounded, shaken, single]) oracle.release(side);
}

/** What did not come from the device is copied there. */
function deviceSide(sides: Sides): Storage {
  sides.device ??= onHost(sides.single.dtype, sides.single.host!.slice() as TypedArray);
  return sides.device;
}

function checkEqual(what: string, values: TypedArray, expected: TypedArray): void {
  for (let i = 0; i < expected.length; i++) {
    if (values[i] !== expected[i]) {
      throw new Error(`${what}: element ${i} is ${values[i]} on the device but ${expected[i]} on the CPU`);
    }
  }
}

/** The largest of the finite values. */
function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most;
}

interface Computed {
  readonly rounded: TypedArray;
  readonly shaken: TypedArray;
  readonly single: TypedArray;
}

function checkFloats(what: string, values: TypedArray, { rounded, shaken, single }: Computed): void {
  const error = (of: TypedArray) => largest(Float64Array.from(rounded, (value, i) => of[i] - value));
  const bound = allowance * (error(single) + error(shaken)) + slack * largest(rounded) + 2 ** -126;
  for (let i = 0; i < rounded.length; i++) {
    // Where double precision goes further, single precision on the CPU is the yardstick.
    const targets = [rounded[i], single[i]];
    const isClose = targets.some((target) => Object.is(target, values[i]) || Math.abs(values[i] - target) <= bound);
    if (isClose || (Number.isNaN(values[i]) && targets.some(Number.isNaN))) continue;
    throw new Error(
      `${what}: element ${i} is ${values[i]} on the device but ${rounded[i]} on the CPU (${single[i]} in single precision; bound ${bound})`,
    );
  }
}
