import { grad, type Tensor, tensor } from "cotangent";
import { compSumLoss, compSumPhi, smoothAdversarialCompSumLoss } from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameOnBackends } from "./support/agreement.js";

const [rows, classes] = [3, 4];
const scores = floats([rows, classes]);
const labels = ids(rows, classes);
const taus = fc.constantFrom(0, 0.5, 1, 1.5, 2, 2.5);
const rhos = numbers({ min: 0.2, max: 3 });
const matrix = (values: ArrayLike<number>) =>
  tensor(Float64Array.from(values), { shape: [values.length / classes, classes] });

describe("smoothAdversarialCompSumLoss", () => {
  law(
    "is a comp-sum loss plus ν times the change of the differences",
    scores,
    scores,
    labels,
    rhos,
    async (s, t, y, rho) => {
      const plain = await compSumLoss(matrix(s).div(rho), tensor(y), { tau: 1.5 }).data();
      const expected = Array.from(y, (label, i) => {
        let square = 0;
        for (let k = 0; k < classes; k++) {
          const of = (values: Float64Array) => values[i * classes + label] - values[i * classes + k];
          square += (of(t) - of(s)) ** 2;
        }
        return { plain: plain[i], change: Math.sqrt(square) };
      });
      for (const nu of [0.7, undefined]) {
        const options = { tau: 1.5, rho, ...(nu === undefined ? {} : { nu }) };
        const loss = smoothAdversarialCompSumLoss(matrix(s), matrix(t), tensor(y), options);
        const price = nu ?? Math.sqrt(classes - 1) / rho;
        const priced = expected.map(({ plain, change }) => plain + price * change);
        await expectClose(loss, priced, { tolerance: 1e-12 });
      }
    },
  );

  law(
    "is never below the margin loss of any adversary",
    scores,
    scores,
    labels,
    taus,
    rhos,
    async (s, t, y, tau, rho) => {
      const losses = await smoothAdversarialCompSumLoss(matrix(s), matrix(t), tensor(y), { tau, rho }).data();
      y.forEach((label, i) => {
        let sum = 0;
        for (let k = 0; k < classes; k++) {
          const margin = t[i * classes + label] - t[i * classes + k];
          if (k !== label) sum += Math.min(Math.max(0, 1 - margin / rho), 1);
        }
        expect(losses[i]).toBeGreaterThanOrEqual(compSumPhi(sum, { tau }) - 1e-12);
      });
    },
  );

  law("needs ν as large as its default", rhos, async (rho) => {
    // Level scores far above the margin, and an adversary who makes them level with it.
    const [s, t, y] = [matrix([40 * rho, 0, 0, 0]), matrix([0, 0, 0, 0]), tensor(Int32Array.of(0))];
    const small = (0.9 * compSumPhi(3, { tau: 0 })) / (40 * rho * Math.sqrt(3));
    const loss = await smoothAdversarialCompSumLoss(s, t, y, { tau: 0, rho, nu: small }).item();
    expect(loss).toBeLessThan(compSumPhi(3, { tau: 0 }));
  });

  law("is compSumLoss where nothing changes, with its gradient", scores, labels, taus, async (s, y, tau) => {
    const loss = (x: Tensor) => smoothAdversarialCompSumLoss(x, matrix(s), tensor(y), { tau, rho: 2 }).sum();
    const plain = (x: Tensor) => compSumLoss(x.div(2), tensor(y), { tau }).sum();
    await expectClose(loss(matrix(s)), plain(matrix(s)), { tolerance: 1e-12 });
    await expectClose(grad(loss)(matrix(s)), grad(plain)(matrix(s)), { tolerance: 1e-12 });
  });

  law("agrees with finite differences to second order, in both scores", scores, labels, async (s, y) => {
    const other = s.map((score, i) => score + Math.sin(i + 1));
    const loss = ({ at, near }: { at: Tensor; near: Tensor }) =>
      smoothAdversarialCompSumLoss(at, near, tensor(y), { tau: 1.5 }).sum();
    await checkGradient(loss, { at: matrix(s), near: matrix(other) }, { order: 2 });
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    await expectSameOnBackends((y, place) => {
      const near = tensor([0.1, -1, 1.5, 0.3, 4, -2], { ...place, shape: [2, 3] });
      return (x) => smoothAdversarialCompSumLoss(x, near, y, { reduction: "mean" });
    });
  });

  it("names what is wrong", () => {
    const [s, y] = [matrix([0, 0, 0, 0]), tensor(Int32Array.of(1))];
    const call =
      (options: Parameters<typeof smoothAdversarialCompSumLoss>[3], t = s) =>
      () =>
        smoothAdversarialCompSumLoss(s, t, y, options);
    expect(call({ rho: 0 })).toThrow("smoothAdversarialCompSumLoss: rho is 0 but must be a finite number > 0");
    expect(call({ nu: -1 })).toThrow("smoothAdversarialCompSumLoss: nu is -1 but must be a finite number ≥ 0");
    expect(call({ tau: -1 })).toThrow("smoothAdversarialCompSumLoss: tau is -1 but must be a finite number ≥ 0");
    expect(call({}, s.reshape([2, 2]))).toThrow(
      "smoothAdversarialCompSumLoss: perturbed has shape [2, 2] but must match scores, [1, 4]",
    );
    expect(call({}, tensor([0, 0, 0, 0], { shape: [1, 4] }))).toThrow(
      "smoothAdversarialCompSumLoss: perturbed is f32 but must match scores, f64; cast one of them",
    );
    expect(call({ reduction: "max" as "mean" })).toThrow(
      'smoothAdversarialCompSumLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() => smoothAdversarialCompSumLoss(s, s, tensor(Int32Array.of(4)))).toThrow(
      "smoothAdversarialCompSumLoss: labels is 4 at [0] but must be in [0, 4)",
    );
  });
});

finiteAtExtremes(
  "smoothAdversarialCompSumLoss",
  (x, { labels }) => {
    const near = extreme.beside(x, Array(SIZE * SIZE).fill(0.5), [SIZE, SIZE]);
    return smoothAdversarialCompSumLoss(x, near, labels, { tau: 1.5, nu: 1 });
  },
  { cancels: true },
);
