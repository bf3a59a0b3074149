import { twoOverPi } from "../../wasm/math/payne-hanek.js";
import { literal, type Source } from "./source.js";

/** The bits of 2/π behind the point in words, after 32 zeros: as many as the largest single needs. */
function words(): readonly number[] {
  const all = twoOverPi.slice(0, 5).flatMap((pair) => [Number(pair >> 32n), Number(pair & 0xffffffffn)]);
  return all.slice(1, 9);
}

/** Four words from that whose number is in `index` on, as a to d: one bit of it after the other chooses. */
function window(): string {
  const lines: string[] = [];
  const choose = (bit: number, from: readonly string[], to: readonly string[]): readonly string[] => {
    lines.push(`let bit${bit} = (index & U(${bit}u)) != U();`);
    // Past the last word there is none that could be chosen.
    for (const [i, name] of to.entries()) {
      lines.push(`let ${name} = select(${from[i]}, ${from[i + bit] ?? from[i]}, bit${bit});`);
    }
    return to;
  };
  const all = words().map((bits) => `U(${bits}u)`);
  const seven = choose(4, all, ["a4", "b4", "c4", "d4", "e4", "f4", "g4"]);
  const five = choose(2, seven, ["a2", "b2", "c2", "d2", "e2"]);
  choose(1, five, ["a", "b", "c", "d"]);
  return lines.join("\n  ");
}

/** The upper 32 bits of a product. */
const upperProduct: Source = {
  name: "upperProduct",
  calls: [],
  text: () => `fn upperProduct_N(a: U, b: U) -> U {
  let aLow = a & U(0xffffu);
  let bLow = b & U(0xffffu);
  let first = (a >> U(16u)) * bLow;
  let second = aLow * (b >> U(16u));
  let carried = ((aLow * bLow) >> U(16u)) + (first & U(0xffffu)) + (second & U(0xffffu));
  return (a >> U(16u)) * (b >> U(16u)) + (first >> U(16u)) + (second >> U(16u)) + (carried >> U(16u));
}
`,
};

/** A remainder after whole quarter turns, in radians, and their number in the two lowest bits. */
export const turned: Source = {
  name: "Turned",
  calls: [],
  text: () => `struct Turned_N {
  remainder: F,
  quarters: U,
}
`,
};

/**
 * `x = quarters·π/2 + remainder` for any finite x ≥ 2¹², to an ulp of the remainder however small that is.
 *
 *     x·2/π = m·2ᵉ·2/π      m a whole number of 24 bits
 *
 * Of the bits of 2/π only 96 matter: those before them make whole turns, those behind are too small. The product with m
 * is formed in whole numbers.
 *
 * @source Payne and Hanek, "Radian Reduction for Trigonometric Functions", ACM SIGNUM Newsletter 18, 1983
 */
export const reduceHuge: Source = {
  name: "reduceHuge",
  calls: [upperProduct, turned],
  text: () => `fn reduceHuge_N(x: F) -> Turned_N {
  let bits = bitcast<U>(x);
  let m = (bits & U(0x007fffffu)) | U(0x00800000u);
  // The first bit of the table whose product is less than four quarter turns.
  let at = (bits >> U(23u)) - U(120u);
  let index = at >> U(5u);
  let shift = at & U(31u);
  ${window()}
  let back = U(31u) - shift;
  let first = (a << shift) | ((b >> U(1u)) >> back);
  let second = (b << shift) | ((c >> U(1u)) >> back);
  let third = (c << shift) | ((d >> U(1u)) >> back);
  let middle = m * second;
  let lower = middle + upperProduct_N(m, third);
  let upper = m * first + upperProduct_N(m, second) + select(U(0u), U(1u), lower < middle);
  // The two highest bits are the quarters, rounded to nearest; what is left is signed.
  let quarters = (upper + U(0x20000000u)) >> U(30u);
  let fraction = upper - (quarters << U(30u));
  let negative = fraction >= U(0x80000000u);
  let high = select(fraction, ~fraction + select(U(0u), U(1u), lower == U(0u)), negative);
  let low = select(lower, U(0u) - lower, negative);
  // 12 bits of each factor have an exact product, to which the small rest is added in one rounding.
  let size = F(bitcast<I>(high >> U(18u))) * 0x1p-12f;
  let middlePart = F(bitcast<I>(high & U(0x3ffffu))) * 0x1p-30f;
  let lowPart = F(bitcast<I>(low >> U(8u))) * 0x1p-54f;
  let rest = (middlePart + lowPart) * ${literal(Math.PI / 2)} + size * ${literal(Math.PI / 2 - 1.5703125)};
  let remainder = size * 1.5703125f + rest;
  return Turned_N(select(remainder, -remainder, negative), quarters);
}
`,
};
