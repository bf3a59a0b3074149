import { grad, type Tensor, tensor } from "cotangent";
import { contrastiveLoss } from "cotangent/methods/federated";
import { checkGradient, distinctFloats, floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { classIds } from "./support/unit-table.js";

const [batch, classes] = [3, 4];
const distances = floats([batch * classes], { min: 0, max: 2 });
const weights = numbers({ min: 0, max: 3 });
const margins = numbers({ min: 0.2, max: 2 });

/** The definition, element by element. */
function terms(d: Float64Array, labels: Int32Array, a: number, b: number, margin: number): number[] {
  return Array.from(d, (x, i) =>
    labels[Math.floor(i / classes)] === i % classes ? a * x ** 2 : b * Math.max(0, margin - x) ** 2,
  );
}

const perRow = (values: number[]) =>
  Array.from({ length: batch }, (_, i) => values.slice(i * classes, (i + 1) * classes).reduce((sum, x) => sum + x));

describe("contrastiveLoss", () => {
  law(
    "is the attraction of the label and the repulsion of all others",
    distances,
    ids(batch, classes),
    weights,
    weights,
    margins,
    async (d, labels, positiveWeight, negativeWeight, margin) => {
      const loss = contrastiveLoss(tensor(d, { shape: [batch, classes] }), classIds(...labels), {
        positiveWeight,
        negativeWeight,
        margin,
      });
      await expectClose(loss, perRow(terms(d, labels, positiveWeight, negativeWeight, margin)), { tolerance: 1e-13 });
    },
  );

  law(
    "has gradient 2a·d_y and −2b·max(0, margin − d_c)",
    distances,
    ids(batch, classes),
    margins,
    async (d, labels, margin) => {
      const options = { positiveWeight: 0.7, negativeWeight: 1.3, margin, reduction: "sum" } as const;
      const total = (t: Tensor) => contrastiveLoss(t, classIds(...labels), options);
      const slopes = Array.from(d, (x, i) =>
        labels[Math.floor(i / classes)] === i % classes ? 1.4 * x : -2.6 * Math.max(0, margin - x),
      );
      await expectClose(grad(total)(tensor(d, { shape: [batch, classes] })), slopes, { tolerance: 1e-13 });
    },
  );

  law("agrees with finite differences to second order", distinctFloats([6]), async (d) => {
    const x = tensor(d.map(Math.abs), { shape: [2, 3] });
    await checkGradient((t: Tensor) => contrastiveLoss(t, classIds(2, 0), { reduction: "mean" }), x, { order: 2 });
  });

  it("is 0 where every distance is as it should be, 1 and 1.2 by default", async () => {
    const d = tensor(new Float64Array([0, 1.2, 2]), { shape: [1, 3] });
    await expectClose(contrastiveLoss(d, classIds(0)), [0], { tolerance: 0 });
    await expectClose(contrastiveLoss(d, classIds(1)), [1.44 + 1.44]);
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      contrastiveLoss(
        tensor(
          [
            [0.3, 1.4, 0.6],
            [0.9, 0.1, 1.1],
          ],
          { backend },
        ),
        tensor(Int32Array.of(1, 2), { backend }),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const d = tensor([[0.5, 1]]);
    const call =
      (options: Parameters<typeof contrastiveLoss>[2], distances = d, labels = classIds(0)) =>
      () =>
        contrastiveLoss(distances, labels, options);
    expect(call({ margin: 0 })).toThrow("contrastiveLoss: margin is 0 but must be a finite number > 0");
    expect(call({ positiveWeight: -1 })).toThrow(
      "contrastiveLoss: positiveWeight is -1 but must be a finite number ≥ 0",
    );
    expect(call({ negativeWeight: Number.NaN })).toThrow(
      "contrastiveLoss: negativeWeight is NaN but must be a finite number ≥ 0",
    );
    expect(call({ reduction: "max" as "mean" })).toThrow(
      'contrastiveLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call({}, tensor([0.5]))).toThrow("contrastiveLoss: distances has shape [1] but must have 2 axes");
    expect(call({}, d, classIds(0, 1))).toThrow("contrastiveLoss: labels has shape [2] but must be [1]");
    expect(call({}, d, classIds(2))).toThrow("contrastiveLoss: labels holds 2 at 0 but must be in [0, 2)");
    expect(call({}, d, tensor([0]) as unknown as Tensor<"i32">)).toThrow(
      "contrastiveLoss: labels is f32 but must be i32; cast it",
    );
    expect(call({}, tensor([[0, Number.NaN]]))).toThrow(
      "contrastiveLoss: distances holds NaN at 1 but must hold finite numbers",
    );
  });
});

finiteAtExtremes("contrastiveLoss", (x, { labels }) => contrastiveLoss(x, labels), { degree: 2, isOnGpu: true });
