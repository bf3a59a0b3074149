import { describe, expect, it } from "vitest";
import { normalMixtureBoundary } from "../../src/testing/normal-mixture.js";

describe("normalMixtureBoundary", () => {
  it("is where the mixture of exp(λS − λ²V/2) over λ ~ N(0, 1/ρ) reaches 1/α", () => {
    for (const [alpha, tightestAt, v] of [
      [0.05, 10, 3],
      [0.01, 1, 40],
      [1e-9, 100, 100],
    ]) {
      const rho = tightestAt / (2 * Math.log(1 / alpha) + Math.log(1 + 2 * Math.log(1 / alpha)));
      const s = normalMixtureBoundary(v, { alpha, tightestAt });
      let mixture = 0; // trapezoid around the peak: exact to rounding for a Gaussian integrand
      const [peak, step] = [s / (v + rho), 0.1 / Math.sqrt(v + rho)];
      for (let k = -120; k <= 120; k++) {
        const bet = peak + k * step;
        mixture += step * Math.sqrt(rho / (2 * Math.PI)) * Math.exp(bet * s - (bet * bet * (v + rho)) / 2);
      }
      expect(mixture * alpha).toBeCloseTo(1, 10);
    }
  });

  it("is crossed by a fair ±1 walk with exactly computed chance below α, and not by far", () => {
    for (const alpha of [0.05, 0.3]) {
      const steps = 1000;
      let alive = new Float64Array(2 * steps + 1); // chance of each position among walks that never crossed
      alive[steps] = 1;
      for (let t = 1; t <= steps; t++) {
        const next = new Float64Array(2 * steps + 1);
        const limit = normalMixtureBoundary(t, { alpha, tightestAt: 50 });
        for (let at = 1; at < 2 * steps; at++) {
          if (Math.abs(at - steps) < limit) next[at] = (alive[at - 1] + alive[at + 1]) / 2;
        }
        alive = next;
      }
      const crossed = 1 - alive.reduce((sum, chance) => sum + chance, 0);
      expect(crossed).toBeLessThan(alpha);
      expect(crossed).toBeGreaterThan(alpha / 4);
    }
  });

  it("is tightest at the time that was asked for", () => {
    for (const tightestAt of [1, 100, 1e4]) {
      const at = (other: number) => normalMixtureBoundary(tightestAt, { alpha: 0.01, tightestAt: other });
      for (const factor of [0.5, 0.8, 1.25, 2]) expect(at(tightestAt)).toBeLessThan(at(tightestAt * factor));
    }
  });

  it("names the argument that is wrong", () => {
    expect(() => normalMixtureBoundary(-1, { tightestAt: 1 })).toThrow(
      new RangeError("normalMixtureBoundary: intrinsicTime is -1 but must be a finite number ≥ 0"),
    );
    expect(() => normalMixtureBoundary(1, { tightestAt: 0 })).toThrow(
      new RangeError("normalMixtureBoundary: tightestAt is 0 but must be a finite number > 0"),
    );
    expect(() => normalMixtureBoundary(1, { tightestAt: 1, alpha: 1 })).toThrow(
      new RangeError("normalMixtureBoundary: alpha is 1 but must be in (0, 1)"),
    );
  });
});
