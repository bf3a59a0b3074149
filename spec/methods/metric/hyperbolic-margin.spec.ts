import { hyperbolicMargin, signedGeodesicDistance } from "cotangent/methods/metric";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { direction, lorentzPoints, moved, normalAt, normals, pointAt, product } from "./support/lorentz-points.js";

/** The least value of a convex function. */
function least(f: (t: number) => number): number {
  let [low, high] = [-8, 8];
  for (let step = 0; step < 200; step++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return f((low + high) / 2);
}

const distanceOf = (a: Float64Array, b: Float64Array) => Math.acosh(Math.max(1, product(a, b)));

describe("signedGeodesicDistance", () => {
  law(
    "is the least distance to a point of the hyperplane, signed by the side",
    lorentzPoints(1),
    numbers({ min: -1, max: 1 }),
    numbers({ min: 0, max: 2 * Math.PI }),
    ([x], offset, angle) => {
      const towards = direction([angle]);
      const normal = normalAt(offset, towards);
      const [foot, along] = [pointAt(offset, towards), Float64Array.of(0, -towards[1], towards[0])];
      const on = (t: number) => foot.map((value, i) => Math.cosh(t) * value + Math.sinh(t) * along[i]);
      expect(Math.abs(product(normal, on(0.7)))).toBeLessThan(1e-12);
      const nearest = least((t) => distanceOf(x, on(t)));
      const found = signedGeodesicDistance(normal, x);
      // arcosh has half of its digits near 1
      expect(Math.abs(Math.abs(found) - nearest)).toBeLessThan(nearest > 0.01 ? 1e-9 : 1e-6);
      expect(found * product(normal, x)).toBeGreaterThanOrEqual(0);
    },
  );

  law("is 1-Lipschitz", lorentzPoints(2), normals, ([a, b], w) => {
    const change = Math.abs(signedGeodesicDistance(w, a) - signedGeodesicDistance(w, b));
    expect(change).toBeLessThanOrEqual(distanceOf(a, b) + 1e-7); // arcosh has half of its digits near 1
  });

  law(
    "does not depend on the length of the normal, and turns with its sign",
    lorentzPoints(1),
    normals,
    numbers({ min: 0.1, max: 9 }),
    ([x], w, scale) => {
      const found = signedGeodesicDistance(w, x);
      expect(
        signedGeodesicDistance(
          w.map((v) => scale * v),
          x,
        ),
      ).toBeCloseTo(found, 11);
      expect(
        signedGeodesicDistance(
          w.map((v) => -scale * v),
          x,
        ),
      ).toBeCloseTo(-found, 11);
    },
  );

  law(
    "does not change when point and normal are moved alike",
    lorentzPoints(1),
    normals,
    numbers({ min: -1, max: 1 }),
    numbers(),
    ([x], w, by, angle) => {
      expect(signedGeodesicDistance(moved(w, by, angle), moved(x, by, angle))).toBeCloseTo(
        signedGeodesicDistance(w, x),
        9,
      );
    },
  );

  law(
    "is the Euclidean one near the origin, up to a relative r²",
    numbers({ min: 0, max: 1e-3 }),
    numbers(),
    numbers(),
    (r, a, b) => {
      const towards = direction([b]);
      const x = pointAt(r, direction([a]));
      const flat = -(towards[0] * x[1] + towards[1] * x[2]);
      const found = signedGeodesicDistance(Float64Array.of(0, ...towards), x);
      expect(Math.abs(found - flat)).toBeLessThanOrEqual(Math.abs(flat) * r * r + 1e-18);
    },
  );

  it("names the argument that is wrong", () => {
    expect(() => signedGeodesicDistance([0, 1, 0], [1, 0])).toThrow(
      "signedGeodesicDistance: normal has 3 coordinates but must have 2, as points do",
    );
    expect(() => signedGeodesicDistance([1, 1], [1, 0])).toThrow(
      "signedGeodesicDistance: normal has w * w = 0 but must be space-like, w * w < 0",
    );
    expect(() => signedGeodesicDistance([0, 1], [2, 1])).toThrow(
      "signedGeodesicDistance: point has x * x = 3 but must have 1, be on the hyperboloid",
    );
  });
});

describe("hyperbolicMargin", () => {
  const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 3, maxLength: 3 });

  law("is the least signed distance on the right side", lorentzPoints(3), labels, normals, (points, y, w) => {
    const expected = Math.min(...points.map((x, i) => y[i] * signedGeodesicDistance(w, x)));
    expect(hyperbolicMargin(w, { points, labels: y })).toBe(expected);
    const right = points.every((x, i) => y[i] * product(w, x) > 0);
    expect(hyperbolicMargin(w, { points, labels: y }) > 0).toBe(right);
  });

  law("does not change when labels and normal change sign", lorentzPoints(3), labels, normals, (points, y, w) => {
    const mirrored = hyperbolicMargin(
      w.map((v) => -v),
      { points, labels: y.map((label) => -label) },
    );
    expect(mirrored).toBe(hyperbolicMargin(w, { points, labels: y }));
  });

  it("takes one dimension, duplicates, the origin and coordinates up to cosh(15)", () => {
    const far = [Math.cosh(15), Math.sinh(15)];
    const data = { points: [[1, 0], far, far], labels: [1, -1, -1] };
    const normal = normalAt(1, [1]);
    expect(hyperbolicMargin(normal, data)).toBeCloseTo(1, 12);
    expect(hyperbolicMargin(normal, { points: [far], labels: [-1] })).toBeCloseTo(14, 9);
  });

  it("names the argument that is wrong", () => {
    const [w, points] = [[0, 1], [[1, 0]]];
    expect(() => hyperbolicMargin(w, { points: [], labels: [] })).toThrow(
      "hyperbolicMargin: points is empty but must hold at least one point",
    );
    expect(() => hyperbolicMargin(w, { points, labels: [] })).toThrow(
      "hyperbolicMargin: labels has 0 labels but must have 1, one a point",
    );
    expect(() => hyperbolicMargin(w, { points, labels: [0] })).toThrow(
      "hyperbolicMargin: labels holds 0 at 0 but must hold -1 and 1",
    );
    expect(() =>
      hyperbolicMargin(w, {
        points: [
          [1, 0],
          [1, 0, 0],
        ],
        labels: [1, 1],
      }),
    ).toThrow("hyperbolicMargin: point 1 has 3 coordinates but must have 2");
    expect(() => hyperbolicMargin([1], { points: [[1]], labels: [1] })).toThrow(
      "hyperbolicMargin: points has 1 coordinates but must have d + 1 ≥ 2",
    );
    expect(() => hyperbolicMargin(w, { points: [[0.5, 0]], labels: [1] })).toThrow(
      "hyperbolicMargin: point 0 has x * x = 0.25 but must have 1, be on the hyperboloid",
    );
    expect(() => hyperbolicMargin([1, 0], { points, labels: [1] })).toThrow(
      "hyperbolicMargin: normal has w * w = 1 but must be space-like, w * w < 0",
    );
  });
});
