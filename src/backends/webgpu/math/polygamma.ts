import { bernoulli } from "../../reference/special.js";
import { cotangentDerivative, factorial } from "../../wasm/math/polygamma.js";
import { log } from "./log.js";
import { sinPi } from "./sin-pi.js";
import { literal, polynomial, type Source } from "./source.js";

/** The positive zero of ψ in two parts. */
const zero = { high: 1.4616321325302124, low: 1.2438149843418955e-8 } as const;

/** `ψ(x) / (x − zero)` in x − 1½ for 1 ≤ x ≤ 2, to 2⁻³⁰. */
const nearZero = [
  0.951055884, -0.423627406, 0.24054265, -0.14840503, 0.094980821, -0.0619168654, 0.0408935621, -0.0270642564,
  0.0169152245, -0.0112470472, 0.0112231551, -0.00747682946,
] as const;

/** Down to here by steps, below by the mirror image. */
const mirrored = -16;

/** Terms of the asymptotic series. */
const terms = 5;

/** `ψ(x)` for x > −16: between 1 and 2 by that, from 8 on by the asymptotic series. */
const digamma: Source = {
  name: "polygamma0Walked",
  calls: [log],
  text: () => `fn polygamma0Walked_N(x: f32) -> f32 {
  if (x >= 8.0f) {
    let inverse = 1.0f / x;
    let square = inverse * inverse;
    let tail = square * ${polynomial(
      "square",
      bernoulli.slice(0, terms).map((b, i) => b / (2 * i + 2)),
    )};
    return log_1(x) - (0.5f * inverse + tail);
  }
  var t = x;
  var total = 0.0f;
  while (t < 1.0f) {
    total -= 1.0f / t;
    t += 1.0f;
  }
  while (t > 2.0f) {
    t -= 1.0f;
    total += 1.0f / t;
  }
  let u = t - 1.5f;
  // The limit changes nothing, but compilers would join the parts.
  let fromZero = max(t - ${literal(zero.high)}, -1.0f) - ${literal(zero.low)};
  return total + fromZero * ${polynomial("u", nearZero)};
}
`,
};

/** `(−1)ⁿ⁺¹ ψ⁽ⁿ⁾(x)` for x > −16 and n ≥ 1; the terms of the largest steps are added first, as they are the smallest. */
function walked(order: number): Source {
  const name = `polygamma${order}Walked`;
  const far = 6 + order;
  const rising = Array.from({ length: order - 1 }, (_, i) => ` * (${literal(i + 1)} * inverse)`).join("");
  const coefficients = bernoulli
    .slice(0, terms)
    .map((b, i) => (b * factorial(2 * i + 1 + order)) / (factorial(2 * i + 2) * factorial(order - 1)));
  return {
    name,
    calls: [],
    text: () => `fn ${name}_N(x: f32) -> f32 {
  let steps = i32(max(${literal(far)} - floor(x), 0.0f));
  var inverse = 1.0f / (x + f32(steps));
  let square = inverse * inverse;
  let tail = square * ${polynomial("square", coefficients)};
  // In this order no product is below the result, which may be the least ordinary number.
  var total = inverse * (1.0f + (${literal(order / 2)} * inverse + tail))${rising};
  for (var i = steps - 1; i >= 0; i--) {
    inverse = 1.0f / (x + f32(i));
    total += inverse * (${literal(order)} * inverse)${rising};
  }
  return total;
}
`,
  };
}

/** `dⁿ/dxⁿ π·cot πx` as a polynomial in the cotangent, of which every other coefficient is 0. */
function mirror(order: number): string {
  const all = cotangentDerivative(order).map((c) => c * Math.PI ** (order + 1));
  const odd = order % 2 === 0;
  const sum = polynomial(
    "square",
    all.filter((_, i) => (i % 2 === 1) === odd),
  );
  return odd ? `cotangent * ${sum}` : sum;
}

/**
 * `ψ⁽ⁿ⁾(x)`, the derivatives of `ln Γ(x)` from the first; NaN at the poles 0, −1, −2, …
 *
 *     ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) − (−1)ⁿ n! / xⁿ⁺¹     up to x ≥ 6 + n, where the asymptotic series is good
 *     ψ⁽ⁿ⁾(x) = (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − dⁿ/dxⁿ π·cot πx     for x ≤ −16
 *
 * @source Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.4.6, 6.4.7 and 6.4.11
 */
export function polygamma(order: number): Source {
  const walk = order === 0 ? digamma : walked(order);
  const sign = order % 2 === 0 && order > 0 ? "-" : "";
  // The mirror image of an even derivative has its sign, that of an odd one the other.
  const image = order === 0 ? "" : "-";
  return {
    name: `polygamma${order}`,
    calls: [walk, sinPi],
    operandsOfScalar: 1,
    text: () => `fn polygamma${order}_N(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return x;
  }
  if (bits == 0x7f800000u) {
    return ${order === 0 ? "x" : "0.0f"};
  }
  let size = abs(x);
  if ((bits << 1u) < 0x01000000u || (x < 0.0f && (size >= 0x1p+23f || floor(x) == x))) {
    return bitcast<f32>(0x7fc00000u | (bits & 0u));
  }
  if (x > ${literal(mirrored)}) {
    return ${sign}${walk.name}_1(x);
  }
  let part = x - floor(x);
  let fromNearest = select(part, part - 1.0f, part > 0.5f);
  let cosine = sinPi_1(0.5f - abs(fromNearest));
  let cotangent = cosine / sinPi_1(fromNearest);
  let square = cotangent * cotangent;
  return ${image}${walk.name}_1(1.0f - x) - ${mirror(order)};
}
`,
  };
}
