/** A number `whole·2^−scale`, known to at least 120 bits. */
export interface Exact {
  readonly whole: bigint;
  readonly scale: number;
}

/** Bits kept beyond those of the result's leading bit. */
const bits = 192;

/** `x` as a whole number of 2^−scale, cut off. */
function fixed(x: number, scale: number): bigint {
  const raw = new BigUint64Array(Float64Array.of(Math.abs(x)).buffer)[0];
  const stored = Number(raw >> 52n);
  const mantissa = (raw & ((1n << 52n) - 1n)) | (stored === 0 ? 0n : 1n << 52n);
  const magnitude = shift(mantissa, scale + Math.max(stored, 1) - 1075);
  return x < 0 ? -magnitude : magnitude;
}

function shift(whole: bigint, by: number): bigint {
  return by >= 0 ? whole << BigInt(by) : whole >> BigInt(-by);
}

/** Bits behind the point that keep `bits` of a small x. */
function scaleFor(x: number): number {
  return bits + (x === 0 ? 0 : Math.max(0, -Math.floor(Math.log2(Math.abs(x)))));
}

function atScale({ whole, scale }: Exact, to: number): bigint {
  return shift(whole, to - scale);
}

function product(a: bigint, b: bigint, scale: number): bigint {
  return (a * b) >> BigInt(scale);
}

function quotient(a: bigint, b: bigint, scale: number): bigint {
  return (a << BigInt(scale)) / b;
}

/** `Σ (±1)ⁿ z^(−2n−1) / (2n+1)`: the inverse tangent of 1/z, or the hyperbolic one. */
function inverseTangent(z: bigint, scale: number, sign: -1n | 1n): bigint {
  let power = (1n << BigInt(scale)) / z;
  let total = 0n;
  for (let n = 1n; power !== 0n; n += 2n, power = (sign * power) / (z * z)) total += power / n;
  return total;
}

const known = new Map<string, bigint>();

function constant(name: string, scale: number, compute: (scale: number) => bigint): bigint {
  const key = `${name} ${scale}`;
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = compute(scale + 32) >> 32n));
  return value;
}

function ln2(scale: number): bigint {
  return constant("ln2", scale, (s) => 2n * inverseTangent(3n, s, 1n));
}

function pi(scale: number): bigint {
  return constant("pi", scale, (s) => 16n * inverseTangent(5n, s, -1n) - 4n * inverseTangent(239n, s, -1n));
}

/** `e^(t·2^−scale)`. */
function expOf(t: bigint, scale: number): Exact {
  const unit = ln2(scale);
  const k = (2n * t + unit) / (2n * unit) - (2n * t + unit < 0n ? 1n : 0n);
  const halvings = 12;
  const r = (t - k * unit) >> BigInt(halvings);
  const one = 1n << BigInt(scale);
  let sum = one;
  let term = one;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = product(term, r, scale) / n;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = product(sum, sum, scale);
  return { whole: sum, scale: scale - Number(k) };
}

/** `ln(u·2^−scale)` by Newton's method of third order, from a double that is near. */
function logOf(u: bigint, scale: number, near: number): bigint {
  let y = fixed(near, scale);
  for (let i = 0; i < 2; i++) {
    const back = atScale(expOf(y, scale), scale);
    y += 2n * quotient(u - back, u + back, scale);
  }
  return y;
}

/** `ln x` of any positive double. */
function logOfDouble(x: number, scale: number): bigint {
  const k = Math.floor(Math.log2(x));
  const m = fixed(x, scale - k); // 1 ≤ m < 2
  const near = Number(m >> BigInt(scale - 60)) / 2 ** 60;
  return logOf(m, scale, Math.log(near)) + BigInt(k) * ln2(scale);
}

