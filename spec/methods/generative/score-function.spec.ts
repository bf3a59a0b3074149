import { broadcastTo, grad, type Tensor, tensor } from "cotangent";
import { bernoulliSst, categoricalSst, matchingSst, scoreFunctionGrad } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { gaussLaguerre, gaussLegendre, logistic } from "./support/quadrature.js";

const f64 = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensor(Float64Array.from(values), { shape });

describe("scoreFunctionGrad", () => {
  law(
    "is unbiased for two classes, whatever the baseline",
    floats([2]),
    floats([2]),
    numbers({ min: -5, max: 5 }),
    async (theta, losses, baseline) => {
      // e^−G are exponential: their sum s has density s·e^−s, the share w of the first is uniform, and the first class
      // wins while w < p
      const p = logistic(theta[0] - theta[1]);
      const points = [gaussLegendre(0, p), gaussLegendre(p, 1)].flatMap((shares, winner) =>
        shares.flatMap(({ at: w, weight }) =>
          gaussLaguerre.map(({ at: s, weight: share }) => ({
            noise: [-Math.log(s * w), -Math.log(s * (1 - w))],
            loss: losses[winner],
            winner,
            weight: weight * share,
          })),
        ),
      );
      const rows = [points.length, 2];
      const utilities = f64(
        points.flatMap(({ noise }) => noise.map((g, i) => theta[i] + g)),
        rows,
      );
      const picked = await categoricalSst().hard(utilities).data();
      for (const [row, { winner }] of points.entries()) expect(picked[2 * row + winner]).toBe(1);
      const estimates = await scoreFunctionGrad(
        categoricalSst(),
        utilities,
        broadcastTo(tensor(theta), rows),
        f64(points.map(({ loss }) => loss)),
        { baseline },
      ).data();
      const mean = [0, 1].map((i) => points.reduce((sum, { weight }, row) => sum + weight * estimates[2 * row + i], 0));
      const slope = p * (1 - p) * (losses[0] - losses[1]);
      await expectClose(mean, [slope, -slope], { tolerance: 1e-11 });
    },
  );

  law(
    "is unbiased for a gate, whatever the baseline",
    numbers(),
    floats([2]),
    numbers({ min: -5, max: 5 }),
    async (theta, losses, baseline) => {
      const p = logistic(theta);
      const points = [gaussLegendre(0, 1 - p), gaussLegendre(1 - p, 1)].flatMap((shares, inside) =>
        shares.map(({ at, weight }) => ({ noise: Math.log(at / (1 - at)), loss: losses[inside], inside, weight })),
      );
      const utilities = f64(
        points.map(({ noise }) => theta + noise),
        [4, 1],
      );
      await expectClose(
        bernoulliSst().hard(utilities),
        points.map(({ inside }) => inside),
        { tolerance: 0 },
      );
      const estimates = await scoreFunctionGrad(
        bernoulliSst(),
        utilities,
        f64([theta, theta, theta, theta], [4, 1]),
        f64(points.map(({ loss }) => loss)),
        { baseline },
      ).data();
      const mean = points.reduce((sum, { weight }, row) => sum + weight * estimates[row], 0);
      await expectClose([mean], [p * (1 - p) * (losses[1] - losses[0])], { tolerance: 1e-11 });
    },
  );

  law("takes a baseline for each object of a batch", floats([2, 3, 3]), floats([4]), async (u, [a, b, c, d]) => {
    const [utilities, theta] = [tensor(u, { shape: [2, 3, 3] }), tensor(u.map(Math.sin), { shape: [2, 3, 3] })];
    const together = scoreFunctionGrad(matchingSst(), utilities, theta, f64([a, b]), { baseline: f64([c, d]) });
    const plain = scoreFunctionGrad(matchingSst(), utilities, theta, f64([a - c, b - d]));
    await expectClose(together, plain, { tolerance: 1e-14 });
    expect(together.shape).toEqual([2, 3, 3]);
  });

  it("carries no gradient", async () => {
    const theta = f64([0.1, 0.2]);
    const f = (x: Tensor) => scoreFunctionGrad(categoricalSst(), x.mul(2), x, x.sum()).sum();
    await expectClose(grad(f)(theta), [0, 0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    const [u, losses] = [f64([1, 2], [1, 2]), f64([3])];
    const call = (utilities: Tensor, theta: Tensor, of: Tensor, baseline?: Tensor | number) => () =>
      scoreFunctionGrad(categoricalSst(), utilities, theta, of, baseline === undefined ? {} : { baseline });
    expect(call(u, f64([1, 2]), losses)).toThrow(
      "scoreFunctionGrad: theta has shape [2] but must match utilities, [1, 2]",
    );
    expect(call(u, u, f64([1, 2]))).toThrow(
      "scoreFunctionGrad: losses has shape [2] but must be [1], one for each object",
    );
    expect(call(u, u, losses, f64([1, 2]))).toThrow(
      "scoreFunctionGrad: baseline has shape [2] but must be [1], one for each object",
    );
    expect(call(u, u, tensor([3]))).toThrow(
      "scoreFunctionGrad: losses is f32 but must match utilities, f64; cast one of them",
    );
    expect(call(u, u, losses, tensor([3]))).toThrow(
      "scoreFunctionGrad: baseline is f32 but must match utilities, f64; cast one of them",
    );
    expect(call(u, f64([1, Number.NaN], [1, 2]), losses)).toThrow(
      "scoreFunctionGrad: theta holds NaN at 1 but must hold finite numbers",
    );
    expect(call(f64([-Infinity, 1], [1, 2]), u, losses)).toThrow(
      "scoreFunctionGrad: utilities holds -Infinity at 0 but must hold finite numbers",
    );
  });
});
