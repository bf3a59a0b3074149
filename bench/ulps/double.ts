import { exact, exactPower, ulpsOff } from "../../spec/backends/wasm/math/exact.js";
import { vectorized } from "../../spec/backends/wasm/math/vectors.js";
import type { Worst } from "./single.js";

/** Where the result is neither 0, ±∞ nor NaN. */
const domains: Readonly<Record<string, readonly [number, number]>> = {
  cos: [-1e300, 1e300],
  erf: [-6, 6],
  exp: [-745, 709.7],
  expm1: [-40, 709.7],
  lgamma: [0, 1e305],
  log: [0, Number.MAX_VALUE],
  log1p: [-1, Number.MAX_VALUE],
  sigmoid: [-745, 40],
  sin: [-1e300, 1e300],
  softplus: [-745, 745],
  tanh: [-22, 22],
};

/** Uniform in [0, 1), the same in every run: a linear congruence of 48 bits. */
function uniforms(): () => number {
  let state = 1n;
  return () => {
    state = (state * 25214903917n + 11n) % 2n ** 48n;
    return Number(state) / 2 ** 48;
  };
}

/** The double nearest to a multiple of π/2 is among these for many exponents: continued fractions are not needed. */
function nearTurns(uniform: () => number): number {
  const k = Math.floor(2 ** (uniform() * 40)) + 1;
  return k * (Math.PI / 2);
}

/**
 * The worst error of a function of one double over four kinds of numbers in equal parts: of every exponent, even within
 * ±10, near 0 and ±1 and multiples of π/2, and even over the whole domain within ±750.
 */
export function sampleDoubles(name: string, count: number): Worst {
  const { inputs, output, run } = vectorized(name, "f64");
  const [x] = inputs;
  const uniform = uniforms();
  const [least, most] = domains[name];
  const kinds = [
    () => (uniform() < 0.5 ? -1 : 1) * 2 ** (uniform() * 2098 - 1074),
    () => uniform() * 20 - 10,
    () =>
      uniform() < 0.5 ? nearTurns(uniform) : Math.round(uniform() * 4 - 2) + (uniform() - 0.5) * 2 ** -(uniform() * 50),
    () => uniform() * 1500 - 750,
  ];
  let [ulps, at] = [0, 0];
  for (let done = 0; done < count; ) {
    let batch = 0;
    for (; batch < 4096; ) {
      const candidate = kinds[batch % 4]();
      if (candidate > least && candidate < most && candidate !== 0) x[batch++] = candidate;
    }
    run(batch);
    for (let i = 0; i < batch; i++) {
      // At its zeros lgamma is exact; there is no relative error to speak of.
      if (name === "lgamma" && (x[i] === 1 || x[i] === 2)) continue;
      const off = ulpsOff(output[i], exact[name](x[i]), "f64");
      if (off > ulps) [ulps, at] = [off, x[i]];
    }
    done += batch;
  }
  return { ulps, at, misrounded: 0 };
}

/** The worst error of x ** y for x of every exponent, and near 1, and y that reach the whole range of results. */
export function samplePowers(count: number): Worst & { readonly y: number } {
  const { inputs, output, run } = vectorized("pow", "f64");
  const [x, y] = inputs;
  const uniform = uniforms();
  let [ulps, at, atY] = [0, 0, 0];
  for (let done = 0; done < count; done += 4096) {
    for (let i = 0; i < 4096; i++) {
      x[i] = i % 2 === 0 ? 2 ** (uniform() * 2098 - 1074) : 1 + (uniform() - 0.5) * 2 ** -(uniform() * 40);
      if (x[i] === 1) x[i] = 3;
      y[i] = ((uniform() * 2 - 1) * 700) / Math.abs(Math.log(x[i]));
    }
    run(4096);
    for (let i = 0; i < 4096; i++) {
      const off = ulpsOff(output[i], exactPower(x[i], y[i]), "f64");
      if (off > ulps) [ulps, at, atY] = [off, x[i], y[i]];
    }
  }
  return { ulps, at, y: atY, misrounded: 0 };
}
