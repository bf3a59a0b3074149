import {
  type FunctionBuilder,
  f32x4,
  f64x2,
  i32x4,
  i64x2,
  type Local,
  type ModuleBuilder,
  op,
  type Value,
} from "../assembler/index.js";

export type Precision = "f32" | "f64";

/** A vector, or a number that stands for a constant in every lane. */
export type Term = Value | number;

/** Writes what computes a function of vectors. */
export type Formula = (v: Lanes, ...x: readonly Local[]) => Value;

/** A constant of a method that differs by precision. */
export type Pair<T> = Readonly<Record<Precision, T>>;

const layouts = {
  f32: { float: "f32x4", int: "i32x4", mantissa: 23, bias: 127, tiniest: 2 ** -126 },
  f64: { float: "f64x2", int: "i64x2", mantissa: 52, bias: 1023, tiniest: 2 ** -1022 },
} as const;

/** Vector arithmetic in either precision, so that one text of a method serves both. Masks have all bits set where true. */
export class Lanes {
  readonly module: ModuleBuilder;
  readonly precision: Precision;
  /** Bits of the mantissa that are stored. */
  readonly mantissa: number;
  /** What is added to an exponent to store it. */
  readonly bias: number;
  /** The least number that is not subnormal. */
  readonly tiniest: number;
  private readonly f: FunctionBuilder;
  private readonly float: "f32x4" | "f64x2";
  private readonly int: "i32x4" | "i64x2";

  constructor(module: ModuleBuilder, f: FunctionBuilder, precision: Precision) {
    this.module = module;
    this.f = f;
    this.precision = precision;
    const { float, int, mantissa, bias, tiniest } = layouts[precision];
    this.float = float;
    this.int = int;
    this.mantissa = mantissa;
    this.bias = bias;
    this.tiniest = tiniest;
  }

  /** Computes a value once, for any number of uses. */
  let(x: Term): Local {
    return this.f.let(this.value(x));
  }

  set(variable: Local, x: Term): void {
    this.f.set(variable, this.value(x));
  }

  /** Runs `then` if the mask is set in any lane. */
  ifAny(mask: Value, then: () => void): void {
    this.f.if(op("v128.any_true", mask), then);
  }

  /** Repeats `body` while the mask that `again` computes is set in any lane. */
  whileAny(again: () => Value, body: () => void): void {
    this.ifAny(again(), () => {
      this.f.loop((start) => {
        body();
        this.f.branchIf(start, op("v128.any_true", again()));
      });
    });
  }

  add(a: Term, b: Term): Value {
    return this.two("add", a, b);
  }

  sub(a: Term, b: Term): Value {
    return this.two("sub", a, b);
  }

  mul(a: Term, b: Term): Value {
    return this.two("mul", a, b);
  }

  div(a: Term, b: Term): Value {
    return this.two("div", a, b);
  }

  /** `b < a ? b : a`, one instruction on every machine: NaN in `a` stays. */
  lesser(a: Term, b: Term): Value {
    return this.two("pmin", a, b);
  }

  /** `a < b ? b : a`: NaN in `a` stays. */
  greater(a: Term, b: Term): Value {
    return this.two("pmax", a, b);
  }

  abs(x: Term): Value {
    return op(`${this.float}.abs`, this.value(x));
  }

  neg(x: Term): Value {
    return op(`${this.float}.neg`, this.value(x));
  }

  trunc(x: Term): Value {
    return op(`${this.float}.trunc`, this.value(x));
  }

  floor(x: Term): Value {
    return op(`${this.float}.floor`, this.value(x));
  }

  equal(a: Term, b: Term): Value {
    return this.two("eq", a, b);
  }

  unequal(a: Term, b: Term): Value {
    return this.two("ne", a, b);
  }

  less(a: Term, b: Term): Value {
    return this.two("lt", a, b);
  }

  lessEqual(a: Term, b: Term): Value {
    return this.two("le", a, b);
  }

  and(a: Term, b: Term): Value {
    return op("v128.and", this.value(a), this.value(b));
  }