/** The sine of quarter turns: `sin(π/2·turns)`, with turns in 2^−scale. */
function sineOfTurns(turns: bigint, scale: number): bigint {
  const one = 1n << BigInt(scale);
  const quarter = ((turns % (4n * one)) + 4n * one) % (4n * one);
  const half = quarter >= 2n * one;
  const folded = half ? quarter - 2n * one : quarter;
  const within = folded > one ? 2n * one - folded : folded;
  const x = product(within, pi(scale) >> 1n, scale);
  let term = x;
  let sum = x;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = product(product(-term, x, scale), x, scale) / (2n * n * (2n * n + 1n));
    sum += term;
  }
  return half ? -sum : sum;
}

function trigonometric(ahead: bigint): (x: number) => Exact {
  return (x) => {
    const extra = Math.max(0, Math.ceil(Math.log2(Math.abs(x) + 1)));
    const reducing = scaleFor(x) + extra + 128;
    const turns = quotient(2n * fixed(x, reducing), pi(reducing), reducing);
    const scale = scaleFor(x) + 128;
    return { whole: sineOfTurns(shift(turns, scale - reducing) + (ahead << BigInt(scale)), scale), scale };
  };
}

/** `B₂ₖ` as numerators over denominators, from k = 1. */
function bernoulli(count: number): readonly (readonly [bigint, bigint])[] {
  // B₂ₖ = (−1)^(k+1) · 2k · Tₖ / (4ᵏ (4ᵏ − 1)) with the tangent numbers Tₖ.
  const tangent = [0n, 1n];
  for (let k = 2; k <= count; k++) tangent[k] = BigInt(k - 1) * tangent[k - 1];
  for (let k = 2; k <= count; k++) {
    for (let j = k; j <= count; j++) tangent[j] = BigInt(j - k) * tangent[j - 1] + BigInt(j - k + 2) * tangent[j];
  }
  return Array.from({ length: count }, (_, i) => {
    const k = BigInt(i + 1);
    const four = 4n ** k;
    return [(i % 2 === 0 ? 1n : -1n) * 2n * k * tangent[i + 1], four * (four - 1n)] as const;
  });
}

const terms = bernoulli(40);

/** `ln Γ(x)` for positive x. */
function logGammaOfPositive(x: number, scale: number): bigint {
  const one = 1n << BigInt(scale);
  let at = fixed(x, scale);
  let factors = one;
  let factorsNear = 0;
  for (let z = x; at < 40n * one; at += one, z++) {
    factors = product(factors, at, scale);
    factorsNear += Math.log(z);
  }
  const near = Number(at >> BigInt(scale - 60)) / 2 ** 60;
  const logAt = x >= 40 ? logOfDouble(x, scale) : logOf(at, scale, Math.log(near));
  const twoPi = logOf(2n * pi(scale), scale, Math.log(2 * Math.PI));
  let series = 0n;
  const square = product(at, at, scale);
  let inverse = quotient(one, at, scale);
  for (const [i, [numerator, denominator]] of terms.entries()) {
    series += (inverse * numerator) / (denominator * BigInt((2 * i + 2) * (2 * i + 1)));
    inverse = quotient(inverse, square, scale);
  }
  const stirling = product(at - (one >> 1n), logAt, scale) - at + (twoPi >> 1n) + series;
  return x >= 40 ? stirling : stirling - logOf(factors, scale, factorsNear);
}

function logGamma(x: number): Exact {
  const scale = 2 * scaleFor(x); // near 0 the reflection forms x²
  if (x > 0) return { whole: logGammaOfPositive(x, scale), scale };
  const turns = 2n * fixed(-x, scale);
  const sine = sineOfTurns(turns, scale);
  const area = product(fixed(-x, scale), sine < 0n ? -sine : sine, scale);
  const ratio = quotient(pi(scale), area, scale);
  const k = ratio.toString(2).length - 1 - scale;
  const m = shift(ratio, -k);
  const mirror = logOf(m, scale, Math.log(Number(m >> BigInt(scale - 60)) / 2 ** 60)) + BigInt(k) * ln2(scale);
  return { whole: mirror - logGammaOfPositive(-x, scale), scale };
}

