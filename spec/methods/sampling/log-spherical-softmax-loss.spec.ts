import { cpu, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import { logSphericalSoftmaxLoss } from "cotangent/methods/sampling";
import { checkGradient, floats, ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { rowsOf } from "../classification/support/closed-forms.js";

const [rows, classes] = [3, 4];
const scores = floats([rows, classes]);
const targets = ids(rows, classes);
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
const weightOf = (score: number) => score ** 2 + 1e-3;

describe("logSphericalSoftmaxLoss", () => {
  law("is −log of a weight over their sum, with its gradient", scores, targets, async (o, c) => {
    const all = rowsOf(o, classes).map((row) => row.map(weightOf));
    const totals = all.map((row) => row.reduce((sum, weight) => sum + weight, 0));
    const loss = (x: Tensor) => logSphericalSoftmaxLoss(x, tensor(c));
    await expectClose(
      loss(matrix(o)),
      all.map((row, i) => Math.log(totals[i] / row[c[i]])),
      { tolerance: 1e-12 },
    );
    const expected = rowsOf(o, classes).flatMap((row, i) =>
      row.map((score, k) => 2 * score * (1 / totals[i] - Number(k === c[i]) / all[i][k])),
    );
    await expectClose(grad((x: Tensor) => loss(x).sum())(matrix(o)), expected, { tolerance: 1e-11 });
  });

  law("gives probabilities that sum to 1", floats([classes], { min: -30, max: 30 }), async (o) => {
    const repeated = Float64Array.from({ length: classes * classes }, (_, i) => o[i % classes]);
    const losses = await logSphericalSoftmaxLoss(matrix(repeated), tensor(Int32Array.of(0, 1, 2, 3))).data();
    expect(Array.from(losses).reduce((sum, loss) => sum + Math.exp(-loss), 0)).toBeCloseTo(1, 12);
  });

  law("agrees with finite differences to second order", scores, targets, async (o, c) => {
    const away = o.map((score) => score + 0.2 * Math.sign(score || 1)); // from where a square is flat
    await checkGradient((x: Tensor) => logSphericalSoftmaxLoss(x, tensor(c)).sum(), matrix(away), { order: 2 });
  });

  it("reduces, and is the same in single precision on every backend", async () => {
    const [o, c] = [matrix([0, 1, 2, -1, 5, 1], 3), tensor(Int32Array.of(1, 2))];
    const [a, b] = await logSphericalSoftmaxLoss(o, c).data();
    await expectClose(logSphericalSoftmaxLoss(o, c, { reduction: "mean" }), [(a + b) / 2], { tolerance: 1e-15 });
    await expectClose(logSphericalSoftmaxLoss(o, c, { reduction: "sum" }), [a + b], { tolerance: 1e-15 });
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const x = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const at = tensor(Int32Array.of(2, 0), place);
      const { value, grad: slope } = valueAndGrad((s: Tensor) => logSphericalSoftmaxLoss(s, at).sum())(x);
      return [await value.item(), ...(await slope.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its log errs more
  });

  it("names what is wrong", () => {
    const [o, c] = [matrix([0, 1], 2), tensor(Int32Array.of(1))];
    expect(() => logSphericalSoftmaxLoss(matrix([0], 1), c)).toThrow(
      "logSphericalSoftmaxLoss: scores has shape [1, 1] but must have at least 2 classes",
    );
    expect(() => logSphericalSoftmaxLoss(o, tensor(Int32Array.of(-1)))).toThrow(
      "logSphericalSoftmaxLoss: targets holds -1 at 0 but must be in [0, 2)",
    );
    expect(() => logSphericalSoftmaxLoss(o, c, { epsilon: 0 })).toThrow(
      "logSphericalSoftmaxLoss: epsilon is 0 but must be a finite number > 0",
    );
    expect(() => logSphericalSoftmaxLoss(o, c, { reduction: "max" as "mean" })).toThrow(
      'logSphericalSoftmaxLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes("logSphericalSoftmaxLoss", (x, { labels }) => logSphericalSoftmaxLoss(x, labels), { cancels: true });
