import { concat, exp, grad, type Tensor, tensor, vjp } from "cotangent";
import { kSubsetBinaryEntropy } from "cotangent/methods/generative";
import { softTopK, softTopKLog } from "cotangent/methods/ranking";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { mask, matrix } from "./support/positive-batches.js";

const row = (values: ArrayLike<number>) => matrix([Array.from(values)]);
const scores = floats([6], { min: -2, max: 2 });
const ks = numbers({ min: 0.2, max: 5.8 });
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

describe("softTopK", () => {
  law("is σ(α(s + t)) with numbers in (0, 1) that sum to k, in the order of the scores", scores, ks, async (s, k) => {
    const z = await softTopK(row(s), k).data();
    expect(sum(z)).toBeCloseTo(k, 9);
    const shifts = Array.from(z, (value, l) => Math.log(value / (1 - value)) / 2 - s[l]);
    for (const shift of shifts) expect(shift).toBeCloseTo(shifts[0], 9);
    for (let a = 0; a < 6; a++) for (let b = 0; b < 6; b++) if (s[a] > s[b]) expect(z[a]).toBeGreaterThan(z[b]);
    await expectClose(exp(softTopKLog(row(s), k)), z);
  });

  law("does not change when all scores shift", scores, ks, numbers({ min: -50, max: 50 }), async (s, k, shift) => {
    await expectClose(softTopK(row(s.map((v) => v + shift)), k), softTopK(row(s), k));
  });

  law("is the relaxation by binary entropy where k is whole", scores, fc.integer({ min: 1, max: 5 }), async (s, k) => {
    await expectClose(softTopK(row(s), k, { sharpness: 3 }), kSubsetBinaryEntropy(row(s).mul(3), k));
  });

  law("tends to the indicator of the k largest", distinctFloats([6]), fc.integer({ min: 1, max: 5 }), async (s, k) => {
    const order = [...s].sort((a, b) => b - a);
    await expectClose(
      softTopK(row(s), k, { sharpness: 1e4 }),
      s.map((v) => Number(v >= order[k - 1])),
      { tolerance: 1e-12 },
    );
  });

  law(
    "has the Jacobian α(diag(v) − vvᵀ/Σv): symmetric, positive semidefinite, rows that sum to 0",
    scores,
    ks,
    fc.nat(5),
    async (s, k, j) => {
      const z = await softTopK(row(s), k).data();
      const v = Array.from(z, (value) => 2 * value * (1 - value));
      const unit = row(s.map((_, l) => Number(l === j)));
      const slope = grad((x: Tensor) => softTopK(x, k).mul(unit).sum())(row(s));
      const expected = v.map((value, l) => (l === j ? value : 0) - (value * v[j]) / sum(v));
      await expectClose(slope, expected);
      // rows of such a matrix sum to 0; with a diagonal ≥ 0 and nothing above 0 beside it is positive semidefinite
      expect(Math.abs(sum(await slope.data()))).toBeLessThan(1e-9);
      expect(expected.every((value, l) => (l === j ? value >= 0 : value <= 0))).toBe(true);
    },
  );

  it("agrees with finite differences to second order, in its logarithm", async () => {
    const weigh = (z: Tensor) => z.mul(row([1, -0.4, 0.2, 0.9])).sum();
    await checkGradient((x: Tensor) => weigh(softTopKLog(x, 2.7)), row([0.3, -1, 0.9, 1.4]), { order: 2 });
  });

  law(
    "takes a k for each row, and leaves out what is masked",
    floats([12]),
    numbers({ min: 0.2, max: 2.8 }),
    numbers({ min: 0.2, max: 3.8 }),
    async (s, a, b) => {
      const x = matrix([[...s.slice(0, 6)], [...s.slice(6)]]);
      const marks = [
        [0, 2, 3],
        [1, 2, 4, 5],
      ];
      const isIn = mask(marks.map((of) => Array.from({ length: 6 }, (_, l) => of.includes(l))));
      const z = await softTopK(x, tensor(Float64Array.of(a, b)), { mask: isIn }).data();
      const logZ = await softTopKLog(x, tensor(Float64Array.of(a, b)), { mask: isIn }).data();
      for (const [i, of] of marks.entries()) {
        const alone = await softTopK(row(of.map((l) => s[6 * i + l])), [a, b][i]).data();
        for (let l = 0; l < 6; l++) {
          expect(z[6 * i + l]).toBeCloseTo(of.includes(l) ? alone[of.indexOf(l)] : 0, 9);
          if (!of.includes(l)) expect(logZ[6 * i + l]).toBe(Number.NEGATIVE_INFINITY);
        }
      }
      const slope = await grad((t: Tensor) =>
        softTopK(t, tensor(Float64Array.of(a, b)), { mask: isIn })
          .mul(x)
          .sum(),
      )(x).data();
      slope.forEach((value, at) => {
        if (!marks[Math.floor(at / 6)].includes(at % 6)) expect(value).toBeCloseTo(z[at], 12); // 0, of x in the product
      });
    },
  );

  law(
    "works along the last axis, with a k for each row",
    floats([12]),
    floats([4], { min: 0.2, max: 2.8 }),
    async (s, k) => {
      const rows = [0, 1, 2, 3].map((i) => softTopK(tensor(s.slice(3 * i, 3 * i + 3)), tensor(k[i], { dtype: "f64" })));
      const x = tensor(s, { shape: [2, 2, 3] });
      await expectClose(softTopK(x, tensor(k, { shape: [2, 2] })), concat(rows, 0));
    },
  );

  it("is k/L for equal scores, and right at ±1e4", async () => {
    await expectClose(softTopK(row([3, 3, 3, 3]), 1), [0.25, 0.25, 0.25, 0.25]);
    await expectClose(softTopK(row([1e4, -1e4, 1e4, -1e4]), 2), [1, 0, 1, 0]);
    await expectClose(softTopK(row([1e4, -1e4, 1e4, -1e4]), 1), [0.5, 0, 0.5, 0]);
    const many = tensor(new Float64Array(50_000).fill(1), { shape: [1, 50_000] }) as Tensor; // c is far out for L > 2e4 k
    expect(await softTopK(many, 1).sum().item()).toBeCloseTo(1, 9);
    const saturated = vjp((x: Tensor) => softTopKLog(x, 2), row([1e4, -1e4, 1e4, -1e4]));
    const slope = await saturated.pullback(row([0, 1, 0, 0])).data();
    expect(slope.every(Number.isFinite)).toBe(true);
    expect(slope[1]).toBeCloseTo(2 * (1 - 0.25), 9);
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [2, 6] },
      ) as Tensor;
      return grad((z: Tensor) => softTopK(z, 2.5).mul(x).sum())(x);
    });
  });

  it.each([
    ["softTopK", softTopK],
    ["softTopKLog", softTopKLog],
  ] as const)("%s says what is wrong with its input", (name, f) => {
    const x = matrix([
      [1, 2],
      [3, 4],
    ]);
    expect(() => f(x, 0)).toThrow(`${name}: k is 0 but must be in (0, 2), the number of entries of row 0`);
    expect(() => f(x, 2)).toThrow(`${name}: k is 2 but must be in (0, 2), the number of entries of row 0`);
    expect(() =>
      f(x, 1, {
        mask: mask([
          [true, true],
          [true, false],
        ]),
      }),
    ).toThrow(`${name}: k is 1 but must be in (0, 1), the number of entries of row 1`);
    expect(() => f(x, tensor(Float64Array.of(1, Number.NaN)))).toThrow(
      `${name}: k is NaN but must be in (0, 2), the number of entries of row 1`,
    );
    expect(() => f(x, tensor([1, 1]))).toThrow(`${name}: k is f32 but must match scores, f64; cast one of them`);
    expect(() => f(x, tensor(Float64Array.of(1)))).toThrow(`${name}: k has shape [1] but must be [2]`);
    expect(() => f(x, 1, { sharpness: 0 })).toThrow(`${name}: sharpness is 0 but must be a finite number > 0`);
    expect(() => f(matrix([[1, Number.POSITIVE_INFINITY]]), 1)).toThrow(
      `${name}: scores holds Infinity at 1 but must hold finite numbers`,
    );
    expect(() => f(tensor(1), 1)).toThrow(`${name}: scores has shape [] but must be [..., L]`);
    expect(() => f(x, 1, { mask: mask([[true, true]]) })).toThrow(
      `${name}: mask has shape [1, 2] but must match scores, [2, 2]`,
    );
  });
});
