import { cpu } from "cotangent/backends/cpu";
import type { Backend, DType, Program, Storage, TypedArray } from "../../src/backends/backend.js";
import { inPrecision, keeping, shaken, shakes, shakesIn, withFloats } from "./program-variants.js";
import { checkAgreement } from "./within-rounding.js";

/** Programs of a test that go to the device too, and how often: each may take shaders that must be compiled. */
const mostPrograms = process.env.COTANGENT_LONG === undefined ? 24 : Number.POSITIVE_INFINITY;
const mostRuns = 2;

/** A tensor as each side holds it. */
interface Sides {
  /** In the precision that was asked for; its values are the ones that are read. */
  readonly asked: Storage;
  /** Undefined until a program that reads it goes to the device. */
  variants: Variants | undefined;
}

/** What a tensor comes to from single-precision leaves. */
interface Variants {
  /** In double precision, in single precision. */
  readonly wide: Storage;
  readonly single: Storage;
  /** In double precision with every step a little off, and off to the other side. */
  readonly shaken: Storage;
  readonly counter: Storage;
  readonly device: Storage;
}

export interface Shadowed extends Backend {
  /** Begins a test: its first programs go to the device. */
  begin(): void;
  /** Fulfilled once everything that ran has been compared; rejected with the first disagreement. */
  settled(): Promise<void>;
}

/**
 * A backend of single precision, made fit for suites that are written in double precision. Each program runs on the CPU,
 * which gives the values; the first few of a test run on the device too, whose results must be those of the CPU up to what
 * rounding in single precision may come to.
 */
export function shadowed(device: Backend): Shadowed {
  return new ShadowedBackend(device);
}

class ShadowedBackend implements Shadowed {
  readonly name: string;
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["f32", "f64", "i32", "u32", "bool"]);
  private readonly device: Backend;
  private readonly oracle = cpu();
  private readonly runs = new Map<string, number>();
  private comparisons: Promise<void>[] = [];
  private readonly shakes = new Map<number, readonly Storage[]>();

  constructor(device: Backend) {
    this.device = device;
    this.name = device.name;
  }

  begin(): void {
    this.runs.clear();
  }

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const all = leaves.map(sidesOf);
    const asked = this.oracle.run(
      keeping(program),
      all.map((sides) => sides.asked),
      constants,
    );
    const variants = this.isDue(program.key) ? this.variantsOf(program, all, constants) : undefined;
    leaves.forEach((leaf, i) => {
      if (!program.donated[i]) return;
      this.releaseAll(all[i]);
      leaf.host = undefined;
      leaf.device = undefined;
      leaf.disposed = true;
    });
    return program.outputs.map((output, i) => {
      const { dtype, op, shape } = program.nodes[output];
      const made: Sides = { asked: asked[i], variants: variants?.[i] };
      if (made.variants !== undefined) this.compare(`${op} of shape [${shape}]`, made.variants);
      return { dtype, length: asked[i].length, host: undefined, device: made, disposed: false };
    });
  }

  /** Runs the program on the device, and every way that says how far off the device may be. */
  private variantsOf(program: Program, all: readonly Sides[], constants: readonly number[]): Variants[] {
    const { oracle, device } = this;
    const singles = constants.map((value, i) =>
      withFloats(program.nodes[program.constants[i]].dtype, "f32") === "f32" ? Math.fround(value) : value,
    );
    for (const sides of all) sides.variants ??= variantsFrom(sides.asked);
    const pick = (name: keyof Variants) => all.map(({ variants }) => variants![name]);
    const wide = oracle.run(inPrecision(program, "f64"), pick("wide"), singles);
    const [up, down] = this.shakesFor(program);
    const off = oracle.run(shaken(program), [...pick("shaken"), up, down], singles);
    const counter = oracle.run(shaken(program), [...pick("counter"), down, up], singles);
    const single = oracle.run(inPrecision(program, "f32"), pick("single"), singles);
    const given = { ...inPrecision(program, "f32"), donated: program.donated };
    const onDevice = device.run(given, pick("device"), singles);
    return onDevice.map((made, i) => ({
      ...{ wide: wide[i], single: single[i], shaken: off[i], counter: counter[i], device: made },
    }));
  }

  private shakesFor(program: Program): readonly Storage[] {
    const count = shakesIn(program);
    const made = this.shakes.get(count) ?? shakes(count).map((factors) => onHost("f64", factors));
    this.shakes.set(count, made);
    return made;
  }

  private isDue(key: string): boolean {
    const runs = this.runs.get(key) ?? 0;
    if (runs === 0 && this.runs.size >= mostPrograms) return false;
    this.runs.set(key, runs + 1);
    return runs < mostRuns;
  }

  /** Reading takes its turn at once: what happens to the tensor afterwards does not matter. */
  private compare(what: string, { device, wide, shaken, counter, single }: Variants): void {
    const expected = {
      ...{ wide: wide.host!.slice(), single: single.host!.slice() },
      shaken: [shaken.host!.slice(), counter.host!.slice()],
    };
    const comparison = this.device.read(device).then((values) => checkAgreement(what, values, expected));
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
    return (storage.device as Sides).asked.host!.slice() as TypedArray;
  }

  watch(): void {}

  release(storage: Storage): void {
    const sides = storage.device as Sides | undefined;
    if (sides === undefined) return;
    storage.device = undefined;
    this.releaseAll(sides);
  }

  private releaseAll({ asked, variants }: Sides): void {
    this.oracle.release(asked);
    if (variants === undefined) return;
    const { wide, single, shaken, counter, device } = variants;
    for (const side of [wide, single, shaken, counter]) this.oracle.release(side);
    this.device.release(device);
  }

  memory(): ReturnType<Backend["memory"]> {
    return this.device.memory();
  }
}

function onHost(dtype: DType, host: TypedArray): Storage {
  return { dtype, length: host.length, host, device: undefined, disposed: false };
}

/** What a leaf holds; values that are only on the host are those asked for. */
function sidesOf(leaf: Storage): Sides {
  return (leaf.device as Sides | undefined) ?? { asked: leaf, variants: undefined };
}

/** All variants of values that come from outside, or from a program that did not go to the device. */
function variantsFrom({ dtype, host }: Storage): Variants {
  const isFloat = dtype === "f32" || dtype === "f64";
  const single = () =>
    onHost(withFloats(dtype, "f32"), (isFloat ? Float32Array.from(host!) : host!.slice()) as TypedArray);
  const wide = () => (isFloat ? onHost("f64", Float64Array.from(single().host!)) : single());
  return { wide: wide(), single: single(), shaken: wide(), counter: wide(), device: single() };
}
