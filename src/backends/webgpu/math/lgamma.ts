import { constant, stirling } from "../../wasm/math/lgamma.js";
import { log } from "./log.js";
import { sinPi } from "./sin-pi.js";
import { literal, polynomial, type Source } from "./source.js";

/** `ln Γ(x) / ((x − 1)(x − 2))` in x − 1½ for ¾ ≤ x ≤ 2¼, to 2⁻²⁵. */
const near = [
  0.483128965, -0.145959899, 0.0629114062, -0.0313083082, 0.0167969838, -0.00942903291, 0.00544861751, -0.00318395719,
  0.00190511346, -0.00128125784, 0.000785489799, -0.000186715581, 0.000112263151, -0.000421455683, 0.000265318726,
] as const;

/** From here on the product of the steps up to ¾ is replaced by the mirror image. */
const mirrored = -16;

/** Where Stirling's series begins. */
const far = 8;

/** The last x whose result is finite. */
const end = 4.0850031e36;

/** `ln Γ(x)` for x ≥ 8. */
const beyond: Source = {
  name: "lgammaBeyond",
  calls: [log],
  text: () => `fn lgammaBeyond_N(x: f32) -> f32 {
  let inverse = 1.0f / x;
  let square = inverse * inverse;
  return (x - 0.5f) * (log_1(x) - 1.0f) + (inverse * ${polynomial("square", stirling.slice(0, 3))} + ${literal(constant)});
}
`,
};

/**
 * `ln |Γ(x)|`, within 3 ulps for x > 0, also near its zeros; below 0 it is within 8 ulps or 10⁻⁶.
 *
 *     ¾ ≤ x ≤ 2¼:    (x − 1)(x − 2)·P(x − 1½)
 *     2¼ < x < 8:    ln Γ(x − n) + ln((x − 1)…(x − n))
 *     −16 < x < ¾:   ln Γ(x + n) − ln |x(x + 1)…(x + n − 1)|
 *     x ≥ 8:         Stirling's series
 *     x ≤ −16:       ln(π / |x·sin πx|) − ln Γ(−x)
 *
 * @source Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.1.15, 6.1.17 and 6.1.41
 */
export const lgamma: Source = {
  name: "lgamma",
  calls: [log, beyond, sinPi],
  operandsOfScalar: 1,
  text: () => `fn lgamma_N(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let size = abs(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return x;
  }
  // Poles, of which 0 and the subnormal numbers are one.
  let pole = (bits << 1u) < 0x01000000u || (x < 0.0f && (size >= 0x1p+23f || floor(x) == x));
  if (pole || size > ${literal(end)}) {
    return bitcast<f32>(0x7f800000u | (bits & 0u));
  }
  if (x >= ${literal(far)}) {
    return lgammaBeyond_1(x);
  }
  if (x <= ${literal(mirrored)}) {
    let part = size - floor(size);
    let sine = sinPi_1(min(part, 1.0f - part));
    return log_1(${literal(Math.PI)} / (size * sine)) - lgammaBeyond_1(size);
  }
  var t = x;
  var above = 1.0f;
  while (t > 2.25f) {
    t -= 1.0f;
    above *= t;
  }
  var below = 1.0f;
  while (t < 0.75f) {
    below *= t;
    t += 1.0f;
  }
  let u = t - 1.5f;
  let base = (t - 1.0f) * (t - 2.0f) * ${polynomial("u", near)};
  return base + log_1(above) - log_1(abs(below));
}
`,
};
