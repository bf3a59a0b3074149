import {
  atLane,
  type Callable,
  call,
  f64,
  i64,
  type Library,
  type Local,
  type ModuleBuilder,
  op,
  shuffle,
  type Value,
} from "../assembler/index.js";
import { type DoubleDouble, exactProduct, orderedSum } from "./double-double.js";
import type { Lanes } from "./lanes.js";

/** The bits of 2/π behind the point, after 64 zeros. */
export const twoOverPi: readonly bigint[] = [
  0x0n,
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
  0xf0cfbc209af4361dn,
];

const halfPi = { high: 1.5707963267948966, low: 6.123233995736766e-17 } as const;

/** A remainder after whole quarter turns, in radians, and the number of quarter turns in the two lowest bits. */
interface Turned {
  readonly remainder: DoubleDouble;
  readonly quarters: Value;
}

/**
 * `x = quarters·π/2 + remainder` for any finite x ≥ 2²⁰, to 2⁻⁵³ of the remainder however small that is.
 *
 *     x·2/π = m·2ᵉ·2/π      m a whole number of 53 bits
 *
 * Of the bits of 2/π only 192 matter: those before them make whole turns, those behind are too small. The product with m
 * is formed in whole numbers.
 *
 * @source Payne and Hanek, "Radian Reduction for Trigonometric Functions", ACM SIGNUM Newsletter 18, 1983
 */
export function reduceHuge(v: Lanes, x: Local): Turned {
  const quartersOf = v.module.use(quarterTurns);
  const first = v.let(call(quartersOf, atLane("f64x2.extract_lane", 0, x)));
  const second = v.let(call(quartersOf, atLane("f64x2.extract_lane", 1, x)));
  const high = v.let(shuffle(first, second, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]));
  const low = v.let(shuffle(first, second, [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]));
  const product = exactProduct(v, high, v.let(halfPi.high));
  const rest = v.let(v.add(product.low, v.add(v.mul(high, halfPi.low), v.mul(low, halfPi.high))));
  return { remainder: orderedSum(v, product.high, rest), quarters: low };
}

/** Of x·2/π for one x: the signed fraction in two parts; the two lowest bits of the second are the quarter turns. */
function quarterTurns(module: ModuleBuilder): Callable {
  const wordAt = module.use(word);
  const upperOf = module.use(upperProduct);
  return module.function(["f64"], "v128", (f, x) => {
    const bits = f.let(op("i64.reinterpret_f64", x));
    const m = f.let(op("i64.or", op("i64.and", bits, i64((1n << 52n) - 1n)), i64(1n << 52n)));
    // Bit 64 + e of the table is the first whose product is less than four quarter turns.
    const exponent = op("i32.wrap_i64", op("i64.shr_u", bits, i64(52n)));
    const at = f.let(op("i32.sub", exponent, 1075 - 62));
    const shift = f.let(op("i64.and", op("i64.extend_i32_u", at), i64(63n)));
    const window = [0, 1, 2].map((i) => {
      const index = op("i32.add", op("i32.shr_u", at, 6), i);
      const next = op("i64.shr_u", call(wordAt, op("i32.add", index, 1)), i64(1n));
      const filled = op("i64.shr_u", next, op("i64.sub", i64(63n), shift));
      return f.let(op("i64.or", op("i64.shl", call(wordAt, index), shift), filled));
    });
    const middle = f.let(op("i64.mul", m, window[1]));
    const lower = f.let(op("i64.add", middle, call(upperOf, m, window[2])));
    const carry = op("i64.extend_i32_u", op("i64.lt_u", lower, middle));
    const upper = f.let(op("i64.add", op("i64.add", op("i64.mul", m, window[0]), call(upperOf, m, window[1])), carry));
    // The two highest bits are the quarters, rounded to nearest; what is left is signed.
    const quarters = f.let(op("i64.shr_u", op("i64.add", upper, i64(1n << 61n)), i64(62n)));
    const fraction = f.let(op("i64.sub", upper, op("i64.shl", quarters, i64(62n))));
    const a = f.let(op("f64.mul", op("f64.convert_i64_s", op("i64.shr_s", fraction, i64(32n))), f64(2 ** -30)));
    const b = op("f64.convert_i64_u", op("i64.and", fraction, i64(0xffffffffn)));
    const bScaled = f.let(op("f64.mul", b, f64(2 ** -62)));
    const c = op("f64.mul", op("f64.convert_i64_u", lower), f64(2 ** -126));
    const sum = f.let(op("f64.add", a, bScaled));
    const rest = f.let(op("f64.add", op("f64.sub", bScaled, op("f64.sub", sum, a)), c));
    const high = f.let(op("f64.add", sum, rest));
    const low = op("i64.reinterpret_f64", op("f64.sub", rest, op("f64.sub", high, sum)));
    const tagged = op("i64.or", op("i64.and", low, i64(-4n)), quarters);
    f.return(atLane("f64x2.replace_lane", 1, op("f64x2.splat", high), op("f64.reinterpret_i64", tagged)));
  });
}

/** A word of the table by its number. */
function word(module: ModuleBuilder): Callable {
  return module.function(["i32"], "i64", (f, index) => {
    for (const [i, bits] of twoOverPi.entries()) f.if(op("i32.eq", index, i), () => f.return(i64(bits)));
    f.return(i64(0n));
  });
}

/** The upper 64 bits of the product of a and b, without signs; a has 53 bits. */
const upperProduct: Library = (module) => {
  const low = (x: Value): Value => op("i64.and", x, i64(0xffffffffn));
  const high = (x: Value): Value => op("i64.shr_u", x, i64(32n));
  return module.function(["i64", "i64"], "i64", (f, a, b) => {
    const first = f.let(op("i64.mul", high(a), low(b)));
    const second = f.let(op("i64.mul", low(a), high(b)));
    const carried = op("i64.add", high(op("i64.mul", low(a), low(b))), op("i64.add", low(first), low(second)));
    const upper = op("i64.add", op("i64.mul", high(a), high(b)), op("i64.add", high(first), high(second)));
    f.return(op("i64.add", upper, high(carried)));
  });
};
