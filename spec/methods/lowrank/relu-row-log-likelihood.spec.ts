import { erf, grad, log, logSigmoid, type Tensor, tensor } from "cotangent";
import { checkLogCdf, type LogCdf, reluRowLogLikelihood } from "cotangent/methods/lowrank";
import { checkGradient, distinctFloats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";

const n = 5;
const rows = distinctFloats([n], 0.2);
const splits = fc.integer({ min: 0, max: n });
const gaussian: LogCdf = (x) => log(erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5));
const distributions: readonly (readonly [LogCdf, (x: number) => number])[] = [
  [logSigmoid, (x) => Math.exp(-Math.abs(x)) / (1 + Math.exp(-Math.abs(x))) ** 2],
  [gaussian, (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)],
];

/** The mask of the `count` largest. */
function largest(x: Float64Array, count: number): Uint8Array {
  const sorted = [...x].sort((a, b) => b - a);
  return Uint8Array.from(x, (value) => (sorted.indexOf(value) < count ? 1 : 0));
}

const bool = (mask: Uint8Array) => tensor(mask, { dtype: "bool" });

describe("reluRowLogLikelihood", () => {
  law("is that of a distribution: over the n + 1 splits by order it sums to 1", rows, async (x) => {
    for (const [logCdf] of distributions) {
      let total = 0;
      for (let count = 0; count <= n; count++) {
        total += Math.exp(await reluRowLogLikelihood(tensor(x), bool(largest(x, count)), logCdf).item());
      }
      await expectClose([total], [1], { tolerance: 1e-12 });
    }
  });

  law("is log[σ(s) − σ(t)] in closed form for the logistic distribution", rows, splits, async (x, count) => {
    const sorted = [...x].sort((a, b) => b - a);
    const s = count === n ? Number.POSITIVE_INFINITY : -sorted[count];
    const t = count === 0 ? Number.NEGATIVE_INFINITY : -sorted[count - 1];
    const logistic = (z: number) => 1 / (1 + Math.exp(-z));
    const expected = Math.log(logistic(s) - logistic(t));
    await expectClose(reluRowLogLikelihood(tensor(x), bool(largest(x, count)), logSigmoid), [expected], {
      tolerance: 1e-12,
    });
  });

  law(
    "is −∞, with gradient 0, for a split that is not by order",
    rows,
    fc.integer({ min: 1, max: n - 1 }),
    async (x, count) => {
      const wrong = largest(x, count).map((bit) => 1 - bit);
      const value = (t: Tensor) => reluRowLogLikelihood(t, bool(wrong), logSigmoid);
      await expectClose(value(tensor(x)), [Number.NEGATIVE_INFINITY]);
      await expectClose(grad(value)(tensor(x)), new Float64Array(n), { tolerance: 0 });
      const tied = tensor(new Float64Array([1, 1]));
      await expectClose(reluRowLogLikelihood(tied, tensor([true, false]), logSigmoid), [Number.NEGATIVE_INFINITY]);
      const ofTied = (t: Tensor) => reluRowLogLikelihood(t, tensor([true, false]), logSigmoid);
      await expectClose(grad(ofTied)(tied), [0, 0], { tolerance: 0 });
    },
  );

  law(
    "has slope −f/(F − F') at the largest zero and f'/(F − F') at the least positive",
    rows,
    splits,
    async (x, count) => {
      const sorted = [...x].sort((a, b) => b - a);
      for (const [logCdf, density] of distributions) {
        const value = (t: Tensor) => reluRowLogLikelihood(t, bool(largest(x, count)), logCdf);
        const share = Math.exp(await value(tensor(x)).item());
        const expected = new Float64Array(n);
        if (count < n) expected[x.indexOf(sorted[count])] = -density(-sorted[count]) / share;
        if (count > 0) expected[x.indexOf(sorted[count - 1])] = density(-sorted[count - 1]) / share;
        await expectClose(grad(value)(tensor(x)), expected, { tolerance: 1e-11 });
      }
    },
  );

  law("agrees with central differences to second order", rows, splits, async (x, count) => {
    for (const [logCdf] of distributions) {
      await checkGradient((t) => reluRowLogLikelihood(t, bool(largest(x, count)), logCdf), tensor(x), { order: 2 });
    }
  });

  law(
    "does not change when x and F are shifted together, nor with the order of x",
    rows,
    splits,
    numbers(),
    async (x, count, shift) => {
      const mask = largest(x, count);
      const plain = await reluRowLogLikelihood(tensor(x), bool(mask), logSigmoid).data();
      const shifted = reluRowLogLikelihood(tensor(x.map((v) => v + shift)), bool(mask), (z) =>
        logSigmoid(z.add(shift)),
      );
      await expectClose(shifted, plain, { tolerance: 1e-11 });
      await expectClose(
        reluRowLogLikelihood(tensor(x.slice().reverse()), bool(mask.slice().reverse()), logSigmoid),
        plain,
        { tolerance: 0 },
      );
    },
  );

  it("takes rows at a time, and is exact far out in either tail", async () => {
    const x = tensor(new Float64Array([-40, -39, 39, 40, 1, 2]), { shape: [3, 2] });
    const mask = tensor(
      [
        [false, true],
        [false, true],
        [true, true],
      ],
      { dtype: "bool" },
    );
    const tail = Math.log(Math.exp(-39) - Math.exp(-40)); // σ(40) − σ(39), and σ(−39) − σ(−40)
    await expectClose(reluRowLogLikelihood(x, mask, logSigmoid), [tail, tail, Math.log(1 - 1 / (1 + Math.exp(1)))], {
      tolerance: 1e-12,
    });
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const mask = tensor([true, false, true], { backend });
      return grad((t: Tensor) => reluRowLogLikelihood(t, mask, logSigmoid))(tensor([1, -2, 0.5], { backend }));
    });
  });

  it("names what is wrong", () => {
    const x = tensor([1, 2]);
    expect(() => reluRowLogLikelihood(x, tensor([true]), logSigmoid)).toThrow(
      "reluRowLogLikelihood: mask has shape [1] but must match x, [2]",
    );
    expect(() => reluRowLogLikelihood(x, x as unknown as Tensor<"bool">, logSigmoid)).toThrow(
      "reluRowLogLikelihood: mask is f32 but must be bool; cast it",
    );
    expect(() => reluRowLogLikelihood(tensor(1), tensor(1, { dtype: "bool" }), logSigmoid)).toThrow(
      "reluRowLogLikelihood: x has shape [] but must have a last axis that is not empty",
    );
    expect(() =>
      reluRowLogLikelihood(tensor(Int32Array.of(1)) as unknown as Tensor, tensor([true]), logSigmoid),
    ).toThrow("reluRowLogLikelihood: x is i32 but must be f32 or f64; cast it");
  });
});

