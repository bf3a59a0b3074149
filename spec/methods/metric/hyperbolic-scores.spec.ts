import { tensor } from "cotangent";
import { hyperbolicScores } from "cotangent/methods/metric";
import { checkGradient, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "../federated/support/same-everywhere.js";
import { lorentzPoints, matrix, moved, normals, pointAt, product, signedDistance } from "./support/lorentz-points.js";

describe("hyperbolicScores", () => {
  law(
    "is (w * x) / √(−w * w), whatever the length of w",
    lorentzPoints(4),
    normals,
    numbers({ min: 0.1, max: 9 }),
    async (points, normal, scale) => {
      const expected = points.map((x) => product(normal, x));
      await expectClose(hyperbolicScores(matrix(points), tensor(normal.map((v) => scale * v))), expected, {
        tolerance: 1e-12,
      });
      await expectClose(
        expected,
        points.map((x) => Math.sinh(signedDistance(normal, x))),
        { tolerance: 1e-12 },
      );
    },
  );

  law(
    "does not change when points and normal are moved alike",
    lorentzPoints(3),
    normals,
    numbers({ min: -1, max: 1 }),
    async (points, normal, by) => {
      const there = hyperbolicScores(matrix(points.map((x) => moved(x, by, 1))), tensor(moved(normal, by, 1)));
      await expectClose(there, hyperbolicScores(matrix(points), tensor(normal)), { tolerance: 1e-11 });
    },
  );

  it("agrees with finite differences to second order", async () => {
    const x = {
      points: matrix([pointAt(1, [0.6, 0.8]), pointAt(0.5, [1, 0])]),
      normal: tensor(Float64Array.of(0.3, 1, -0.4)),
    };
    await checkGradient(
      ({ points, normal }: typeof x) =>
        hyperbolicScores(points.mul(1), normal)
          .mul(tensor(Float64Array.of(1, -2)))
          .sum(),
      x,
      { order: 2 },
    );
  });

  it("takes one dimension and the origin", async () => {
    await expectClose(hyperbolicScores(matrix([Float64Array.of(1, 0)]), tensor(Float64Array.of(3, 5))), [0.75]);
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      hyperbolicScores(
        tensor(
          [
            [1, 0, 0],
            [Math.cosh(1), Math.sinh(1), 0],
          ],
          { backend },
        ),
        tensor([0.5, 1, 1], { backend }),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const [x, w] = [tensor([[1, 0]]), tensor([0, 1])];
    expect(() => hyperbolicScores(tensor([1, 0]), w)).toThrow(
      "hyperbolicScores: points has shape [2] but must have 2 axes",
    );
    expect(() => hyperbolicScores(x, tensor([[0, 1]]))).toThrow(
      "hyperbolicScores: normal has shape [1, 2] but must have 1 axis",
    );
    expect(() => hyperbolicScores(x, tensor([0, 1, 0]))).toThrow(
      "hyperbolicScores: normal has shape [3] but must end in 2 coordinates, as points does",
    );
    expect(() => hyperbolicScores(x, tensor([1, 1]))).toThrow(
      "hyperbolicScores: normal has w * w = 0 but must be space-like, w * w < 0",
    );
    expect(() => hyperbolicScores(x, tensor([2, 1]))).toThrow(
      "hyperbolicScores: normal has w * w = 3 but must be space-like, w * w < 0",
    );
    expect(() =>
      hyperbolicScores(
        tensor([
          [1, 0],
          [2, 1],
        ]),
        w,
      ),
    ).toThrow("hyperbolicScores: point 1 of points has x * x = 3 but must have 1, be on the hyperboloid");
  });
});
