import type { Library, Local, Value } from "../assembler/index.js";
import { type DoubleDouble, exactProduct, exactSum, orderedSum } from "./double-double.js";
import { expOfSum } from "./exp.js";
import { inDouble } from "./halves.js";
import { Lanes } from "./lanes.js";
import { decompose, log } from "./log.js";

/** ln 2 in parts of 33 bits, whose products with an exponent are exact, and what is left. */
const ln2 = [0.6931471804855391, 7.440617109802979e-11, 2.0941744292700725e-21] as const;

const twoThirds = { high: 2 / 3, low: 3.700743415417188e-17 } as const;

/** `((ln((1 + s) / (1 − s)) / s − 2) / z − 2/3) / z` with z = s², for the s of √½ ≤ x < √2, to 2⁻⁷³ of the logarithm. */
const series = [
  0.3999999999999998, 0.2857142857144385, 0.22222222217785156, 0.18181818844724185, 0.1538455836987899,
  0.13336267021115464, 0.11675725163902913, 0.1198224597061127,
] as const;

/** `ln x` to 2⁻⁶⁴ of it, for positive x: `2s + s·z·(2/3 + z·Q(z)) + k·ln 2` with s = f / (2 + f) and z = s². */
function preciseLog(v: Lanes, x: Local): DoubleDouble {
  const { k, f } = decompose(v, x);
  const u = orderedSum(v, v.let(2), f);
  const s = v.let(v.div(f, u.high));
  const back = exactProduct(v, s, u.high);
  const left = v.sub(v.sub(v.sub(f, back.high), back.low), v.mul(s, u.low));
  const sLow = v.let(v.div(left, u.high));
  const z = exactProduct(v, s, s);
  const zLow = v.let(v.add(z.low, v.mul(v.add(s, s), sLow)));
  const cube = exactProduct(v, s, z.high);
  const cubeLow = v.add(cube.low, v.add(v.mul(s, zLow), v.mul(sLow, z.high)));
  const third = exactProduct(v, cube.high, v.let(twoThirds.high));
  const thirdLow = v.add(third.low, v.add(v.mul(cube.high, twoThirds.low), v.mul(cubeLow, twoThirds.high)));
  const tail = v.mul(v.mul(cube.high, z.high), v.polynomial(z.high, series));

  const a = orderedSum(v, v.let(v.mul(k, ln2[0])), v.let(v.add(s, s)));
  const b = orderedSum(v, a.high, third.high);
  const c = exactSum(v, b.high, v.let(v.mul(k, ln2[1])));
  const lows = v.add(v.add(a.low, b.low), v.add(c.low, v.mul(k, ln2[2])));
  const small = v.let(v.add(v.add(lows, v.add(thirdLow, v.add(sLow, sLow))), tail));
  return orderedSum(v, c.high, small);
}

/** `|x|^y` for 0 < |x| < ∞ and any y but NaN. */
function magnitudeOf(v: Lanes, x: Local, y: Local, result: "f32" | "f64"): Value {
  // Beyond 2⁶⁶ only the sign of y matters; without the limit its product would overflow.
  const exponent = v.let(v.lesser(v.greater(y, -(2 ** 66)), 2 ** 66));
  if (result === "f32") {
    const product = v.mul(log(v, x), exponent);
    return expOfSum(v, v.lesser(v.greater(product, -746), 710), v.let(0));
  }
  const { high, low } = preciseLog(v, x);
  const product = exactProduct(v, high, exponent);
  const rest = v.add(product.low, v.mul(low, exponent));
  const inside = v.less(v.abs(product.high), 746);
  return expOfSum(v, v.lesser(v.greater(product.high, -746), 710), v.let(v.and(rest, inside)));
}

function power(v: Lanes, x: Local, y: Local, result: "f32" | "f64"): Value {
  const magnitude = v.let(v.abs(x));
  const ordinary = magnitudeOf(v, magnitude, y, result);
  const atEnd = v.or(v.equal(magnitude, 0), v.equal(magnitude, Infinity));
  const grows = v.xor(v.equal(magnitude, Infinity), v.less(y, 0));
  const size = v.choose(atEnd, v.and(grows, Infinity), ordinary);
  const half = v.let(v.mul(y, 0.5));
  const whole = v.let(v.equal(v.trunc(y), y));
  const odd = v.and(whole, v.unequal(v.trunc(half), half));
  const signed = v.or(size, v.and(v.signOf(x), odd));
  const imaginary = v.andNot(v.and(v.less(x, 0), v.less(magnitude, Infinity)), whole);
  const endless = v.and(v.equal(magnitude, 1), v.equal(v.abs(y), Infinity));
  const unknown = v.or(v.unequal(x, x), v.unequal(y, y));
  const defined = v.choose(v.or(v.or(imaginary, endless), unknown), NaN, signed);
  return v.choose(v.equal(y, 0), 1, defined);
}

const powerForSingles: Library = (module) =>
  module.function(["v128", "v128"], "v128", (f, x, y) => f.return(power(new Lanes(module, f, "f64"), x, y, "f32")));

/**
 * `x ** y` as JavaScript has it, within 1 ulp: where |x| is 1 and y infinite it is NaN.
 *
 *     |x| ** y = exp(y·ln |x|)
 *
 * The logarithm and its product with y are carried in two doubles, as the exponential multiplies an error of the product
 * by up to 745. Single precision is computed in double precision, where one double is enough.
 *
 * @source Dekker, "A Floating-Point Technique for Extending the Available Precision", Numerische Mathematik 18, 1971
 */
export function pow(v: Lanes, x: Local, y: Local): Value {
  if (v.precision === "f32") return inDouble(v, v.module.use(powerForSingles), x, y);
  return power(v, x, y, "f64");
}