describe("checkLogCdf", () => {
  const points = tensor(new Float64Array([-2, 0, 2]));

  it("passes what does not fall, and names what does", async () => {
    await checkLogCdf(logSigmoid, points);
    await expect(checkLogCdf((x) => logSigmoid(x.neg()), tensor(new Float64Array([0, 700])))).rejects.toThrow(
      `checkLogCdf: logCdf is -700 at 700 but must be at least ${-Math.LN2}, as at 0`,
    );
    await expect(checkLogCdf((x) => x, points)).rejects.toThrow("checkLogCdf: logCdf is 2 at 2 but must be ≤ 0");
    await expect(checkLogCdf((x) => x.mul(Number.NaN), points)).rejects.toThrow(
      "checkLogCdf: logCdf is NaN at -2 but must be ≤ 0",
    );
    await expect(checkLogCdf(logSigmoid, tensor(new Float64Array([1, 1])))).rejects.toThrow(
      "checkLogCdf: points holds 1 after 1 but must ascend",
    );
  });

  it("finds what a likelihood shows as NaN", async () => {
    const falling: LogCdf = (x) => logSigmoid(x.neg());
    expect(await reluRowLogLikelihood(tensor([1, 2]), tensor([false, true]), falling).item()).toBeNaN();
  });
});
