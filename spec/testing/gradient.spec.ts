import { customVjp, grad, logSumExp, matmul, qr, softmax, stopGradient, sum, type Tensor, tensor } from "cotangent";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../support/law.js";

const square = (x: Float64Array) => tensor(x, { shape: [3, 3] });
const target = tensor(new Float64Array([0.2, 0.5, 0.3]));

/** Functions of a 3 × 3 matrix whose gradients are right. */
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "softmax cross-entropy": (x) => sum(logSumExp(x, 1).sub(x.mul(target).sum(1))),
  logSumExp: (x) => logSumExp(x),
  "a chain of products": (x) => matmul(matmul(x, x), x.transpose()).mul(0.1).sum(),
  QR: (x) => {
    const { q, r } = qr(x);
    return q.mul(0.7).sum().add(r.mul(r).sum().mul(0.1));
  },
};
/** Near the identity: far from singular, where QR has no gradient. */
const matrices = floats([3, 3], { min: -0.4, max: 0.4 }).map((x) => x.map((value, i) => value + (i % 4 === 0 ? 2 : 0)));

/** The same function, its gradient changed. */
const tampered = (f: (x: Tensor) => Tensor, change: (slope: Tensor) => Tensor) =>
  customVjp(f, (cotangent, _, x) => [change(grad(f)(x)).mul(cotangent)]);

describe.each(Object.entries(functions))("checkGradient of %s", (_, f) => {
  law("accepts the right gradient, to second order", matrices, async (x) => {
    const { worst, resolution } = await checkGradient(f, square(x), { order: 2 });
    expect(worst).toBeLessThanOrEqual(1);
    expect(resolution).toBeLessThanOrEqual(1e-6);
  });

  const changes: Readonly<Record<string, (slope: Tensor) => Tensor>> = {
    "with its sign flipped": (slope) => slope.neg(),
    "half of what it should be": (slope) => slope.mul(0.5),
    "off by one part in 100 000": (slope) => slope.mul(1 + 1e-5),
    "with a row left out": (slope) => slope.mul(tensor(new Float64Array([1, 1, 0]), { shape: [3, 1] })),
  };
  it.each(Object.entries(changes))("rejects it %s", async (_name, change) => {
    const x = square(Float64Array.of(2, 0.3, -0.1, 0.2, 1.8, 0.4, -0.3, 0.1, 2.2));
    await expect(checkGradient(tampered(f, change), x)).rejects.toThrow("checkGradient: the gradient is wrong along a");
  });
});

describe("checkGradient", () => {
  const x = tensor(new Float64Array([0.3, -1]));

  it("rejects a detached branch", async () => {
    await expect(checkGradient((t) => t.mul(stopGradient(t)).sum(), x)).rejects.toThrow("the gradient is wrong");
  });

  it("rejects a dropped sum of broadcasting", async () => {
    const spread = customVjp(
      (t: Tensor) => t.mul(tensor(new Float64Array([1, 2, 3]), { shape: [3, 1] })),
      (cotangent) => [cotangent.sum(0).div(3)],
    );
    await expect(checkGradient((t) => spread(t).sum(), x)).rejects.toThrow("the gradient is wrong");
  });

  it("rejects a second derivative that is wrong though the first is right", async () => {
    const cube = customVjp(
      (t: Tensor) => t.mul(t).mul(t),
      (cotangent, _value, t) => [cotangent.mul(stopGradient(t.mul(t)).mul(3))],
    );
    await checkGradient((t) => cube(t).sum(), x);
    await expect(checkGradient((t) => cube(t).sum(), x, { order: 2 })).rejects.toThrow("the Hessian is wrong");
  });

  it("accepts a gradient of exactly 0, and no other, where nothing depends on the argument", async () => {
    await checkGradient((t) => t.mul(0).sum().add(1), x, { order: 2 });
    const claimed = customVjp(
      (t: Tensor) => t.mul(0).sum(),
      (cotangent, _value, t) => [t.mul(0).add(1e-6).mul(cotangent)],
    );
    await expect(checkGradient(claimed, x)).rejects.toThrow("the gradient is wrong");
  });

  it("refuses to judge a slope that drowns in rounding", async () => {
    await expect(checkGradient((t) => t.mul(1e-9).sum().add(1), x)).rejects.toThrow(
      "cannot be judged: five directions",
    );
  });

  it("accepts a gradient that is 0 but for rounding", async () => {
    await checkGradient((t) => softmax(t).sum(), x);
  });

  it("wants f64, and a scalar", async () => {
    await expect(checkGradient((t) => t.sum(), tensor([1]))).rejects.toThrow(
      "checkGradient: x is f32 but must be f64; differences need it",
    );
    await expect(checkGradient((t) => t, x)).rejects.toThrow(
      "grad: the function returned shape [2], but a gradient needs a scalar []; reduce it with .mean() or .sum()",
    );
  });
});
