import { cpu, exp, grad, type Tensor, tensor } from "cotangent";
import { consistentMargins, equalizedMargins, ldamMargins, logitAdjustedMargins } from "cotangent/methods/longtail";
import { floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const priors = fc.integer({ min: 1, max: 5 }).chain((classes) => simplex(classes));
const strengths = numbers({ min: 0, max: 3 });

/** `margin(y, c)` off the diagonal and 0 on it. */
const matrixOf = (classes: number, margin: (y: number, c: number) => number): number[] =>
  Array.from({ length: classes * classes }, (_, i) => {
    const [y, c] = [Math.floor(i / classes), i % classes];
    return y === c ? 0 : margin(y, c);
  });

describe("margins for the long tail", () => {
  law("are τ log(π_c / π_y) when logit-adjusted", priors, strengths, async (pi, strength) => {
    const expected = matrixOf(pi.length, (y, c) => strength * Math.log(pi[c] / pi[y]));
    await expectClose(logitAdjustedMargins(tensor(pi), { strength }).margins, expected, { tolerance: 1e-14 });
  });

  law("are s π_y^(−¼) with LDAM, the largest 0.5 by default", priors, strengths, async (pi, scale) => {
    const expected = matrixOf(pi.length, (y) => scale * pi[y] ** -0.25);
    await expectClose(ldamMargins(tensor(pi), { scale }).margins, expected, { tolerance: 1e-14 });
    const smallest = 0.5 * Math.min(...pi) ** 0.25;
    const byDefault = matrixOf(pi.length, (y) => smallest * pi[y] ** -0.25);
    await expectClose(ldamMargins(tensor(pi)).margins, byDefault, { tolerance: 1e-14 });
    if (pi.length > 1) expect(Math.max(...byDefault)).toBeCloseTo(0.5, 14);
  });

  law("are log F(π_c) when equalised", priors, strengths, async (pi, strength) => {
    const power = matrixOf(pi.length, (_, c) => strength * Math.log(pi[c]));
    await expectClose(equalizedMargins(tensor(pi), { strength }).margins, power, { tolerance: 1e-14 });
    const plain = matrixOf(pi.length, (_, c) => Math.log(pi[c]));
    await expectClose(equalizedMargins(tensor(pi)).margins, plain, { tolerance: 1e-14 });
    const of = (x: Tensor) => exp(x).sub(1);
    const any = matrixOf(pi.length, (_, c) => Math.log(Math.exp(pi[c]) - 1));
    await expectClose(equalizedMargins(tensor(pi), { of }).margins, any, { tolerance: 1e-12 }); // exp(x) − 1 cancels
  });

  law("leave out what is rarer than the threshold", priors, numbers({ min: 0, max: 1 }), async (pi, threshold) => {
    const expected = matrixOf(pi.length, (_, c) => (pi[c] < threshold ? Number.NEGATIVE_INFINITY : 0));
    await expectClose(equalizedMargins(tensor(pi), { threshold }).margins, expected, { tolerance: 0 });
    const self = equalizedMargins(tensor(pi), { threshold: pi[0] });
    await expectClose(
      self.margins,
      matrixOf(pi.length, (_, c) => (pi[c] < pi[0] ? Number.NEGATIVE_INFINITY : 0)),
    );
  });

  law(
    "are log(δ_c / δ_y) with weights δ_y / π_y when consistent",
    priors.chain((pi) => fc.tuple(fc.constant(pi), floats([pi.length], { min: 0.1, max: 3 }))),
    async ([pi, delta]) => {
      const { margins, weights } = consistentMargins(tensor(pi), tensor(delta));
      const expected = matrixOf(pi.length, (y, c) => Math.log(delta[c] / delta[y]));
      await expectClose(margins, expected, { tolerance: 1e-14 });
      await expectClose(
        weights,
        delta.map((value, y) => value / pi[y]),
        { tolerance: 1e-14 },
      );
      const own = consistentMargins(tensor(pi), tensor(pi));
      await expectClose(own.margins, await logitAdjustedMargins(tensor(pi)).margins.data(), { tolerance: 1e-14 });
      await expectClose(own.weights, new Float64Array(pi.length).fill(1), { tolerance: 1e-15 });
    },
  );

  it("floor priors at 1e-12", async () => {
    const pi = tensor(Float64Array.of(1, 0));
    const log = 12 * Math.LN10;
    await expectClose(logitAdjustedMargins(pi).margins, [0, -log, log, 0], { tolerance: 1e-14 });
    await expectClose(ldamMargins(pi).margins, [0, 0.0005, 0.5, 0], { tolerance: 1e-14 });
    await expectClose(ldamMargins(pi, { scale: 1 }).margins, [0, 1, 1000, 0], { tolerance: 1e-14 });
    await expectClose(equalizedMargins(pi).margins, [0, -log, 0, 0], { tolerance: 1e-14 });
    await expectClose(consistentMargins(pi, tensor(Float64Array.of(1, 1))).weights, [1, 1e12], { tolerance: 1e-14 });
  });

  it("let no gradient through", async () => {
    const x = { pi: tensor(Float64Array.of(0.3, 0.7)), delta: tensor(Float64Array.of(1, 2)) };
    const slopes = grad(({ pi, delta }: typeof x) => {
      const { margins, weights } = consistentMargins(pi, delta);
      const others = [
        logitAdjustedMargins(pi),
        ldamMargins(pi),
        equalizedMargins(pi),
        equalizedMargins(pi, { of: (p) => p }),
      ];
      return others.reduce((sum, form) => sum.add(form.margins.sum()), margins.sum().add(weights.sum()));
    })(x);
    await expectClose(slopes.pi, [0, 0], { tolerance: 0 });
    await expectClose(slopes.delta, [0, 0], { tolerance: 0 });
  });

  it("are the same in single precision on every backend", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const pi = tensor([0.9, 0.0999, 0.0001], place);
      const all = [
        logitAdjustedMargins(pi),
        ldamMargins(pi),
        equalizedMargins(pi),
        equalizedMargins(pi, { threshold: 0.01 }),
      ];
      const { margins, weights } = consistentMargins(pi, tensor([1, 2, 3], place));
      const parts = await Promise.all(
        [...all.map((form) => form.margins), margins, weights].map((part) => part.data()),
      );
      return parts.flatMap((part) => [...part]);
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });

  it("name what is wrong", () => {
    const half = tensor(Float64Array.of(0.5, 0.5));
    expect(() => logitAdjustedMargins(half, { strength: -1 })).toThrow(
      "logitAdjustedMargins: strength is -1 but must be a finite number ≥ 0; set allowNegative if it is meant",
    );
    expect(() => logitAdjustedMargins(tensor(new Float64Array(0)))).toThrow(
      "logitAdjustedMargins: priors has shape [0] but must have a class",
    );
    expect(() => logitAdjustedMargins(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      "logitAdjustedMargins: priors is i32 but must be f32 or f64; cast it",
    );
    expect(() => ldamMargins(half, { scale: -1 })).toThrow("ldamMargins: scale is -1 but must be a finite number ≥ 0");
    expect(() => ldamMargins(tensor(Float64Array.of(0.5, 0.4)))).toThrow(
      "ldamMargins: priors has sum 0.9 but must sum to 1 within 1e-4; classPriors makes them",
    );
    expect(() => equalizedMargins(half, { strength: -1 })).toThrow(
      "equalizedMargins: strength is -1 but must be a finite number ≥ 0",
    );
    expect(() => equalizedMargins(half, { threshold: 2 })).toThrow(
      "equalizedMargins: threshold is 2 but must be in [0, 1]",
    );
    expect(() => equalizedMargins(half, { threshold: 0.1, strength: 1 })).toThrow(
      "equalizedMargins: threshold and strength are given but must be one of strength, threshold and of; each says what F is",
    );
    expect(() => equalizedMargins(half, { of: (x) => x.sum() })).toThrow(
      "equalizedMargins: what of returns has shape [] but must be [2]",
    );
    expect(() => equalizedMargins(half, { of: () => tensor([1, 2]) })).toThrow(
      "equalizedMargins: what of returns is f32 but must match priors, f64; cast one of them",
    );
    expect(() => consistentMargins(half, tensor(Float64Array.of(1)))).toThrow(
      "consistentMargins: delta has shape [1] but must be [2]",
    );
    expect(() => consistentMargins(half, tensor([1, 1]))).toThrow(
      "consistentMargins: delta is f32 but must match priors, f64; cast one of them",
    );
    expect(() => consistentMargins(half, tensor(Float64Array.of(1, 0)))).toThrow(
      "consistentMargins: delta is 0 at [1] but must be a finite number > 0",
    );
    expect(() => consistentMargins(tensor(Float64Array.of(1.2, -0.2)), half)).toThrow(
      "consistentMargins: priors is 1.2 at [0] but must be in [0, 1]",
    );
  });
});
