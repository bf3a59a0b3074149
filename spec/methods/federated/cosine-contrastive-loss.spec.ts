import { type Tensor, tensor } from "cotangent";
import { contrastiveLoss, cosineContrastiveLoss } from "cotangent/methods/federated";
import { checkGradient, distinctFloats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { classIds, dot, matrix, unitTable } from "./support/unit-table.js";

const [batch, classes] = [3, 4];
const margins = numbers({ min: 1, max: 2 });

describe("cosineContrastiveLoss", () => {
  law(
    "is (1 − s_y)² + Σ max(0, ν − 1 + s_c)²",
    unitTable(batch, 3),
    unitTable(classes, 3),
    ids(batch, classes),
    margins,
    async (features, rows, labels, margin) => {
      const scores = features.map((g) => Float64Array.from(rows, (w) => dot(g, w)));
      const expected = scores.map((s, i) =>
        s.reduce((sum, x, c) => sum + (c === labels[i] ? (1 - x) ** 2 : Math.max(0, margin - 1 + x) ** 2), 0),
      );
      await expectClose(cosineContrastiveLoss(matrix(scores), classIds(...labels), { margin }), expected, {
        tolerance: 1e-13,
      });
      const distances = matrix(scores.map((s) => s.map((x) => 1 - x)));
      await expectClose(
        cosineContrastiveLoss(matrix(scores), classIds(...labels), { margin }),
        contrastiveLoss(distances, classIds(...labels), { margin }),
        { tolerance: 1e-13 },
      );
    },
  );

  law(
    "is at least ν²/2 ≥ 2(ν − 1) wherever another class scores as high as the label",
    unitTable(6, 2),
    unitTable(5, 2),
    margins,
    async (features, rows, margin) => {
      const scores = features.map((g) => Float64Array.from(rows, (w) => dot(g, w)));
      for (let label = 0; label < rows.length; label++) {
        const labels = classIds(...features.map(() => label));
        const losses = await cosineContrastiveLoss(matrix(scores), labels, { margin }).data();
        scores.forEach((s, i) => {
          if (s.every((x, c) => c === label || x < s[label])) return;
          expect(losses[i]).toBeGreaterThanOrEqual(margin ** 2 / 2 - 1e-12);
          expect(losses[i]).toBeGreaterThanOrEqual(2 * (margin - 1) - 1e-12);
        });
      }
    },
  );

  it("attains that bound", async () => {
    for (const margin of [1, 1.5, 2]) {
      const scores = tensor(new Float64Array([1 - margin / 2, 1 - margin / 2]), { shape: [1, 2] });
      await expectClose(cosineContrastiveLoss(scores, classIds(0), { margin }), [margin ** 2 / 2], {
        tolerance: 1e-15,
      });
    }
  });

  law("agrees with finite differences to second order", distinctFloats([6]), async (values) => {
    const scores = tensor(values, { shape: [2, 3] });
    await checkGradient((t: Tensor) => cosineContrastiveLoss(t, classIds(1, 2), { reduction: "mean" }), scores, {
      order: 2,
    });
  });

  it("has margin 1.2 by default, and the mean and the sum of its losses", async () => {
    const scores = matrix([new Float64Array([0.5, 0]), new Float64Array([0, 0])]);
    const [first, second] = [0.25 + 0.04, 1 + 0.04];
    await expectClose(cosineContrastiveLoss(scores, classIds(0, 1)), [first, second]);
    await expectClose(cosineContrastiveLoss(scores, classIds(0, 1), { reduction: "sum" }), first + second);
    await expectClose(cosineContrastiveLoss(scores, classIds(0, 1), { reduction: "mean" }), (first + second) / 2);
  });

  it("is the same on every backend", async () => {
    const scores = [
      [0.3, -0.4, 0.6],
      [0.9, 0.1, -0.2],
    ];
    await expectSameEverywhere((backend) =>
      cosineContrastiveLoss(tensor(scores, { backend }), tensor(Int32Array.of(1, 2), { backend })),
    );
  });

  it("names the argument that is wrong", () => {
    const scores = tensor([[0.5, 0.1]]);
    for (const margin of [0, 2.1, Number.NaN]) {
      expect(() => cosineContrastiveLoss(scores, classIds(0), { margin })).toThrow(
        `cosineContrastiveLoss: margin is ${margin} but must be in (0, 2]`,
      );
    }
    expect(() => cosineContrastiveLoss(scores, classIds(0), { reduction: "max" as "mean" })).toThrow(
      'cosineContrastiveLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() => cosineContrastiveLoss(tensor([0.5]), classIds(0))).toThrow(
      "cosineContrastiveLoss: scores has shape [1] but must have 2 axes",
    );
    expect(() => cosineContrastiveLoss(scores, classIds(-1))).toThrow(
      "cosineContrastiveLoss: labels holds -1 at 0 but must be in [0, 2)",
    );
    expect(() => cosineContrastiveLoss(tensor([[Infinity, 0]]), classIds(0))).toThrow(
      "cosineContrastiveLoss: scores holds Infinity at 0 but must hold finite numbers",
    );
  });
});

finiteAtExtremes("cosineContrastiveLoss", (x, { labels }) => cosineContrastiveLoss(x, labels), { degree: 2 });
