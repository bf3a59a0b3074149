import { type Tensor, tensor } from "cotangent";
import {
  lorentzDistance,
  lorentzInner,
  lorentzToPoincare,
  poincareDistance,
  poincareToLorentz,
} from "cotangent/methods/metric";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import { direction, lorentzPoints, matrix, pointAt } from "./support/lorentz-points.js";

/** Points of the ball in three dimensions, up to 0.99 from its centre. */
const ball = (count: number) =>
  fc
    .array(fc.tuple(numbers({ min: 0, max: 0.99 }), numbers(), numbers()), { minLength: count, maxLength: count })
    .map((list) => list.map(([r, a, b]) => Float64Array.from(direction([a, b]), (x) => r * x)));

describe("poincareToLorentz", () => {
  law("leads to the hyperboloid, relative to x_0²", ball(3), async (z) => {
    const x = poincareToLorentz(matrix(z));
    const norms = await lorentzInner(x, x).data();
    const values = await x.data();
    norms.forEach((norm, i) => {
      expect(Math.abs(norm - 1)).toBeLessThan(1e-14 * values[4 * i] ** 2);
    });
  });

  law("is undone by lorentzToPoincare, to 1e-10", ball(3), async (z) => {
    await expectClose(lorentzToPoincare(poincareToLorentz(matrix(z))), matrix(z), { tolerance: 1e-10 });
  });

  law("takes tanh(r/2) to r", numbers({ min: 0, max: 4 }), async (r) => {
    const x = poincareToLorentz(matrix([Float64Array.of(0.6 * Math.tanh(r / 2), 0.8 * Math.tanh(r / 2))]));
    await expectClose(x, pointAt(r, [0.6, 0.8]), { tolerance: 1e-12 });
  });

  it("agrees with finite differences to second order, like its inverse and the distance", async () => {
    const z = matrix([Float64Array.of(0.2, 0.4), Float64Array.of(-0.5, 0.3)]);
    const probe = tensor(Float64Array.of(0.3, -0.7, 1.1));
    await checkGradient((t: Tensor) => poincareToLorentz(t).mul(probe).sum(), z, { order: 2 });
    await checkGradient(
      (t: Tensor) =>
        lorentzToPoincare(t.mul(1))
          .mul(tensor(Float64Array.of(0.4, 1.3)))
          .sum(),
      matrix([pointAt(1, [0.6, 0.8])]),
      { order: 2 },
    );
    const other = matrix([Float64Array.of(0.1, -0.4)]);
    await checkGradient((t: Tensor) => poincareDistance(t, other).sum(), z, { order: 2 });
  });

  it("names the argument that is wrong", () => {
    expect(() =>
      poincareToLorentz(
        tensor([
          [0, 0],
          [0.6, 0.8],
        ]),
      ),
    ).toThrow(/^poincareToLorentz: point 1 of z has length 1(\.0\d*)? but must be inside the ball, < 1$/);
    expect(() => poincareToLorentz(tensor([Number.NaN]))).toThrow(
      "poincareToLorentz: point 0 of z has length NaN but must be inside the ball, < 1",
    );
    expect(() => poincareToLorentz(tensor(0))).toThrow(
      "poincareToLorentz: z has shape [] but must end in d ≥ 1 coordinates",
    );
    expect(() => poincareToLorentz(tensor([0], { dtype: "i32" }) as unknown as Tensor)).toThrow(
      "poincareToLorentz: z is i32 but must be f32 or f64; cast it",
    );
  });
});

describe("lorentzToPoincare", () => {
  law("is undone by poincareToLorentz", lorentzPoints(3, 4), async (x) => {
    await expectClose(poincareToLorentz(lorentzToPoincare(matrix(x))), matrix(x), { tolerance: 1e-10 });
  });

  it("takes one point, the origin, one dimension, and coordinates up to cosh(15)", async () => {
    await expectClose(lorentzToPoincare(tensor(Float64Array.of(1, 0, 0))), [0, 0], { tolerance: 0 });
    await expectClose(lorentzToPoincare(tensor(Float64Array.of(Math.cosh(15), Math.sinh(15)))), [Math.tanh(7.5)], {
      tolerance: 1e-14,
    });
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      lorentzToPoincare(
        poincareToLorentz(
          tensor(
            [
              [0.1, 0.2],
              [-0.5, 0.6],
            ],
            { backend },
          ),
        ).mul(1),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    expect(() => lorentzToPoincare(tensor([1, 1]))).toThrow(
      "lorentzToPoincare: point 0 of x has x * x = 0 but must have 1, be on the hyperboloid",
    );
    expect(() => lorentzToPoincare(tensor([1]))).toThrow(
      "lorentzToPoincare: x has shape [1] but must end in d + 1 ≥ 2 coordinates",
    );
  });
});

describe("poincareDistance", () => {
  law("is arcosh(1 + 2|a − b|² / ((1 − |a|²)(1 − |b|²)))", ball(2), async ([a, b]) => {
    const squared = (z: Float64Array) => z.reduce((sum, x) => sum + x * x, 0);
    const gap = squared(a.map((x, i) => x - b[i])) / ((1 - squared(a)) * (1 - squared(b)));
    const found = (await poincareDistance(matrix([a]), matrix([b])).data())[0];
    expect(Math.abs(found - Math.acosh(1 + 2 * gap))).toBeLessThan(found > 0.1 ? 1e-12 : 1e-6); // arcosh has half of its digits near 1
  });

  law("is the Lorentz distance, under broadcasting", ball(3), async ([a, b, c]) => {
    const expected = lorentzDistance(poincareToLorentz(matrix([a, b])), poincareToLorentz(matrix([c])));
    await expectClose(poincareDistance(matrix([a, b]), tensor(c)), expected, { tolerance: 1e-9 });
  });

  law("is 0 for one point twice, and keeps the digits of near points", ball(1), async ([z]) => {
    await expectClose(poincareDistance(matrix([z]), matrix([z])), [0], { tolerance: 0 });
    const near = poincareDistance(tensor(Float64Array.of(1e-9)), tensor(Float64Array.of(3e-9)));
    await expectClose(
      near.mul(1e9),
      [4].map((x) => x),
      { tolerance: 1e-14 },
    );
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      poincareDistance(
        tensor(
          [
            [0.1, 0.2],
            [-0.5, 0.6],
          ],
          { backend },
        ),
        tensor([0.3, 0.1], { backend }),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    expect(() => poincareDistance(tensor([0.1]), tensor([2]))).toThrow(
      "poincareDistance: point 0 of b has length 2 but must be inside the ball, < 1",
    );
    expect(() => poincareDistance(tensor([0.1]), tensor(Float64Array.of(0)))).toThrow(
      "poincareDistance: b is f64 but must match a, f32; cast one of them",
    );
  });
});
