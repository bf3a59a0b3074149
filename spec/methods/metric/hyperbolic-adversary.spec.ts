import { grad, type Tensor, tensor } from "cotangent";
import {
  hyperbolicAdversary,
  hyperbolicHingeLoss,
  hyperbolicLogisticLoss,
  hyperbolicScores,
  lorentzDistance,
} from "cotangent/methods/metric";
import { numbers, sfc32 } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import {
  direction,
  lorentzPoints,
  matrix,
  normals,
  pointAt,
  product,
  signedDistance,
  signs,
} from "./support/lorentz-points.js";

const labels = fc.array(fc.constantFrom(-1, 1), { minLength: 3, maxLength: 3 });
const radii = numbers({ min: 0, max: 1.5 });
const rowsOf = async (x: Tensor) => {
  const values = (await x.data()) as Float64Array;
  return Array.from({ length: x.shape[0] }, (_, i) => values.slice(3 * i, 3 * i + 3));
};

/** A point at a distance from another, in the direction of an angle. */
function around(x: Float64Array, distance: number, angle: number): Float64Array {
  const local = pointAt(distance, direction([angle])); // about the origin; the boost below takes that to x
  const dot = x[1] * local[1] + x[2] * local[2];
  const factor = local[0] + dot / (1 + x[0]);
  return Float64Array.of(x[0] * local[0] + dot, local[1] + factor * x[1], local[2] + factor * x[2]);
}

describe("hyperbolicAdversary", () => {
  law(
    "is on the hyperboloid at exactly the radius, and lowers y ρ by it",
    lorentzPoints(3, 3),
    labels,
    normals,
    radii,
    async (points, y, w, radius) => {
      const found = hyperbolicAdversary(matrix(points), signs(y), tensor(w), radius);
      const rows = await rowsOf(found);
      rows.forEach((z, i) => {
        expect(Math.abs(product(z, z) - 1)).toBeLessThan(1e-13 * z[0] ** 2);
        const change = y[i] * (signedDistance(w, z) - signedDistance(w, points[i]));
        expect(Math.abs(change + radius)).toBeLessThan(1e-10);
      });
      await expectClose(
        lorentzDistance(found, matrix(points)),
        points.map(() => radius),
        { tolerance: 1e-6 },
      ); // √ of the rounding of x_0²
    },
  );

  law(
    "is beaten by no point of the ball",
    lorentzPoints(3),
    labels,
    normals,
    radii,
    fc.nat(1000),
    async (points, y, w, radius, seed) => {
      const rows = await rowsOf(hyperbolicAdversary(matrix(points), signs(y), tensor(w), radius));
      const uniform = sfc32(seed);
      points.forEach((x, i) => {
        for (let draw = 0; draw < 200; draw++) {
          const z = around(x, radius * uniform(), 2 * Math.PI * uniform());
          expect(y[i] * product(w, z)).toBeGreaterThanOrEqual(y[i] * product(w, rows[i]) - 1e-10);
        }
      });
    },
  );

  law(
    "has the largest loss of the ball, one that grows with the radius",
    lorentzPoints(3),
    labels,
    normals,
    radii,
    radii,
    async (points, y, w, a, b) => {
      const [near, far] = [Math.min(a, b), Math.max(a, b)];
      for (const loss of [hyperbolicLogisticLoss, hyperbolicHingeLoss]) {
        const at = async (radius: number) => {
          const x = hyperbolicAdversary(matrix(points), signs(y), tensor(w), radius);
          const values = tensor((await x.data()) as Float64Array, { shape: x.shape });
          return loss(hyperbolicScores(values, tensor(w)), signs(y)).data();
        };
        const [plain, small, large] = [await at(0), await at(near), await at(far)];
        plain.forEach((value, i) => {
          expect(value).toBeLessThanOrEqual(small[i] + 1e-12);
          expect(small[i]).toBeLessThanOrEqual(large[i] + 1e-12);
        });
      }
    },
  );

  law(
    "is the point itself at radius 0, and does not depend on the length of w",
    lorentzPoints(3),
    labels,
    normals,
    numbers({ min: 0.1, max: 9 }),
    async (points, y, w, scale) => {
      await expectClose(hyperbolicAdversary(matrix(points), signs(y), tensor(w), 0), matrix(points), { tolerance: 0 });
      const scaled = hyperbolicAdversary(matrix(points), signs(y), tensor(w.map((v) => scale * v)), 0.3);
      await expectClose(scaled, hyperbolicAdversary(matrix(points), signs(y), tensor(w), 0.3), { tolerance: 1e-12 });
    },
  );

  law("does not change when labels and normal change sign", lorentzPoints(3), labels, normals, async (points, y, w) => {
    const mirrored = hyperbolicAdversary(
      matrix(points),
      signs(y.map((label) => -label)),
      tensor(w.map((v) => -v)),
      0.4,
    );
    await expectClose(mirrored, hyperbolicAdversary(matrix(points), signs(y), tensor(w), 0.4), { tolerance: 0 });
  });

  it("lets no gradient through", async () => {
    const x = { points: matrix([pointAt(1, [0.6, 0.8])]), normal: tensor(Float64Array.of(0.3, 1, 0)) };
    const slopes = grad(({ points, normal }: typeof x) => hyperbolicAdversary(points, signs([1]), normal, 0.5).sum())(
      x,
    );
    await expectClose(slopes.points, [0, 0, 0], { tolerance: 0 });
    await expectClose(slopes.normal, [0, 0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      hyperbolicAdversary(
        tensor(
          [
            [1, 0, 0],
            [Math.cosh(1), 0, Math.sinh(1)],
          ],
          { backend },
        ),
        tensor(Int32Array.of(1, -1), { backend }),
        tensor([0.3, 1, 0.2], { backend }),
        0.5,
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const [w, x] = [tensor([0, 1]), tensor([[1, 0]])];
    expect(() => hyperbolicAdversary(x, signs([1]), w, -1)).toThrow(
      "hyperbolicAdversary: radius is -1 but must be a finite number ≥ 0",
    );
    expect(() => hyperbolicAdversary(x, signs([1]), tensor([1, 1]), 1)).toThrow(
      "hyperbolicAdversary: normal has w * w = 0 but must be space-like, w * w < 0",
    );
    expect(() => hyperbolicAdversary(x, signs([3]), w, 1)).toThrow(
      "hyperbolicAdversary: labels holds 3 at 0 but must hold -1 and 1",
    );
    expect(() => hyperbolicAdversary(x, signs([1, 1]), w, 1)).toThrow(
      "hyperbolicAdversary: labels has shape [2] but must be [1]",
    );
    expect(() => hyperbolicAdversary(tensor([[2, 0]]), signs([1]), w, 1)).toThrow(
      "hyperbolicAdversary: point 0 of points has x * x = 4 but must have 1, be on the hyperboloid",
    );
  });
});