function logOnePlus(x: number): Exact {
  const scale = scaleFor(x) + 64;
  const one = 1n << BigInt(scale);
  if (x > 1) {
    const u = fixed(x, scale) + one;
    const k = u.toString(2).length - 1 - scale;
    const m = shift(u, -k);
    const near = Math.log(Number(m >> BigInt(scale - 60)) / 2 ** 60);
    return { whole: logOf(m, scale, near) + BigInt(k) * ln2(scale), scale };
  }
  return { whole: logOf(one + fixed(x, scale), scale, Math.log1p(x)), scale };
}

/** `e^−|x|` and the scale that keeps its bits. */
function decay(x: number): { readonly e: bigint; readonly one: bigint; readonly scale: number } {
  const scale = scaleFor(x) + Math.ceil(1.5 * Math.min(Math.abs(x), 1500)) + 64;
  return { e: atScale(expOf(-fixed(Math.abs(x), scale), scale), scale), one: 1n << BigInt(scale), scale };
}

/** Functions of a finite double inside their domain, whose result is neither 0 nor ∞. */
export const exact: Readonly<Record<string, (x: number) => Exact>> = {
  exp: (x) => expOf(fixed(x, bits + 64), bits + 64),
  expm1: (x) => {
    const scale = scaleFor(x) + 64;
    const e = expOf(fixed(x, scale), scale);
    const wide = Math.max(scale, e.scale);
    return { whole: atScale(e, wide) - (1n << BigInt(wide)), scale: wide };
  },
  log: (x) => ({ whole: logOfDouble(x, bits + 64), scale: bits + 64 }),
  log1p: logOnePlus,
  sin: trigonometric(0n),
  cos: trigonometric(1n),
  tanh: (x) => {
    const { e, one, scale } = decay(2 * x);
    const whole = quotient(one - e, one + e, scale);
    return { whole: x < 0 ? -whole : whole, scale };
  },
  sigmoid: (x) => {
    const { e, one, scale } = decay(x);
    return { whole: quotient(x < 0 ? e : one, one + e, scale), scale };
  },
  softplus: (x) => {
    const { e, one, scale } = decay(x);
    const near = Math.log1p(Math.exp(-Math.abs(x)));
    return { whole: logOf(one + e, scale, near) + (x > 0 ? fixed(x, scale) : 0n), scale };
  },
  erf: (x) => {
    const scale = scaleFor(x) + Math.ceil(1.5 * x * x) + 64;
    const t = fixed(x, scale);
    const square = product(t, t, scale);
    let power = t;
    let sum = t;
    for (let n = 1n; power !== 0n && power !== -1n; n++) {
      power = product(-power, square, scale) / n;
      sum += power / (2n * n + 1n);
    }
    // 2/√π = √(4/π)
    const root = squareRoot((4n << BigInt(3 * scale)) / pi(scale));
    return { whole: product(sum, root, scale), scale };
  },
  lgamma: logGamma,
};

/** `|x| ** y` where neither is 0 or ∞. */
export function exactPower(x: number, y: number): Exact {
  const scale = bits + 128 + Math.max(0, Math.ceil(Math.log2(Math.abs(y))));
  return expOf(product(logOfDouble(Math.abs(x), scale), fixed(y, scale), scale), scale);
}

function squareRoot(n: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const layouts = { f32: { mantissa: 23, least: -126 }, f64: { mantissa: 52, least: -1022 } } as const;

/** How far `y` is from the exact number, in units of the last place that the exact number has in this precision. */
export function ulpsOff(y: number, { whole, scale }: Exact, precision: "f32" | "f64"): number {
  const { mantissa, least } = layouts[precision];
  const length = (whole < 0n ? -whole : whole).toString(2).length;
  const unit = Math.max(length - 1 - scale, least) - mantissa; // the exponent of one ulp
  const wide = Math.max(scale, 1074) + 64;
  const off = fixed(y, wide) - shift(whole, wide - scale);
  const parts = shift(off < 0n ? -off : off, 20 - wide - unit);
  return Number(parts) / 2 ** 20;
}
