import type fc from "fast-check";
import { isFloat } from "../autodiff/dtype.js";
import type { DType, Tensor } from "../autodiff/index.js";
import { fromValues } from "../autodiff/ops/create.js";
import { sizeOf } from "../autodiff/shape.js";
import type { Backend } from "../backends/backend.js";
import { type Apply, boundOf, type Fact, isLeaf, type Line, leafLine, valuesOf } from "./random-program-line.js";

/** Elements that a tensor may have. */
const largest = 6000;
/** Floats are scaled down to this magnitude, so that nothing overflows and errors stay comparable. */
const tame = 2;
/** Bits that exact values may have: f32 holds 24, and sums of products need some to spare. */
const exactBits = 22;
/** No more rounding error than this is taken on. */
const mostError = 2048;

/** Ranges of leaves. */
const usual = { f32: [-1, 1], f64: [-1, 1], i32: [-5, 5], u32: [0, 9], bool: [0, 1] } as const;
export const widest: Readonly<Record<DType, readonly [number, number]>> = {
  f32: [-2, 2],
  f64: [-2, 2],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  bool: [0, 1],
};

/** What an operation says of its result, beside shape and dtype. */
export interface Claim {
  readonly low: number;
  readonly high: number;
  readonly grid?: number | undefined;
  readonly error?: number;
  /** Default: if all inputs are. */
  readonly smooth?: boolean;
}

/** What an operand must be like. */
export interface Want {
  readonly dtype: DType;
  readonly exact?: boolean;
  readonly low?: number;
  readonly high?: number;
}

/** Collects the lines of a program while operations are drawn. */
export class ProgramBuilder {
  readonly dtype: "f32" | "f64";
  readonly lines: Line[] = [];
  private readonly random: fc.Random;
  private readonly backend: Backend;
  private readonly tensors: Tensor<DType>[] = [];
  /** Lines that others may read. */
  private readonly open: number[] = [];

  constructor(dtype: "f32" | "f64", random: fc.Random, backend: Backend) {
    this.dtype = dtype;
    this.random = random;
    this.backend = backend;
  }

  get operations(): number {
    return this.lines.filter((line) => !isLeaf(line)).length;
  }

  int(low: number, high: number): number {
    return this.random.nextInt(low, high);
  }

