import { bernoulli } from "../../reference/special.js";
import type { Library, Local, Value } from "../assembler/index.js";
import { inDouble } from "./halves.js";
import { type Formula, Lanes } from "./lanes.js";
import { log } from "./log.js";
import { sinPi } from "./sin-pi.js";

/** The n-th derivative of `π·cot πx`, over πⁿ⁺¹, as a polynomial in the cotangent: each derives by −(1 + c²). */
export function cotangentDerivative(order: number): readonly number[] {
  if (order === 0) return [0, 1];
  const slope = cotangentDerivative(order - 1).flatMap((c, i) => (i === 0 ? [] : [-c * i]));
  return [...slope, 0, 0].map((c, i) => c + (slope[i - 2] ?? 0));
}

export function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** `xⁿ` for a whole n ≥ 1. */
function integerPower(v: Lanes, x: Local, n: number): Value {
  if (n === 1) return x;
  const half = v.let(integerPower(v, x, n >> 1));
  const square = v.mul(half, half);
  return n % 2 === 0 ? square : v.mul(square, x);
}

/** `|ψ⁽ⁿ⁾(x)|` with the sign that it has for large x, n = 0 as it is: x ≥ ½. */
function ofPositive(v: Lanes, x: Local, order: number): Value {
  const far = 16 + order;
  const at = v.let(x);
  const total = v.let(0);
  const scale = factorial(order) * (order === 0 ? -1 : 1);
  v.whileAny(
    () => v.less(at, far),
    () => {
      const walks = v.let(v.less(at, far));
      const term = v.div(scale, integerPower(v, at, order + 1));
      v.set(total, v.add(total, v.and(term, walks)));
      v.set(at, v.add(at, v.and(1, walks)));
    },
  );
  const inverse = v.let(v.div(1, at));
  const square = v.let(v.mul(inverse, inverse));
  const coefficients = bernoulli.map((b, i) => (b * factorial(2 * i + 1 + order)) / factorial(2 * i + 2));
  const tail = v.mul(square, v.polynomial(square, coefficients));
  if (order === 0) {
    const start = v.sub(log(v, at), v.mul(inverse, 0.5));
    return v.add(total, v.sub(start, tail));
  }
  const start = v.add(v.mul(inverse, factorial(order) / 2), factorial(order - 1));
  return v.add(total, v.mul(integerPower(v, inverse, order), v.add(start, tail)));
}

function double(v: Lanes, x: Local, order: number): Value {
  const reflects = v.let(v.less(x, 0.5));
  const positive = ofPositive(v, v.let(v.choose(reflects, v.sub(1, x), x)), order);
  const y = v.let(order % 2 === 0 && order > 0 ? v.neg(positive) : positive);
  v.ifAny(reflects, () => {
    const floor = v.let(v.floor(x));
    const part = v.let(v.sub(x, floor));
    const fromNearest = v.choose(v.less(0.5, part), v.sub(part, 1), part);
    // Between −½ and ½ x is that itself; the floor would round it away.
    const sine = v.let(v.choose(v.less(v.abs(x), 0.5), x, fromNearest));
    const cosine = v.let(v.sub(0.5, v.abs(sine)));
    const cotangent = v.let(v.div(sinPi(v, cosine), sinPi(v, sine)));
    const mirror = v.mul(v.polynomial(cotangent, cotangentDerivative(order)), Math.PI ** (order + 1));
    const reflected = v.sub(order % 2 === 0 ? y : v.neg(y), mirror);
    const pole = v.and(v.equal(part, 0), v.lessEqual(x, 0));
    v.set(y, v.choose(reflects, v.choose(pole, NaN, reflected), y));
  });
  return v.add(y, 0); // at ∞ the result is 0, not −0
}

/**
 * `ψ⁽ⁿ⁾(x)`, the derivatives of `ln Γ(x)` from the first, in about double precision.
 *
 *     ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) − (−1)ⁿ n! / xⁿ⁺¹     up to x ≥ 16 + n, where the asymptotic series is good
 *     ψ⁽ⁿ⁾(x) = (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − dⁿ/dxⁿ π·cot πx     for x < ½
 *
 * It is NaN at the poles 0, −1, −2, … Single precision is computed in double precision.
 *
 * @source Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.4.6, 6.4.7 and 6.4.11
 */
export function polygamma(order: number): Formula {
  const doubles: Library = (module) =>
    module.function(["v128"], "v128", (f, x) => f.return(double(new Lanes(module, f, "f64"), x, order)));
  return (v, x) => (v.precision === "f64" ? double(v, x, order) : inDouble(v, v.module.use(doubles), x));
}
