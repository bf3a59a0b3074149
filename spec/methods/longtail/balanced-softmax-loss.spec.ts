import { cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { balancedSoftmaxLoss, logitAdjustedCrossEntropy } from "cotangent/methods/longtail";
import { checkGradient, floats, ids, longTailCounts, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { gradientOf, lossesOf, scoresOf } from "./support/batches.js";

const [rows, classes] = [3, 4];
const scores = floats([rows, classes]);
const labels = ids(rows, classes);
const counts = longTailCounts(classes);

describe("balancedSoftmaxLoss", () => {
  law("is −log of n_y exp(f_y) over the sum of all", scores, labels, counts, async (f, y, n) => {
    const batch = { rows, classes, scores: f, labels: y, priors: new Float64Array(classes) };
    const loss = (z: Tensor) => balancedSoftmaxLoss(z, tensor(y), n);
    const margin = (_: number, c: number) => Math.log(n[c]);
    await expectClose(loss(scoresOf(batch)), lossesOf(batch, margin), { tolerance: 1e-13 });
    await expectClose(grad((z: Tensor) => loss(z).sum())(scoresOf(batch)), gradientOf(batch, margin), {
      tolerance: 1e-13,
    });
    await checkGradient((z: Tensor) => loss(z).sum(), scoresOf(batch), { order: 2 });
  });

  law(
    "is logit adjustment with τ = 1, on any scale of the counts",
    scores,
    labels,
    counts,
    numbers({ min: 0.01, max: 100 }),
    async (f, y, n, scale) => {
      const z = tensor(f, { shape: [rows, classes] });
      const total = n.reduce((sum, count) => sum + count, 0);
      const priors = tensor(Float64Array.from(n, (count) => count / total));
      const expected = [...(await logitAdjustedCrossEntropy(z, tensor(y), priors).data())];
      const scaled = Float64Array.from(n, (count) => count * scale);
      await expectClose(balancedSoftmaxLoss(z, tensor(y), n), expected, { tolerance: 1e-14 });
      await expectClose(balancedSoftmaxLoss(z, tensor(y), scaled), expected, { tolerance: 1e-14 });
      const mean = expected.reduce((sum, value) => sum + value, 0) / rows;
      await expectClose(balancedSoftmaxLoss(z, tensor(y), n, { reduction: "mean" }), [mean], { tolerance: 1e-14 });
    },
  );

  it("floors the share of a class that never occurs, and says so", async () => {
    const said: string[] = [];
    const z = tensor(Float64Array.of(0, 0), { shape: [1, 2] });
    const loss = balancedSoftmaxLoss(z, tensor(Int32Array.of(1)), [5, 0], {
      onWarning: (message) => said.push(message),
    });
    await expectClose(loss, [Math.log1p(1e12)], { tolerance: 1e-13 });
    expect(said).toEqual(["balancedSoftmaxLoss: counts[1] is 0, a prior of 0; it was raised to 1e-12"]);
  });

  it("is the same in single precision on every backend, value and gradient", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const f = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const y = tensor(Int32Array.of(2, 0), place);
      const { value, grad: slope } = valueAndGrad((z: Tensor) => balancedSoftmaxLoss(z, y, [90, 9, 1]).sum())(f);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });

  it("names what is wrong", () => {
    const z = tensor(Float64Array.of(0, 0), { shape: [1, 2] });
    const y = tensor(Int32Array.of(1));
    expect(() => balancedSoftmaxLoss(z, y, [1, 2, 3])).toThrow(
      "balancedSoftmaxLoss: counts has shape [3] but must be [2]",
    );
    expect(() => balancedSoftmaxLoss(z, y, [1, -2])).toThrow(
      "balancedSoftmaxLoss: counts[1] is -2 but must be a finite number ≥ 0",
    );
    expect(() => balancedSoftmaxLoss(z, y, [0, 0])).toThrow(
      "balancedSoftmaxLoss: counts has no count above 0 but must have one",
    );
    expect(() => balancedSoftmaxLoss(z, tensor(Int32Array.of(-1)), [1, 2])).toThrow(
      "balancedSoftmaxLoss: labels is -1 at [0] but must be in [0, 2)",
    );
    expect(() => balancedSoftmaxLoss(y as unknown as Tensor, y, [1, 2])).toThrow(
      "balancedSoftmaxLoss: logits has shape [1] but must have 2 axes",
    );
    expect(() => balancedSoftmaxLoss(z, y, [1, 2], { reduction: "max" as "mean" })).toThrow(
      'balancedSoftmaxLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes("balancedSoftmaxLoss", (x, { labels }) => balancedSoftmaxLoss(x, labels, extreme.counts), {
  isWeighted: true,
});
