import type { Library, Local, Value } from "../assembler/index.js";
import { type DoubleDouble, exactSum, orderedSum } from "./double-double.js";
import { inDouble } from "./halves.js";
import { type Formula, Lanes, type Pair } from "./lanes.js";
import { reduceHuge } from "./payne-hanek.js";

/** `(sin r / r − 1) / z` and `(cos r − 1 + z/2) / z²` in z = r² for |r| ≤ π/4, as exact as either precision's result needs. */
export const sine: Pair<readonly number[]> = {
  f32: [-0.16666666641611336, 0.008333329383914765, -0.00019839334163428526, 2.718304606301416e-6],
  f64: [
    -0.16666666666666632, 0.008333333333322486, -0.00019841269829853417, 2.7557313705097e-6, -2.5050759896431756e-8,
    1.5896886989134753e-10,
  ],
};
export const cosine: Pair<readonly number[]> = {
  f32: [0.04166666662279722, -0.0013888883750693198, 2.479951929558398e-5, -2.721017967192959e-7],
  f64: [
    0.0416666666666666, -0.001388888888887447, 2.480158728966712e-5, -2.755731439940305e-7, 2.087572902303214e-9,
    -1.1359919302291413e-11,
  ],
};

/** π/2 in parts of 33 bits, whose products with quarter turns below 2²⁰ are exact, and what is left. */
const parts = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;

/** Up to here the parts do. */
const far = 2 ** 20;

/** Takes `k` quarter turns off x. */
function reduce(v: Lanes, x: Local, k: Local): DoubleDouble {
  const first = v.let(v.sub(x, v.mul(k, parts[0])));
  const a = exactSum(v, first, v.let(v.mul(k, -parts[1])));
  const b = exactSum(v, a.high, v.let(v.mul(k, -parts[2])));
  return orderedSum(v, b.high, v.let(v.sub(v.add(a.low, b.low), v.mul(k, parts[3]))));
}

/** The same, where the result is rounded to single precision. */
function reduceForSingle(v: Lanes, x: Local, k: Local): DoubleDouble {
  const high = v.let(v.sub(v.sub(x, v.mul(k, parts[0])), v.mul(k, parts[1])));
  return { high, low: v.let(0) };
}

/** sin x, and cos x by one quarter turn more, in double precision; as exact as `result` needs. */
function turned(v: Lanes, x: Local, ahead: 0n | 1n, result: "f32" | "f64"): Value {
  const magnitude = v.let(v.abs(x));
  const { whole, bits: quarters } = v.nearestWithBits(v.mul(magnitude, 2 / Math.PI));
  const near = (result === "f32" ? reduceForSingle : reduce)(v, magnitude, whole);
  v.ifAny(v.less(far, magnitude), () => {
    const huge = v.let(v.less(far, magnitude));
    const reduced = reduceHuge(v, magnitude);
    v.set(near.high, v.choose(huge, reduced.remainder.high, near.high));
    v.set(near.low, v.choose(huge, reduced.remainder.low, near.low));
    v.set(quarters, v.choose(huge, reduced.quarters, quarters));
  });
  const r = near.high;
  const z = v.let(v.mul(r, r));
  const half = v.let(v.mul(z, 0.5));
  const unit = v.let(v.sub(1, half));
  const bend = v.mul(v.mul(r, z), v.polynomial(z, sine[result]));
  const sin = v.add(r, v.add(bend, v.mul(near.low, unit)));
  const tail = v.sub(v.mul(v.mul(z, z), v.polynomial(z, cosine[result])), v.mul(r, near.low));
  const cos = v.add(unit, v.add(v.sub(v.sub(1, unit), half), tail));
  const turn = v.let(v.addBits(quarters, v.bits(ahead)));
  const odd = v.subBits(v.bits(0n), v.and(turn, v.bits(1n)));
  const flip = v.shiftLeft(v.and(turn, v.bits(2n)), 62);
  const y = v.xor(v.choose(odd, cos, sin), flip);
  const signed = ahead === 0n ? v.xor(y, v.signOf(x)) : y;
  return v.choose(v.less(magnitude, Infinity), signed, NaN);
}

function formulaOf(ahead: 0n | 1n): Formula {
  const single: Library = (module) =>
    module.function(["v128"], "v128", (f, x) => f.return(turned(new Lanes(module, f, "f64"), x, ahead, "f32")));
  return (v, x) => (v.precision === "f64" ? turned(v, x, ahead, "f64") : inDouble(v, v.module.use(single), x));
}

/**
 * `sin x`, within 1 ulp for every x.
 *
 *     sin x = ±sin r or ±cos r      r = x − k·π/2, |r| ≤ π/4
 *
 * r and what rounding took from it come from π/2 in four parts, beyond |x| = 2²⁰ from whole numbers; sin r and cos r from
 * minimax polynomials. Single precision is computed in double precision.
 *
 * @source Cody and Waite, "Software Manual for the Elementary Functions", Prentice-Hall 1980, chapter 8; Payne and Hanek,
 * "Radian Reduction for Trigonometric Functions", ACM SIGNUM Newsletter 18, 1983
 */
export const sin: Formula = /* @__PURE__ */ formulaOf(0n);

/** `cos x`, within 1 ulp for every x, as `sin` one quarter turn ahead. */
export const cos: Formula = /* @__PURE__ */ formulaOf(1n);
