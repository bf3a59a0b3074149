import { sqrt, square, type Tensor, tensor } from "cotangent";
import { type ConvexPotential, entropySoftPotential, lionLyapunov } from "cotangent/methods/optimizers";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

/** K = Σ √(u² + e²), whose gradient is a smooth sign too. */
const hyperbola = (e: number): ConvexPotential => ({
  unit: "element",
  value: (u) => sqrt(square(u).add(e * e)).sum(),
  gradient: (u) => u.div(sqrt(square(u).add(e * e))),
  conjugate: (v) => sqrt(square(v).neg().add(1)).sum().mul(-e),
});
const matrix = tensor(Float64Array.of(2, 0.3, 0, 0.3, 1, -0.4, 0, -0.4, 0.7), { shape: [3, 3] }) as Tensor;
const target = tensor(Float64Array.of(2, -1, 0.3)) as Tensor;
const loss = (x: Tensor) => {
  const away = x.sub(target).reshape([3, 1]);
  return away.transpose().matmul(matrix).matmul(away).sum().mul(0.5);
};
const of = (values: ArrayLike<number>) => tensor(Float64Array.from(values)) as Tensor;
const gains = numbers({ min: 0.3, max: 2 });
const inside = floats([3], { min: -0.8, max: 0.8 });

describe.each([
  ["√(u² + e²)", hyperbola(0.5)],
  ["an entropy", entropySoftPotential(0.5)],
] as const)("lionLyapunov with %s", (_, potential) => {
  const parameters = [inside, floats([3]), gains, gains, gains, numbers({ min: 0, max: 0.5 })] as const;

  law(
    "falls along the flow as fast as it says, never rising",
    ...parameters,
    async (v, m, gradientGain, momentumDecay, weightDecay, lookahead) => {
      const options = { loss, potential, gradientGain, momentumDecay, weightDecay, lookahead };
      const x = v.map((value) => value / weightDecay);
      const { dissipation, flow } = lionLyapunov(of(x), of(m), options);
      const [dx, dm, rate] = [await flow.x.data(), await flow.m.data(), await dissipation.item()];
      expect(rate).toBeGreaterThanOrEqual(-1e-12);
      const h = 1e-4;
      const at = (t: number) =>
        lionLyapunov(
          of(x.map((value, i) => value + t * dx[i])),
          of(m.map((value, i) => value + t * dm[i])),
          options,
        ).value.item();
      const slope = (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h);
      expect(Math.abs(slope + rate)).toBeLessThan(1e-6 * Math.max(1, rate)); // what differences can tell
    },
  );

  law("is what its formula says", ...parameters, async (v, m, gradientGain, momentumDecay, weightDecay, lookahead) => {
    const options = { loss, potential, gradientGain, momentumDecay, weightDecay, lookahead };
    const x = of(v.map((value) => value / weightDecay));
    const [f, k, conjugate] = [
      await loss(x).item(),
      await potential.value(of(m)).item(),
      await potential.conjugate(of(v)).item(),
    ];
    const inner = v.reduce((sum, value, i) => sum + value * m[i], 0);
    const share = (1 - lookahead * momentumDecay) / (1 + lookahead * weightDecay);
    const expected = gradientGain * f + (momentumDecay / weightDecay) * conjugate + share * (conjugate + k - inner);
    await expectClose(lionLyapunov(x, of(m), options).value, expected, { tolerance: 1e-12 });
  });

  it("can be differentiated, and so can how fast it falls", async () => {
    const options = { loss, potential, gradientGain: 0.7, momentumDecay: 1.2, weightDecay: 1.5, lookahead: 0.3 };
    const at = { x: of([0.1, -0.4, 0.3]), m: of([1, -1, 0.5]) };
    for (const part of ["value", "dissipation"] as const) {
      await checkGradient(({ x, m }: typeof at) => lionLyapunov(x, m, options)[part], at);
    }
  });

  it("has gains of 1 and looks nowhere ahead by default", async () => {
    const [x, m] = [of([0.1, 0.2, -0.3]), of([1, -1, 0.5])];
    const spelled = { gradientGain: 1, momentumDecay: 1, lookahead: 0 };
    const plain = lionLyapunov(x, m, { loss, potential, weightDecay: 2 });
    const full = lionLyapunov(x, m, { loss, potential, weightDecay: 2, ...spelled });
    await expectClose(plain.value, full.value, { tolerance: 0 });
    await expectClose(plain.dissipation, full.dissipation, { tolerance: 0 });
  });
});

describe("lionLyapunov", () => {
  it("is infinite outside the constraint", async () => {
    const options = { loss, potential: entropySoftPotential(1), weightDecay: 2 };
    expect(await lionLyapunov(of([0.6, 0, 0]), of([0, 0, 0]), options).value.item()).toBe(Infinity);
  });

  it("names the argument that is wrong", () => {
    const [x, potential] = [of([0, 0, 0]), hyperbola(1)];
    const call =
      (change: object, m: Tensor = x) =>
      () =>
        lionLyapunov(x, m, { loss, potential, weightDecay: 1, ...change });
    expect(call({}, of([1]))).toThrow("lionLyapunov: m has shape [1] but must match x, [3]");
    expect(call({ weightDecay: 0 })).toThrow("lionLyapunov: weightDecay is 0 but must be a finite number > 0");
    expect(call({ gradientGain: 0 })).toThrow("lionLyapunov: gradientGain is 0 but must be a finite number > 0");
    expect(call({ momentumDecay: -1 })).toThrow("lionLyapunov: momentumDecay is -1 but must be a finite number > 0");
    expect(call({ lookahead: -1 })).toThrow("lionLyapunov: lookahead is -1 but must be a finite number ≥ 0");
    expect(call({ lookahead: 2, momentumDecay: 0.5 })).not.toThrow();
    expect(call({ lookahead: 2, momentumDecay: 1 })).toThrow(
      "lionLyapunov: lookahead · momentumDecay is 2 but must be at most 1; the energy may rise beyond",
    );
  });
});
