import { cpu, gather, grad, softmax, type Tensor, tensor, valueAndGrad, zeros } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { elrLoss, elrRegularizer, updateElrTargets } from "cotangent/methods/noisylabels";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";

const [rows, classes] = [3, 4];
const logits = floats([rows, classes]);
const labels = ids(rows, classes);
/** Rows ≥ 0 whose sum is at most 1. */
const targets = floats([rows, classes], { min: 0, max: 1 / classes });
const strengths = numbers({ min: 0, max: 7 });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });

describe("elrLoss", () => {
  law("is cross-entropy plus λ log(1 − ⟨p, t⟩)", logits, labels, targets, strengths, async (z, y, t, strength) => {
    const plain = await sparseSoftmaxCrossEntropy(matrix(z), tensor(y)).data();
    const shares = await softmax(matrix(z), 1).data();
    const expected = Array.from(plain, (loss, i) => {
      let product = 0;
      for (let c = i * classes; c < (i + 1) * classes; c++) product += Math.max(shares[c], 1e-4) * t[c];
      return loss + strength * Math.log(1 - product);
    });
    await expectClose(elrLoss(matrix(z), tensor(y), matrix(t), { strength }), expected, { tolerance: 1e-12 });
    await expectClose(elrLoss(matrix(z), tensor(y), matrix(t), { strength: 0 }), plain, { tolerance: 0 });
  });

  law(
    "agrees with finite differences to second order, targets frozen",
    floats([rows, classes], { min: -2, max: 2 }),
    labels,
    targets,
    strengths,
    async (z, y, t, strength) => {
      const weights = tensor(Float64Array.of(1, 3, -2));
      const loss = (x: Tensor) => elrLoss(x, tensor(y), matrix(t), { strength }).mul(weights).sum();
      await checkGradient(loss, matrix(z), { order: 2 });
      const through = (at: Tensor) => elrLoss(matrix(z), tensor(y), at, { strength }).sum();
      await expectClose(grad(through)(matrix(t)), new Float64Array(rows * classes), { tolerance: 0 });
    },
  );

  law("with β = 0 pulls by the square of the prediction, one of its factors frozen", logits, labels, async (z, y) => {
    const all = tensor(Int32Array.of(0, 1, 2));
    const loss = (x: Tensor) => {
      const next = updateElrTargets(zeros([rows, classes], x), all, x, { momentum: 0 });
      return elrLoss(x, tensor(y), gather(next, all), { strength: 1 }).sum();
    };
    const shares = await softmax(matrix(z), 1).data();
    if (shares.some((p) => p < 2e-4)) return; // clamped
    const [values, slope] = [await loss(matrix(z)).item(), await grad(loss)(matrix(z)).data()];
    let expected = 0;
    for (let i = 0; i < rows; i++) {
      const p = Array.from(shares.slice(i * classes, (i + 1) * classes));
      const square = p.reduce((sum, share) => sum + share * share, 0);
      expected += -Math.log(p[y[i]]) + Math.log(1 - square);
      p.forEach((share, c) => {
        const pull = (share * (square - share)) / (1 - square);
        expect(Math.abs(slope[i * classes + c] - (share - Number(c === y[i]) + pull))).toBeLessThan(1e-11);
      });
    }
    expect(Math.abs(values - expected)).toBeLessThan(1e-11);
  });

  law(
    "has a regularizer in [log 1e-4, 0] that falls as predictions agree with targets",
    floats([rows, classes], { min: -50, max: 50 }),
    targets,
    async (z, t) => {
      const values = await elrRegularizer(matrix(z), matrix(t)).data();
      for (const value of values) {
        expect(value).toBeGreaterThanOrEqual(Math.log(1e-4) - 1e-9);
        expect(value).toBeLessThanOrEqual(0);
      }
      const [agrees, not] = await elrRegularizer(
        matrix([50, 0, 0, 0, 0, 50, 0, 0]),
        matrix([1, 0, 0, 0, 1, 0, 0, 0]),
      ).data();
      expect(agrees).toBeCloseTo(Math.log(1e-4), 9);
      expect(not).toBeCloseTo(Math.log1p(-1e-4), 12);
    },
  );

  it("stays finite at ±1e4, passes nothing where it clamps, and reduces", async () => {
    const [z, y, t] = [matrix([1e4, -1e4, -1e4, 1e4], 2), tensor(Int32Array.of(0, 0)), matrix([1, 0, 1, 0], 2)];
    const { value, grad: slope } = valueAndGrad((x: Tensor) => elrLoss(x, y, t, { reduction: "sum" }))(z);
    await expectClose(value, [2e4 + 3 * (Math.log(1e-4) + Math.log1p(-1e-4))], { tolerance: 1e-12 });
    await expectClose(slope, [0, 0, -1, 1], { tolerance: 1e-12 });
    const [a, b] = await elrLoss(z, y, t).data();
    await expectClose(elrLoss(z, y, t, { reduction: "mean" }), [(a + b) / 2], { tolerance: 1e-15 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const z = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const [y, at] = [tensor(Int32Array.of(2, 0), place), tensor(Int32Array.of(3, 1), place)];
      const state = tensor([0, 0, 0, 0.2, 0.5, 0.1, 0, 0, 0, 0.1, 0.1, 0.7], { ...place, shape: [4, 3] });
      const next = updateElrTargets(state, at, z);
      const { value, grad: slope } = valueAndGrad((x: Tensor) => elrLoss(x, y, gather(next, at)).sum())(z);
      return [await value.item(), ...(await slope.data()), ...(await next.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
  });

  it("names what is wrong", () => {
    const [z, y, t] = [matrix([0, 0], 2), tensor(Int32Array.of(1)), matrix([0.5, 0.5], 2)];
    expect(() => elrLoss(z, y, t, { strength: -1 })).toThrow("elrLoss: strength is -1 but must be a finite number ≥ 0");
    expect(() => elrLoss(z, tensor(Int32Array.of(2)), t)).toThrow("elrLoss: labels is 2 at [0] but must be in [0, 2)");
    expect(() => elrLoss(matrix([0], 1), y, t)).toThrow(
      "elrLoss: logits has shape [1, 1] but must have at least 2 classes",
    );
    expect(() => elrLoss(matrix([0, Number.NaN], 2), y, t)).toThrow(
      "elrLoss: logits holds NaN at 1 but must hold finite numbers",
    );
    expect(() => elrLoss(tensor(Int32Array.of(0, 0), { shape: [1, 2] }) as never, y, t)).toThrow(
      "elrLoss: logits is i32 but must be f32 or f64; cast it",
    );
    expect(() => elrLoss(z, y, matrix([0.1, 0.1, 0.1], 3))).toThrow(
      "elrLoss: targets has shape [1, 3] but must be [1, 2]",
    );
    expect(() => elrRegularizer(z, matrix([0, Number.NaN], 2))).toThrow(
      "elrRegularizer: targets holds NaN at 1 but must hold finite numbers",
    );
    expect(() => elrLoss(z, y, t, { reduction: "max" as "mean" })).toThrow(
      'elrLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes(
  "elrLoss",
  (x, { labels }) => {
    const past = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 0.5 : 0.0625));
    return elrLoss(x, labels, extreme.beside(x, past, [SIZE, SIZE]));
  },
  { cancels: true },
);