  or(a: Term, b: Term): Value {
    return op("v128.or", this.value(a), this.value(b));
  }

  xor(a: Term, b: Term): Value {
    return op("v128.xor", this.value(a), this.value(b));
  }

  /** `a` where `mask` is not set, else 0. */
  andNot(a: Term, mask: Value): Value {
    return op("v128.andnot", this.value(a), mask);
  }

  /** `a` where `mask` is set, else `b`. */
  choose(mask: Value, a: Term, b: Term): Value {
    return op("v128.bitselect", this.value(a), this.value(b), mask);
  }

  /** The sign bit alone. */
  signOf(x: Value): Value {
    return this.and(x, -0);
  }

  /** `magnitude`, which has no sign bit, with the sign of `x`. */
  signed(magnitude: Term, x: Value): Value {
    return this.or(magnitude, this.signOf(x));
  }

  /** The whole number nearest to `x`, for |x| well below 2 to the bits of the mantissa. */
  nearest(x: Term): Value {
    return this.sub(this.add(x, this.rounder), this.rounder);
  }

  /** The same with its two's complement in the low bits of the mantissa. */
  nearestWithBits(x: Term): { readonly whole: Local; readonly bits: Local } {
    const bits = this.let(this.add(x, this.rounder));
    return { whole: this.let(this.sub(bits, this.rounder)), bits };
  }

  /** `2ᵏ` for a whole `k` that is an exponent of ordinary numbers. */
  powerOfTwo(k: Term): Value {
    // The sum's low bits are k; the shift drops the rest.
    return this.addBits(this.shiftLeft(this.add(k, this.rounder), this.mantissa), this.value(1));
  }

  /** `x·2ᵏ`, rounded once, also where 2ᵏ itself is out of range. */
  scale(x: Value, k: Local): Value {
    const half = this.let(this.nearest(this.mul(k, 0.5)));
    return this.mul(this.mul(x, this.powerOfTwo(half)), this.powerOfTwo(this.sub(k, half)));
  }

  /** `c₀ + c₁x + c₂x² + …` */
  polynomial(x: Local, coefficients: readonly number[]): Value {
    const last = coefficients.length - 1;
    let sum = this.value(coefficients[last]);
    for (let i = last - 1; i >= 0; i--) sum = this.add(this.mul(sum, x), coefficients[i]);
    return sum;
  }

  /** The same in two chains, of even and of odd powers, which run side by side; the last sum stays as it is. */
  longPolynomial(x: Local, [first, ...rest]: readonly number[]): Value {
    const square = this.let(this.mul(x, x));
    const even = rest.filter((_, i) => i % 2 === 0);
    const odd = rest.filter((_, i) => i % 2 === 1);
    const tail = this.add(this.polynomial(square, even), this.mul(x, this.polynomial(square, odd)));
    return this.add(this.mul(tail, x), first);
  }

  /** The bits as whole numbers: their sum. */
  addBits(a: Value, b: Value): Value {
    return op(`${this.int}.add`, a, b);
  }

  subBits(a: Value, b: Value): Value {
    return op(`${this.int}.sub`, a, b);
  }

  shiftLeft(a: Value, by: number): Value {
    return op(`${this.int}.shl`, a, by);
  }

  shiftRight(a: Value, by: number): Value {
    return op(`${this.int}.shr_u`, a, by);
  }

  /** A whole number in the bits of every lane. */
  bits(n: bigint): Value {
    return this.precision === "f32" ? i32x4(Number(BigInt.asIntN(32, n))) : i64x2(n);
  }

  value(x: Term): Value {
    if (typeof x !== "number") return x;
    return this.precision === "f32" ? f32x4(x) : f64x2(x);
  }

  /** Adding and subtracting it rounds to a whole number. */
  private get rounder(): number {
    return 1.5 * 2 ** this.mantissa;
  }

  private two(name: string, a: Term, b: Term): Value {
    return op(`${this.float}.${name}`, this.value(a), this.value(b));
  }
}
