import { type Tensor, tensor } from "cotangent";
import {
  cosineContrastiveLoss,
  positiveHingeLoss,
  spreadoutEquivalentLoss,
  spreadoutRegularizer,
} from "cotangent/methods/federated";
import { checkGradient, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { classIds, dot, matrix, unitTable } from "./support/unit-table.js";

const [classes, each, width] = [4, 2, 3];
const labels = Array.from({ length: classes * each }, (_, i) => Math.floor(i / each));
const margins = numbers({ min: 0.5, max: 2 });

describe("spreadoutEquivalentLoss", () => {
  law(
    "is on average the clients' risk plus the regularizer over C",
    unitTable(classes * each, width),
    unitTable(classes, width),
    margins,
    async (features, rows, margin) => {
      const scores = Float64Array.from(features, (g, i) => dot(g, rows[labels[i]]));
      const risk = await positiveHingeLoss(tensor(scores), { form: "square", reduction: "mean" }).item();
      const reg = await spreadoutRegularizer(matrix(rows), { margin }).item();
      const mean = spreadoutEquivalentLoss(matrix(features), classIds(...labels), matrix(rows), {
        margin,
        reduction: "mean",
      });
      await expectClose(mean, risk + reg / classes, { tolerance: 1e-12 });
    },
  );

  law(
    "differs from the contrastive loss by at most 2ν Σ |w_c · (w_y − g)|",
    unitTable(classes * each, width),
    unitTable(classes, width),
    margins,
    async (features, rows, margin) => {
      const scores = matrix(features.map((g) => Float64Array.from(rows, (w) => dot(g, w))));
      const contrastive = await cosineContrastiveLoss(scores, classIds(...labels), { margin }).data();
      const spread = await spreadoutEquivalentLoss(matrix(features), classIds(...labels), matrix(rows), {
        margin,
      }).data();
      features.forEach((g, i) => {
        const y = labels[i];
        const shift = rows.reduce((sum, w, c) => sum + (c === y ? 0 : Math.abs(dot(w, rows[y]) - dot(w, g))), 0);
        expect(Math.abs(spread[i] - contrastive[i])).toBeLessThanOrEqual(2 * margin * shift + 1e-12);
      });
    },
  );

  law(
    "is the contrastive loss where the feature is its embedding",
    unitTable(classes, width),
    margins,
    async (rows, margin) => {
      const own = classIds(...rows.keys());
      const scores = matrix(rows.map((g) => Float64Array.from(rows, (w) => dot(g, w))));
      await expectClose(
        spreadoutEquivalentLoss(matrix(rows), own, matrix(rows), { margin }),
        cosineContrastiveLoss(scores, own, { margin }),
        { tolerance: 1e-12 },
      );
    },
  );

  it("agrees with finite differences to second order", async () => {
    const x = {
      features: tensor(new Float64Array([0.4, -1.2, 0.7, 0.3]), { shape: [2, 2] }),
      embeddings: tensor(new Float64Array([1.1, 0.2, -0.6, 0.9, 0.3, -1.4]), { shape: [3, 2] }),
    };
    for (const reduction of ["mean", "sum"] as const) {
      await checkGradient(
        ({ features, embeddings }: typeof x) =>
          spreadoutEquivalentLoss(features, classIds(2, 0), embeddings, { reduction }),
        x,
        { order: 2 },
      );
    }
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      spreadoutEquivalentLoss(
        tensor([[0.6, 0.8]], { backend }),
        tensor(Int32Array.of(1), { backend }),
        tensor(
          [
            [1, 0],
            [0, 1],
            [-0.6, 0.8],
          ],
          { backend },
        ),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const [g, w] = [
      tensor([[1, 0]]),
      tensor([
        [1, 0],
        [0, 1],
      ]),
    ];
    const call =
      (options: Parameters<typeof spreadoutEquivalentLoss>[3], features = g, ids = classIds(0), embeddings = w) =>
      () =>
        spreadoutEquivalentLoss(features, ids, embeddings, options);
    expect(call({ margin: 3 })).toThrow("spreadoutEquivalentLoss: margin is 3 but must be in (0, 2]");
    expect(call({ reduction: "max" as "mean" })).toThrow(
      'spreadoutEquivalentLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call({}, tensor([1, 0]))).toThrow("spreadoutEquivalentLoss: features has shape [2] but must have 2 axes");
    expect(call({}, g, classIds(0), tensor([[1], [2]]))).toThrow(
      "spreadoutEquivalentLoss: embeddings has shape [2, 1] but must be [any, 2]",
    );
    expect(call({}, g, classIds(0), tensor(new Float64Array([1, 0]), { shape: [1, 2] }))).toThrow(
      "spreadoutEquivalentLoss: embeddings is f64 but must match features, f32; cast one of them",
    );
    expect(call({}, tensor([[1, 0]], { dtype: "i32" }) as unknown as Tensor)).toThrow(
      "spreadoutEquivalentLoss: features is i32 but must be f32 or f64; cast it",
    );
    expect(call({}, g, classIds(0, 1))).toThrow("spreadoutEquivalentLoss: labels has shape [2] but must be [1]");
    expect(call({}, g, classIds(2))).toThrow("spreadoutEquivalentLoss: labels holds 2 at 0 but must be in [0, 2)");
    expect(call({}, tensor([[Number.NaN, 0]]))).toThrow(
      "spreadoutEquivalentLoss: features holds NaN at 0 but must hold finite numbers",
    );
  });
});

finiteAtExtremes(
  "spreadoutEquivalentLoss",
  (x, { labels }) => spreadoutEquivalentLoss(x, labels, extreme.identity(x)),
  { degree: 2 },
);
