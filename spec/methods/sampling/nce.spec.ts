import { categorical, exp, gather, grad, log, randomKey, type Tensor, tensor, valueAndGrad } from "cotangent";
import { expectedNceObjective, nceLoss } from "cotangent/methods/sampling";
import { checkGradient, checkUnbiased, floats, ids, numbers, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { contrastsWithNoise, shareOf, smallProblems, tensorsOf } from "./support/contrasts.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

describe("nceLoss", () => {
  law(
    "is softplus(−Δ) of the positive plus the sum of softplus(Δ) of the noise",
    contrastsWithNoise(),
    async ({ scores, log }) => {
      const { rows, k } = scores;
      const expected = Array.from({ length: rows }, (_, row) => {
        let loss = softplus(-(scores.positive[row] - Math.log(k) - log.positive[row]));
        for (let i = row * k; i < (row + 1) * k; i++) loss += softplus(scores.noise[i] - Math.log(k) - log.noise[i]);
        return loss;
      });
      await expectClose(nceLoss(tensorsOf(scores), tensorsOf(log)), expected);
    },
  );

  law(
    "has gradient −σ(−Δ) at the positive and σ(Δ) at the noise, all in [0, 1] in size",
    contrastsWithNoise(),
    async ({ scores, log }) => {
      const shift = Math.log(scores.k);
      const slopes = grad((s: { positive: Tensor; noise: Tensor }) => nceLoss(s, tensorsOf(log)).sum())(
        tensorsOf(scores),
      );
      await expectClose(
        slopes.positive,
        scores.positive.map((s, i) => -sigmoid(-(s - shift - log.positive[i]))),
      );
      await expectClose(
        slopes.noise,
        scores.noise.map((s, i) => sigmoid(s - shift - log.noise[i])),
      );
    },
  );

  law(
    "agrees with central differences to second order, log-normalizer included",
    contrastsWithNoise(),
    floats([3]),
    async ({ scores, log }, c) => {
      const x = { ...tensorsOf(scores), c: tensor(c.slice(0, scores.rows)) };
      await checkGradient(({ c, ...s }) => nceLoss(s, tensorsOf(log), { logNormalizer: c }).sum(), x, { order: 2 });
    },
  );

  law(
    "estimates the expected objective and its gradient without bias",
    smallProblems,
    simplex(5),
    simplex(5),
    floats([5]),
    async ({ classes, k }, p, q, s) => {
      const [data, noise, table] = [
        tensor(shareOf(p, classes)),
        tensor(shareOf(q, classes)),
        tensor(s.slice(0, classes)),
      ];
      const estimate = valueAndGrad((scores: Tensor, positive: Tensor<"i32">, negatives: Tensor<"i32">) => {
        const at = (from: Tensor) => ({ positive: gather(from, positive), noise: gather(from, negatives) });
        return nceLoss(at(scores), at(log(noise))).sum();
      });
      const target = valueAndGrad((scores: Tensor) => expectedNceObjective(scores, data, noise, { negatives: k }));
      await checkUnbiased(
        (key) =>
          estimate(
            table,
            categorical(key.at("data"), log(data), [1]),
            categorical(key.at("noise"), log(noise), [1, k]),
          ),
        target(table),
        randomKey(0),
      );
    },
  );

  law(
    "adds up the gradients of repeated samples and of samples that equal the positive; other classes get none",
    ids(1, 3),
    ids(4, 3),
    floats([5]),
    async (label, drawn, s) => {
      const table = (scores: Tensor) =>
        nceLoss(
          { positive: gather(scores, tensor(label)), noise: gather(scores, tensor(drawn, { shape: [1, 4] })) },
          {
            positive: tensor(new Float64Array(1).fill(-Math.log(5))),
            noise: tensor(new Float64Array(4).fill(-Math.log(5))),
          },
        ).sum();
      const expected = new Float64Array(5);
      const delta = s.map((x) => x - Math.log(4 / 5));
      expected[label[0]] -= sigmoid(-delta[label[0]]);
      for (const id of drawn) expected[id] += sigmoid(delta[id]);
      expect([expected[3], expected[4]]).toEqual([0, 0]);
      await expectClose(grad(table)(tensor(s)), expected);
    },
  );

  law("subtracts the log-normalizer from every score", contrastsWithNoise(), numbers(), async ({ scores, log }, c) => {
    const moved = { ...scores, positive: scores.positive.map((s) => s - c), noise: scores.noise.map((s) => s - c) };
    const plain = await nceLoss(tensorsOf(moved), tensorsOf(log)).data();
    const ofAll = tensor(Float64Array.of(c), { shape: [] });
    const ofRows = tensor(new Float64Array(scores.rows).fill(c));
    await expectClose(nceLoss(tensorsOf(scores), tensorsOf(log), { logNormalizer: ofAll }), plain);
    await expectClose(nceLoss(tensorsOf(scores), tensorsOf(log), { logNormalizer: ofRows }), plain);
  });

  law("takes log-probabilities that the rows share", contrastsWithNoise(), async ({ scores, log }) => {
    const shared = log.noise.slice(0, scores.k);
    const repeated = Float64Array.from(log.noise, (_, i) => shared[i % scores.k]);
    const { positive } = tensorsOf(log);
    await expectClose(
      nceLoss(tensorsOf(scores), { positive, noise: tensor(shared) }),
      await nceLoss(tensorsOf(scores), tensorsOf({ ...log, noise: repeated })).data(),
    );
  });

  law("lets no gradient into the noise's log-probability", contrastsWithNoise(), async ({ scores, log }) => {
    const slopes = grad((q: { positive: Tensor; noise: Tensor }) => nceLoss(tensorsOf(scores), q).sum())(
      tensorsOf(log),
    );
    expect([...(await slopes.positive.data()), ...(await slopes.noise.data())].every((slope) => slope === 0)).toBe(
      true,
    );
  });

  it("changes when a row's scores move together: only their normalized form is right", async () => {
    const q = tensor(new Float64Array([Math.log(0.5)]));
    const loss = (shift: Tensor) =>
      nceLoss({ positive: shift, noise: shift.reshape([1, 1]) }, { positive: q, noise: q }).sum();
    await expectClose(grad(loss)(tensor(new Float64Array([1]))), [
      sigmoid(1 - Math.log(0.5)) - sigmoid(Math.log(0.5) - 1),
    ]);
  });

  law(
    "stays finite, value and gradient, out to scores of ±1e4",
    contrastsWithNoise({ min: -1e4, max: 1e4 }),
    async ({ scores, log }) => {
      const { value, grad: slopes } = valueAndGrad((s: { positive: Tensor; noise: Tensor }) =>
        nceLoss(s, tensorsOf(log)).sum(),
      )(tensorsOf(scores));
      expect(Number.isFinite(await value.item())).toBe(true);
      for (const slope of await slopes.positive.data()) expect(slope >= -1 && slope <= 0).toBe(true);
      for (const slope of await slopes.noise.data()) expect(slope >= 0 && slope <= 1).toBe(true);
    },
  );

  it("is 2·log 2 for two classes, one sample, and scores that are the log-probabilities of the noise", async () => {
    const q = {
      positive: tensor(new Float64Array([Math.log(0.3)])),
      noise: tensor(new Float64Array([Math.log(0.7)]), { shape: [1, 1] }),
    };
    await expectClose(nceLoss(q, q), [2 * Math.log(2)]);
    await expectClose(exp(nceLoss(q, q)), [4]);
  });

  it("names a log-normalizer that does not fit", () => {
    const s = { positive: tensor([0, 0]), noise: tensor([[0], [0]]) };
    expect(() => nceLoss(s, s, { logNormalizer: tensor([0, 0, 0]) })).toThrow(
      "nceLoss: logNormalizer has shape [3] but must be [2], or [] for one of all rows",
    );
    expect(() => nceLoss(s, s, { logNormalizer: tensor(new Float64Array(2)) })).toThrow(
      "nceLoss: logNormalizer is f64 but must match scores.positive, f32; cast one of them",
    );
  });
});

finiteAtExtremes("nceLoss", (x, at) => nceLoss(extreme.contrast(x, at), extreme.noise(x, at)), {
  isWeighted: true,
  isOnGpu: true,
});