  chance(probability: number): boolean {
    return this.random.nextDouble() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)];
  }

  /** An entry of a table, with its name. */
  named<T>(table: Readonly<Record<string, T>>): readonly [string, T] {
    return this.pick(Object.entries(table));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.int(0, rest.length - 1), 1)[0]);
  }

  /** Each entry with the given chance. */
  some<T>(list: readonly T[], probability = 0.5): T[] {
    return list.filter(() => this.chance(probability));
  }

  fact(line: number): Fact {
    return this.lines[line].fact;
  }

  /** A size of an axis: mostly small, often 1, now and then 0. */
  size(): number {
    const kind = this.int(0, 19);
    if (kind === 0) return 0;
    return kind < 5 ? 1 : this.int(2, kind < 15 ? 4 : 9);
  }

  /** A shape of the given rank, or of any; a few have an axis that is longer than what loops take at a time. */
  shape(rank: number = this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4])): number[] {
    const shape = Array.from({ length: rank }, () => this.size());
    if (rank >= 1 && this.chance(0.06)) {
      const small = shape.map((size) => Math.min(size, 2));
      small[this.int(0, rank - 1)] = this.pick([63, 65, 129, 257, 300, 1025, 1030]);
      if (sizeOf(small) <= largest) return small;
    }
    if (rank === 2 && this.chance(0.03)) return [this.int(65, 70), this.int(65, 70)];
    return shape;
  }

  leaf(shape: readonly number[], want: Want, list?: readonly number[]): number {
    const { dtype } = want;
    const floats = isFloat(dtype);
    const exact = floats && (want.exact === true || dtype !== this.dtype || this.chance(0.4));
    const [low, high] = this.chance(0.2) ? widest[dtype] : usual[dtype];
    const fact: Fact = {
      shape,
      dtype,
      low: want.low ?? low,
      high: want.high ?? high,
      grid: exact ? 3 : undefined,
      error: 0,
      smooth: true,
    };
    const values = { seed: this.int(0, 999), ...(list && { list }) };
    this.lines.push(leafLine(fact, values));
    this.tensors.push(fromValues(valuesOf(fact, values, 0), { backend: this.backend, shape, dtype }));
    this.open.push(this.lines.length - 1);
    return this.lines.length - 1;
  }

  /** A line that fits, a late one rather than an early one; undefined if there is none. */
  find(fits: (fact: Fact) => boolean): number | undefined {
    const found = this.open.filter((line) => fits(this.fact(line)));
    if (found.length === 0) return undefined;
    const earliest = this.chance(0.4) ? Math.max(0, found.length - 3) : 0;
    return found[this.int(earliest, found.length - 1)];
  }

  fits(
    fact: Fact,
    { dtype, exact = false, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: Want,
  ): boolean {
    return (
      fact.dtype === dtype &&
      (!exact || !isFloat(dtype) || fact.grid !== undefined) &&
      fact.low >= low &&
      fact.high <= high
    );
  }

  /** Any line of the kind, or a new leaf. */
  any(want: Want, fits: (fact: Fact) => boolean = () => true): number {
    const found = this.chance(0.9) ? this.find((fact) => this.fits(fact, want) && fits(fact)) : undefined;
    if (found !== undefined) return found;
    for (;;) {
      const shape = this.shape();
      if (fits({ shape, dtype: want.dtype, low: 0, high: 0, grid: 0, error: 0, smooth: true }))
        return this.leaf(shape, want);
    }
  }

  /**
   * Adds an operation. What grew large is scaled down by a power of two, in a line of its own.
   *
   * @returns the line, or undefined if its result would be too large or too inaccurate to be of use
   */
  emit(text: string, inputs: readonly number[], apply: Apply, claim: Claim): number | undefined {
    const operands = inputs.map((input) => this.tensors[input] as Tensor<never>);
    const tensor = apply(operands, this.backend);
    const { shape, dtype } = tensor;
    if (sizeOf(shape) > largest || shape.length > 6) return undefined;
    const fact = this.judged({ shape, dtype, ...claim }, inputs);
    if (fact === undefined) return undefined;
    const bound = boundOf(fact);
    const scale = isFloat(dtype) && bound > tame ? 2 ** -Math.ceil(Math.log2(bound / tame)) : 1;
    if (fact.error * scale > mostError) return undefined;
    this.lines.push({ text, inputs, apply, fact, leaf: undefined });
    this.tensors.push(tensor);
    const line = this.lines.length - 1;
    if (scale === 1) {
      this.open.push(line);
      return line;
    }
    const { low, high, grid, error } = fact;
    return this.emit(`mul($0, ${scale})`, [line], ([x]) => x.mul(scale), {
      low: low * scale,
      high: high * scale,
      grid: grid === undefined ? undefined : grid - Math.log2(scale),
      error: error * scale,
    });
  }

  /** The fact that a claim makes; undefined where a float of the other dtype would be rounded. */
  private judged(
    {
      shape,
      dtype,
      low,
      high,
      grid,
      error = 0,
      smooth,
    }: Claim & { readonly shape: readonly number[]; readonly dtype: DType },
    inputs: readonly number[],
  ): Fact | undefined {
    const isSmooth = smooth ?? inputs.every((input) => this.fact(input).smooth);
    const bound = Math.max(-low, high);
    if (!isFloat(dtype)) return { shape, dtype, low, high, grid: undefined, error: 0, smooth: isSmooth };
    const exact = grid !== undefined && Math.log2(Math.max(bound, 2 ** -grid)) + grid <= exactBits;
    if (!exact && dtype !== this.dtype) return undefined;
    return { shape, dtype, low, high, grid: exact ? grid : undefined, error: exact ? 0 : error, smooth: isSmooth };
  }

  /** The lines that results are taken from: those that nothing reads, and some of the others. */
  outputs(): number[] {
    const read = new Set(this.lines.flatMap(({ inputs }) => inputs));
    const ends = this.open.filter((line) => !read.has(line) && !isLeaf(this.lines[line]));
    const some = this.some(this.open, 0.08);
    const chosen = [...ends.slice(-6), ...some];
    if (chosen.length === 0 || this.chance(0.05)) chosen.push(this.pick(this.open));
    return this.shuffled(this.chance(0.1) ? [...chosen, chosen[0]] : [...new Set(chosen)]);
  }
}
