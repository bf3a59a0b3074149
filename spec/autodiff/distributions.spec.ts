import {
  beta,
  exponential,
  full,
  gamma,
  grad,
  gumbel,
  log,
  normal,
  randomBits,
  randomKey,
  read,
  type Tensor,
  tensor,
  uniform,
} from "cotangent";
import { seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { CatoniTest } from "../../src/testing/catoni.js";
import { logMultinomialEValue } from "../../src/testing/goodness-of-fit.js";
import { upperIncompleteGamma } from "../../src/testing/incomplete-gamma.js";
import { law } from "../support/law.js";
import { riggedBackend } from "../support/rigged.js";

const dtypes = ["f32", "f64"] as const;
const draws = 8_000;
const alarm = Math.log(1e9); // each verdict below is wrong with a chance of at most 10⁻⁹

/** Ends of the cells that draws are counted in, as quantiles: fine in both tails. */
const quantiles = [0, 1e-3, 1e-2, ...Array.from({ length: 39 }, (_, i) => (i + 1) / 40), 0.99, 0.999, 1];

/** Refuses draws that do not have the distribution function. */
function checkQuantiles(values: ArrayLike<number>, distribution: (x: number) => number): void {
  const counts = new Array<number>(quantiles.length - 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    const place = distribution(values[i]);
    if (!(place >= 0 && place <= 1)) throw new Error(`draw ${values[i]} lies at the quantile ${place}`);
    const above = quantiles.findIndex((end) => place < end); // −1 where the place is 1
    counts[above < 0 ? counts.length - 1 : above - 1]++;
  }
  const cells = counts.map((_, i) => quantiles[i + 1] - quantiles[i]);
  expect(logMultinomialEValue(counts, cells)).toBeLessThan(alarm);
}

/** Refuses draws that do not have the mean, given their variance, at any moment while they come in. */
function checkMean(values: ArrayLike<number>, mean: number, variance: number): void {
  const test = new CatoniTest(mean, variance);
  for (let i = 0; i < values.length; i++) test.observe(values[i]);
  expect(test.rejected).toBe(false);
}

const square = (values: ArrayLike<number>, center: number) => Array.from(values, (x) => (x - center) ** 2);
const normalDistribution = (x: number) => {
  const tail = upperIncompleteGamma(0.5, (x * x) / 2) / 2;
  return x < 0 ? tail : 1 - tail;
};

/** Beta with whole parameters: the chance that at least a of a + b − 1 uniform numbers are below x. */
function betaDistribution(a: number, b: number, x: number): number {
  const n = a + b - 1;
  let [choose, total] = [1, 0];
  for (let k = 0; k <= n; k++) {
    if (k >= a) total += choose * x ** k * (1 - x) ** (n - k);
    choose *= (n - k) / (k + 1);
  }
  return Math.min(1, total);
}

describe.each(dtypes)("uniform in %s", (dtype) => {
  const bits = dtype === "f32" ? 24 : 53;

  law("is the leading bits of a word, or of two, as a fraction in [0, 1)", seeds, async (seed) => {
    const key = randomKey(seed);
    const values = await uniform(key, [64], { dtype }).data();
    const words = await randomBits(key, dtype === "f32" ? [64] : [64, 2]).data();
    values.forEach((value, i) => {
      const whole = dtype === "f32" ? words[i] >>> 8 : (words[2 * i] >>> 5) * 2 ** 26 + (words[2 * i + 1] >>> 6);
      expect(value).toBe(whole / 2 ** bits);
    });
  });

  it("reaches from 0 to one step below 1", async () => {
    const least = uniform(randomKey(0, { backend: riggedBackend([0]) }), [2], { dtype });
    const most = uniform(randomKey(0, { backend: riggedBackend([0xffffffff]) }), [2], { dtype });
    expect([...(await least.data())]).toEqual([0, 0]);
    expect([...(await most.data())]).toEqual([1 - 2 ** -bits, 1 - 2 ** -bits]);
  });

  it("is uniform", async () => {
    const values = await uniform(randomKey(1), [draws], { dtype }).data();
    checkQuantiles(values, (x) => x);
    checkMean(values, 0.5, 1 / 12);
    checkMean(square(values, 0.5), 1 / 12, 1 / 180);
  });
});

describe.each(dtypes)("normal, exponential and gumbel in %s", (dtype) => {
  it("normal has its quantiles, mean 0, variance 1 and fourth moment 3", async () => {
    const values = await normal(randomKey(2), [draws], { dtype }).data();
    checkQuantiles(values, normalDistribution);
    checkMean(values, 0, 1);
    checkMean(square(values, 0), 1, 2);
    checkMean(square(square(values, 0), 0), 3, 96);
  });

  it("exponential has its quantiles, mean 1 and variance 1", async () => {
    const values = await exponential(randomKey(3), [draws], { dtype }).data();
    checkQuantiles(values, (x) => -Math.expm1(-x));
    checkMean(values, 1, 1);
    checkMean(square(values, 1), 1, 8);
  });

  it("gumbel has its quantiles, Euler's mean and variance π²/6", async () => {
    const values = await gumbel(randomKey(4), [draws], { dtype }).data();
    checkQuantiles(values, (x) => Math.exp(-Math.exp(-x)));
    const variance = Math.PI ** 2 / 6;
    checkMean(values, 0.5772156649015329, variance);
    checkMean(square(values, 0.5772156649015329), variance, 4.4 * variance ** 2); // kurtosis 5.4
  });

  law("normal is √(−2 log u) · cos 2πv, with u in the exponential drawn with its key", seeds, async (seed) => {
    const key = randomKey(seed);
    const drawn = await normal(key, [32], { dtype }).data();
    const e = await exponential(key.at("radius"), [32], { dtype }).data();
    const v = await uniform(key.at("angle"), [32], { dtype }).data();
    drawn.forEach((value, i) => {
      const expected = Math.sqrt(-2 * Math.log(-Math.expm1(-e[i]))) * Math.cos(2 * Math.PI * v[i]);
      // f32: the angle is rounded to 2⁻²² and the radius is at most 7
      expect(Math.abs(value - expected)).toBeLessThan(dtype === "f32" ? 4e-6 : 1e-14);
    });
  });

  law("gumbel is −log of the exponential drawn with the same key", seeds, async (seed) => {
    const key = randomKey(seed);
    const e = await exponential(key, [32], { dtype }).data();
    const g = await gumbel(key, [32], { dtype }).data();
    expect(g).toEqual(await log(tensor(e)).neg().data());
  });

  it("tells the least of many exponentials apart, so that ties decide nothing", async () => {
    const values = (await exponential(randomKey(5), [2 ** 18], { dtype }).data()).sort().subarray(0, 1000);
    // f32: below 1000/2¹⁸ lie 2²⁴ values, so that 0.03 ties are expected, not the 8 of a grid of 2⁻²⁴
    expect(new Set(values).size).toBeGreaterThan(997);
    checkQuantiles(values, (x) => Math.min(1, x / values[999]));
  });

  it("stays finite for every pattern of bits", async () => {
    const extremes = [0, 0xffffffff, 1, 0x80000000, 0x7fffffff, 0xffffff80, 0xffffff00];
    const words = [0];
    const backend = riggedBackend(words);
    const key = randomKey(0, { backend });
    const shapes = tensor([1e-3, 0.1, 0.999, 1, 1.5, 50, 1e6], { backend, dtype });
    for (const pattern of [...extremes.map((word) => [word]), [0, 0xffffffff], [0xffffffff, 0]]) {
      words.splice(0, words.length, ...pattern);
      const drawn = [normal, exponential, gumbel].map((draw) => draw(key, [4], { dtype }));
      const all = await read([...drawn, gamma(key, shapes), beta(key, shapes, shapes)]);
      for (const values of all) expect(Array.from(values as ArrayLike<number>).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("gamma", () => {
  law("is the first accepted of its proposals, as Marsaglia and Tsang write them", seeds, async (seed) => {
    const key = randomKey(seed);
    const shapes = Float64Array.of(0.05, 0.4, 0.999, 1, 1.5, 7, 300, 1e5);
    const rounds = [0, 1, 2, 3, 4, 5]; // all eight are decided by then but once in 10⁷ keys
    const options = { dtype: "f64" } as const;
    const { drawn, x, e, boost } = await read({
      drawn: gamma(key, tensor(shapes)),
      x: rounds.map((round) => normal(key.at(round, "normal"), [8], options)),
      e: rounds.map((round) => exponential(key.at(round, "uniform"), [8], options)),
      boost: exponential(key.at("boost"), [8], options),
    });
    shapes.forEach((alpha, i) => {
      const d = (alpha < 1 ? alpha + 1 : alpha) - 1 / 3;
      const cubes = rounds.map((round) => (1 + x[round][i] / Math.sqrt(9 * d)) ** 3);
      const round = rounds.find((at) => {
        const [v, logU] = [cubes[at], Math.log(-Math.expm1(-e[at][i]))];
        return v > 0 && logU < 0.5 * x[at][i] ** 2 + d - d * v + d * Math.log(v);
      });
      const expected = d * cubes[round ?? 0] * (alpha < 1 ? Math.exp(-boost[i] / alpha) : 1);
      // the two forms of the exponent round differently, and a small α multiplies that
      expect(Math.abs(drawn[i] - expected)).toBeLessThan(1e-12 * Math.max(expected, 1e-3));
    });
  });
});

describe.each(dtypes)("gamma and beta in %s", (dtype) => {
  it.each([0.1, 0.5, 0.99, 1, 2.5, 50, 1e6])(
    "gamma of shape %d has its quantiles, mean and variance",
    async (shape) => {
      const values = await gamma(randomKey(6), full([draws], shape, { dtype })).data();
      // the table of the incomplete gamma function is slow at 10⁶; there the cube of a normal (Wilson and Hilferty) is exact to 10⁻⁴
      const distribution = (x: number) =>
        shape < 1e3
          ? 1 - upperIncompleteGamma(shape, x)
          : normalDistribution((Math.cbrt(x / shape) - 1 + 1 / (9 * shape)) * 3 * Math.sqrt(shape));
      checkQuantiles(values, distribution);
      checkMean(values, shape, shape);
      checkMean(square(values, shape), shape, 2 * shape ** 2 + 6 * shape);
    },
  );

  it("gamma is NaN where the parameter is not above 0, and nowhere else", async () => {
    const values = await gamma(randomKey(7), tensor([0, -1, Number.NaN, 1e-3, 1e-30, 1, 1e12], { dtype })).data();
    expect([...values].map(Number.isNaN)).toEqual([true, true, true, false, false, false, false]);
    expect([...values].every((value) => Number.isNaN(value) || (value >= 0 && value < Infinity))).toBe(true);
  });

  it.each([
    [1, 1],
    [2, 5],
    [7, 1],
    [12, 9],
  ])("beta of %d and %d has its quantiles and mean", async (a, b) => {
    const key = randomKey(8);
    const values = await beta(key, full([draws], a, { dtype }), full([draws], b, { dtype })).data();
    checkQuantiles(values, (x) => betaDistribution(a, b, x));
    checkMean(values, a / (a + b), (a * b) / ((a + b) ** 2 * (a + b + 1)));
  });

  it("beta of small parameters is right, though both gammas would be too small to be told from 0", async () => {
    const half = await beta(randomKey(9), full([draws], 0.5, { dtype }), full([draws], 0.5, { dtype })).data();
    checkQuantiles(half, (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)));
    const tiny = await beta(randomKey(9), full([draws], 1e-3, { dtype }), full([draws], 3e-3, { dtype })).data();
    expect(tiny.every((x) => x >= 0 && x <= 1)).toBe(true);
    checkMean(tiny, 1 / 4, 3 / 16 / 1.004);
  });

  it("sends no gradient into the parameters", async () => {
    const parameter = tensor([0.5, 2], { dtype });
    const slopes = grad((a: Tensor) =>
      gamma(randomKey(1), a)
        .add(beta(randomKey(2), a, a))
        .sum(),
    )(parameter);
    expect([...(await slopes.data())]).toEqual([0, 0]);
  });

  it("names the argument that is wrong", () => {
    const [two, three] = [full([2], 1, { dtype }), full([3], 1, { dtype })];
    expect(() => beta(randomKey(0), two, three)).toThrow("beta: beta has shape [3] but must match alpha, [2]");
    const whole = tensor(Int32Array.of(1)) as never;
    expect(() => gamma(randomKey(0), whole)).toThrow("gamma: concentration is i32 but must be f32 or f64; cast it");
    expect(() => beta(randomKey(0), two, whole)).toThrow("beta: beta is i32 but must be f32 or f64; cast it");
  });
});
