import type { Library, Local, Value } from "../assembler/index.js";
import { inDouble } from "./halves.js";
import { Lanes } from "./lanes.js";
import { log } from "./log.js";
import { sinPi } from "./sin-pi.js";

/** `ln Γ(x) / ((x − 1)(x − 2))` for ½ ≤ x ≤ 2½ is a quotient of polynomials, to 2⁻⁵⁵: all terms are positive. */
const numerator: readonly number[] = [
  2.883594126877119, 165.45161392330036, 2136.8664018068935, 9951.617230151924, 19983.073045256086, 18593.49409016546,
  8100.77355741747, 1579.578859228676, 121.60230004002953, 2.6958881285532597, 0.00361840094872419,
];
const denominator: readonly number[] = [
  1, 90.79542535183718, 1650.2395654269023, 10418.865216921324, 28087.88975109569, 35519.54269282395, 21874.40108947422,
  6491.820196884843, 871.8548806239952, 45.613886170160036, 0.6359215144523889,
];

/** `(ln Γ(x) − (x − ½)·ln x + x − ½·ln 2π)·x` in 1/x² for x ≥ 8, to 2⁻⁵⁷. */
export const stirling: readonly number[] = [
  0.08333333333333333, -0.0027777777777666475, 0.0007936507853632632, -0.0005952354078099514, 0.000841325402291109,
  -0.001882354540235979, 0.00490255387790024,
];

/** `½·ln 2π − ½` */
export const constant = 0.4189385332046727;

/** Where Stirling's series begins. */
const far = 8;

function double(v: Lanes, x: Local): Value {
  const magnitude = v.let(v.abs(x));
  const small = v.let(v.less(magnitude, 0.5));
  const large = v.let(v.lessEqual(far, magnitude));
  // Down to 1½ … 2½ by ln Γ(x) = ln(x − 1) + ln Γ(x − 1); the factors are collected.
  const steps = v.let(v.floor(v.sub(magnitude, 0.5)));
  const below = v.let(v.choose(v.less(magnitude, 2.5), magnitude, v.sub(magnitude, v.sub(steps, 1))));
  const product = v.let(1);
  for (let i = 1; i < far - 1; i++) {
    const factor = v.let(v.sub(magnitude, i));
    v.set(product, v.mul(product, v.choose(v.less(factor, 1.5), 1, factor)));
  }
  const logarithm = v.let(log(v, v.let(v.choose(v.or(small, large), magnitude, product))));

  const t = v.let(v.choose(small, v.add(x, 1), below));
  const quotient = v.div(v.polynomial(t, numerator), v.polynomial(t, denominator));
  const base = v.mul(v.mul(v.sub(t, 1), v.sub(t, 2)), quotient);
  const near = v.add(base, v.choose(small, v.neg(logarithm), logarithm));

  const inverse = v.let(v.div(1, magnitude));
  const square = v.let(v.mul(inverse, inverse));
  const series = v.add(v.mul(inverse, v.polynomial(square, stirling)), constant);
  const beyond = v.add(v.mul(v.sub(magnitude, 0.5), v.sub(logarithm, 1)), series);
  const y = v.let(v.choose(large, beyond, near));

  const reflected = v.let(v.lessEqual(x, -0.5));
  v.ifAny(reflected, () => {
    const part = v.let(v.sub(magnitude, v.floor(magnitude)));
    const sine = sinPi(v, v.let(v.lesser(part, v.sub(1, part))));
    const mirror = log(v, v.let(v.div(Math.PI, v.mul(magnitude, sine))));
    v.set(y, v.choose(reflected, v.sub(mirror, y), y));
  });
  return v.choose(v.equal(magnitude, Infinity), Infinity, y);
}

const doubles: Library = (module) =>
  module.function(["v128"], "v128", (f, x) => f.return(double(new Lanes(module, f, "f64"), x)));

/**
 * `ln |Γ(x)|`, within 6 ulps where it is not small beside the terms that it is the sum of: near its zeros below 0 the
 * error is a few 2⁻⁵² of those.
 *
 *     ½ ≤ x ≤ 2½:  (x − 1)(x − 2)·P(x) / Q(x)
 *     |x| < ½:     ln Γ(1 + x) − ln |x|
 *     2½ < x < 8:  ln Γ(x − n) + ln((x − 1)…(x − n))
 *     x ≥ 8:       Stirling's series
 *     x ≤ −½:      ln(π / |x·sin πx|) − ln Γ(−x)
 *
 * Single precision is computed in double precision.
 *
 * @source Hart et al., "Computer Approximations", Wiley 1968, section 6.6; Abramowitz and Stegun, "Handbook of
 * Mathematical Functions", 1964, 6.1.15, 6.1.17 and 6.1.41
 */
export function lgamma(v: Lanes, x: Local): Value {
  return v.precision === "f64" ? double(v, x) : inDouble(v, v.module.use(doubles), x);
}
