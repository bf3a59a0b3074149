import { grad, type Tensor, tensor } from "cotangent";
import { lorentzDistance, lorentzInner, lorentzToPoincare, poincareToLorentz } from "cotangent/methods/metric";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import { direction, lorentzPoints, matrix, moved, pointAt, product } from "./support/lorentz-points.js";

describe("lorentzInner", () => {
  law("is x_0 y_0 − Σ x_i y_i, under broadcasting", floats([2, 4]), floats([4]), async (x, y) => {
    const rows = [x.slice(0, 4), x.slice(4)];
    const expected = rows.map((row) => product(row, y));
    await expectClose(lorentzInner(matrix(rows), tensor(y)), expected, { tolerance: 1e-14 });
  });

  law("agrees with finite differences to second order", floats([4]), floats([4]), async (x, y) => {
    await checkGradient(({ a, b }) => lorentzInner(a, b), { a: tensor(x), b: tensor(y) }, { order: 2 });
  });

  it("names the argument that is wrong", () => {
    expect(() => lorentzInner(tensor([1]), tensor([1]))).toThrow(
      "lorentzInner: x has shape [1] but must end in d + 1 ≥ 2 coordinates",
    );
    expect(() => lorentzInner(tensor(1), tensor(1))).toThrow(
      "lorentzInner: x has shape [] but must end in d + 1 ≥ 2 coordinates",
    );
    expect(() => lorentzInner(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(
      "lorentzInner: y has shape [3] but must end in 2 coordinates, as x does",
    );
    expect(() => lorentzInner(tensor([1, 2]), tensor(new Float64Array([1, 2])))).toThrow(
      "lorentzInner: y is f64 but must match x, f32; cast one of them",
    );
    expect(() => lorentzInner(tensor([1, 2], { dtype: "i32" }) as unknown as Tensor, tensor([1, 2]))).toThrow(
      "lorentzInner: x is i32 but must be f32 or f64; cast it",
    );
  });
});

const distanceOf = async (a: Float64Array, b: Float64Array) =>
  (await lorentzDistance(matrix([a]), matrix([b])).data())[0];

describe("lorentzDistance", () => {
  law("is the arc cosine of the product", lorentzPoints(2, 4), async ([a, b]) => {
    const expected = Math.acosh(Math.max(1, product(a, b)));
    // arcosh itself has half of its digits near 1
    expect(Math.abs((await distanceOf(a, b)) - expected)).toBeLessThan(expected > 0.1 ? 1e-10 : 1e-6);
  });

  law(
    "is the distance along a ray, both near and far, to 1e-12",
    numbers({ min: -3, max: 3 }),
    numbers({ min: -3, max: 3 }),
    async (r, s) => {
      const [a, b] = [pointAt(r, [0.6, 0.8]), pointAt(s, [0.6, 0.8])];
      await expectClose(lorentzDistance(matrix([a]), matrix([b])), [Math.abs(r - s)], { tolerance: 1e-12 });
    },
  );

  law("is a metric", lorentzPoints(3, 3), async ([a, b, c]) => {
    const [ab, ba, bc, ac, aa] = [
      await distanceOf(a, b),
      await distanceOf(b, a),
      await distanceOf(b, c),
      await distanceOf(a, c),
      await distanceOf(a, a),
    ];
    expect(Math.abs(ab - ba)).toBeLessThan(1e-13);
    expect(aa).toBe(0);
    expect(ac).toBeLessThanOrEqual(ab + bc + 1e-12);
    if (Math.hypot(a[1] - b[1], a[2] - b[2]) > 1e-9) expect(ab).toBeGreaterThan(0);
  });

  law("works along the last axis, under broadcasting", lorentzPoints(3), async ([a, b, c]) => {
    const [ac, bc] = [await distanceOf(a, c), await distanceOf(b, c)];
    await expectClose(lorentzDistance(tensor(a), tensor(c)), [ac], { tolerance: 0 });
    const column = lorentzDistance(matrix([a, b]).reshape([2, 1, 3]), matrix([c, c]));
    expect(column.shape).toEqual([2, 2]);
    await expectClose(column, [ac, ac, bc, bc], { tolerance: 0 });
  });

  law(
    "does not change under boosts and rotations",
    lorentzPoints(2),
    numbers({ min: -1, max: 1 }),
    numbers(),
    async ([a, b], by, angle) => {
      const same = await distanceOf(moved(a, by, angle), moved(b, by, angle));
      expect(Math.abs(same - (await distanceOf(a, b)))).toBeLessThan(1e-10);
    },
  );

  law("has slope 1 along the hyperboloid: no other gradient is right", numbers({ min: 0.2, max: 3 }), async (r) => {
    // through the ball: z = tanh(r/2), dr/dz = 2/(1 − z²)
    const z = Math.tanh(r / 2);
    const origin = matrix([Float64Array.of(1, 0, 0)]);
    const slope = grad((t: Tensor) => lorentzDistance(poincareToLorentz(t), origin).sum())(
      matrix([Float64Array.of(0.6 * z, 0.8 * z)]),
    );
    await expectClose(
      slope,
      [0.6, 0.8].map((x) => (2 * x) / (1 - z * z)),
      { tolerance: 1e-10 },
    );
  });

  it("agrees with finite differences to second order, near and far", async () => {
    for (const b of [
      [0.3, 0.1],
      [-0.7, 0.5],
    ]) {
      const other = poincareToLorentz(matrix([Float64Array.from(b)]));
      await checkGradient(
        (t: Tensor) => lorentzDistance(poincareToLorentz(t), other).sum(),
        matrix([Float64Array.of(0.2, 0.4)]),
        {
          order: 2,
        },
      );
    }
  });

  it("has distance and gradient 0 for one point twice", async () => {
    const x = matrix([pointAt(1, [0.6, 0.8])]);
    await expectClose(lorentzDistance(x, x), [0], { tolerance: 0 });
    await expectClose(grad((t: Tensor) => lorentzDistance(t, x).sum())(x), [0, 0, 0], { tolerance: 0 });
  });

  it("takes coordinates up to cosh(15), and one dimension", async () => {
    const [a, b] = [pointAt(15, direction([1])), pointAt(15, direction([1 + Math.PI]))];
    await expectClose(lorentzDistance(matrix([a]), matrix([b])), [30], { tolerance: 1e-13 });
    await expectClose(lorentzDistance(matrix([a]), matrix([Float64Array.of(1, 0, 0)])), [15], { tolerance: 1e-13 });
    const line = [15, -2].map((r) => Float64Array.of(Math.cosh(r), Math.sinh(r)));
    await expectClose(lorentzDistance(matrix([line[0]]), matrix([line[1]])), [17], { tolerance: 1e-12 });
  });

  it("keeps the digits of near points far out", async () => {
    const [a, b] = [pointAt(6, direction([1])), pointAt(6 + 1e-5, direction([1]))];
    const found = await distanceOf(a, b);
    expect(Math.abs(found - 1e-5)).toBeLessThan(1e-10); // rounding of the coordinates alone is 1e-16 · sinh 6 · cosh 6
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) => {
      const [z, other] = [
        tensor(
          [
            [0.1, 0.2],
            [-0.5, 0.6],
          ],
          { backend },
        ),
        tensor([[0.3, 0.1]], { backend }),
      ];
      return grad((t: Tensor) => lorentzDistance(poincareToLorentz(t), poincareToLorentz(other)).sum())(z);
    });
  });

  it("names the argument that is wrong", () => {
    const good = tensor([1, 0]);
    expect(() => lorentzDistance(good, tensor([1.1, 0]))).toThrow(
      /^lorentzDistance: point 0 of y has x \* x = 1\.21\d* but must have 1, be on the hyperboloid$/,
    );
    expect(() => lorentzDistance(tensor([-1, 0]), good)).toThrow(
      "lorentzDistance: point 0 of x has x_0 = -1 but must have x_0 > 0",
    );
    expect(() => lorentzDistance(tensor([Number.NaN, 0]), good)).toThrow(
      "lorentzDistance: point 0 of x has x_0 = NaN but must have x_0 > 0",
    );
    const off = (by: number) => tensor(Float64Array.of(1, 0, 1 + by, 0), { shape: [2, 2] });
    expect(() => lorentzDistance(off(4e-7), off(0))).not.toThrow();
    expect(() => lorentzToPoincare(off(6e-7))).toThrow(/^lorentzToPoincare: point 1 of x has x \* x = 1\.0000012/);
  });
});
