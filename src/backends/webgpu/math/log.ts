import { ln2 } from "../../wasm/math/exp.js";
import { series } from "../../wasm/math/log.js";
import { literal, polynomial, type Source } from "./source.js";

/** The bits of √½, and how far those of 1 are above them. */
const rootBits = "0x3f3504f3u";
const fromRootToOne = "0x004afb0du";

/** `bits = (1 + f)·2ᵏ` with √½ ≤ 1 + f < √2, for the bits of a positive number that is not subnormal. */
export function decompose(bits: string): string {
  return `
  let raised = ${bits} + U(${fromRootToOne});
  let k = F(bitcast<I>(raised >> U(23u))) - 127.0f;
  let f = bitcast<F>((raised & U(0x007fffffu)) + U(${rootBits})) - 1.0f;`;
}

/** `ln(1 + f) + k·ln 2 + rest` for √½ ≤ 1 + f < √2. */
const logNearOne: Source = {
  name: "logNearOne",
  calls: [],
  text: () => `fn logNearOne_N(f: F, k: F, rest: F) -> F {
  let s = f / (f + 2.0f);
  let z = s * s;
  let bend = 0.5f * (f * f);
  let tail = s * (bend + z * ${polynomial("z", series.f32)});
  let small = bend - (tail + (k * ${literal(ln2.f32.low)} + rest));
  return k * ${literal(ln2.f32.high)} - (small - f);
}
`,
};

/** The logarithm's ends: −∞ at 0 and for subnormal numbers, ∞ at ∞, NaN below 0 and at NaN. */
const withEnds: Source = {
  name: "logWithEnds",
  calls: [],
  text: () => `fn logWithEnds_N(y: F, bits: U) -> F {
  let endless = select(U(0x7fc00000u), bits, bits == U(0x7f800000u));
  let ends = select(endless, U(0xff800000u), (bits << U(1u)) < U(0x01000000u));
  return bitcast<F>(select(ends, bitcast<U>(y), (bits - U(0x00800000u)) < U(0x7f000000u)));
}
`,
};

/**
 * `ln x`, within 1 ulp.
 *
 *     ln x = k·ln 2 + ln(1 + f)      x = 2ᵏ·(1 + f), √½ ≤ 1 + f < √2
 *     ln(1 + f) = f − f²/2 + s·(f²/2 + R(s²))      s = f / (2 + f)
 *
 * R is a minimax polynomial; f itself is exact, so that nothing is lost near x = 1.
 *
 * @source Tang, "Table-Driven Implementation of the Logarithm Function in IEEE Floating-Point Arithmetic", ACM TOMS 16,
 * 1990; the series in s is that of the inverse hyperbolic tangent
 */
export const log: Source = {
  name: "log",
  calls: [logNearOne, withEnds],
  text: () => `fn log_N(x: F) -> F {
  let bits = bitcast<U>(x);${decompose("bits")}
  return logWithEnds_N(logNearOne_N(f, k, F()), bits);
}
`,
};

/**
 * `ln(1 + x)`, within 1 ulp also near 0.
 *
 *     ln(1 + x) = ln u + (x − (u − 1)) / u      u = 1 + x, rounded
 *
 * For √½ ≤ 1 + x < √2 no sum is rounded: x is the f of `ln(1 + f)`.
 *
 * @source Goldberg, "What Every Computer Scientist Should Know About Floating-Point Arithmetic", ACM Computing Surveys
 * 23, 1991, theorem 4 for the need; the correction is that of Kahan
 */
export const log1p: Source = {
  name: "log1p",
  calls: [logNearOne, withEnds],
  text: () => `fn log1p_N(x: F) -> F {
  // The limit changes nothing, but compilers would cancel the 1 in u − 1.
  let u = max(x + 1.0f, F(-1.0f));
  let bits = bitcast<U>(u);${decompose("bits")}
  let near = (F(${literal(Math.SQRT1_2 - 1)}) < x) & (x < F(${literal(Math.SQRT2 - 1)}));
  // The smaller addend is exact less the sum's share of it.
  let lost = select(x - (u - 1.0f), 1.0f - (u - x), x > F(1.0f));
  let y = logNearOne_N(select(f, x, near), select(k, F(), near), select(lost / u, F(), near));
  let unknown = (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u);
  let ends = bitcast<U>(logWithEnds_N(y, bits)) | (bitcast<U>(x) & U(0x80000000u));
  return bitcast<F>(select(ends, bitcast<U>(x), unknown));
}
`,
};
