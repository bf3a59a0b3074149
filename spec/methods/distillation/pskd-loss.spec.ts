import { grad, oneHot, softmax, type Tensor, tensor, zeros } from "cotangent";
import { softmaxCrossEntropy } from "cotangent/methods/classification";
import { pskdLoss } from "cotangent/methods/distillation";
import { checkGradient } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { crossEntropiesOf, entropyOf, logitPairs, matrix, softRows, sum, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const alphas = fc.integer({ min: 0, max: 10 }).map((tenth) => tenth / 10);
/** α is the final weight in the last epoch. */
const at = (alpha: number) => ({ epoch: 1, epochs: 1, finalWeight: alpha });

describe("pskdLoss", () => {
  law("is (1 − α) CE(y, p) + α CE(P, p), reduced or not", logitPairs(), alphas, async (pair, alpha) => {
    const { student, teacher, classes, labels } = pair;
    const [p, past] = [softRows(student, classes), softRows(teacher, classes)];
    const ce = crossEntropiesOf(pair);
    const expected = p.map((row, i) => (1 - alpha) * ce[i] - alpha * sum(row.map((x, k) => past[i][k] * Math.log(x))));
    const hard = oneHot(tensor(labels), classes, "f64");
    const rows = matrix(Float64Array.from(past.flat()), classes);
    const loss = (options = {}) => pskdLoss(matrix(student, classes), hard, rows, { ...at(alpha), ...options });
    await expectClose(loss(), expected, { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "sum" }), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "mean" }), [sum(expected) / p.length], { tolerance: 1e-12 });
    const later = pskdLoss(matrix(student, classes), hard, rows, { epoch: 3, epochs: 4, finalWeight: alpha });
    const weight = 0.75 * alpha;
    const mixed = p.map((row, i) => (1 - weight) * ce[i] - weight * sum(row.map((x, k) => past[i][k] * Math.log(x))));
    await expectClose(later, mixed, { tolerance: 1e-12 });
  });

  law(
    "has gradient p − q, which rescales cross-entropy's on the label by 1 − α (1 − P_y) / (1 − p_y)",
    logitPairs(),
    alphas,
    async (pair, alpha) => {
      const { student, teacher, classes, labels } = pair;
      const [p, past] = [softRows(student, classes), softRows(teacher, classes)];
      const hard = oneHot(tensor(labels), classes, "f64");
      const loss = (z: Tensor) => pskdLoss(z, hard, matrix(Float64Array.from(past.flat()), classes), at(alpha));
      const slope = await grad((z: Tensor) => loss(z).sum())(matrix(student, classes)).data();
      const expected = p.flatMap((row, i) =>
        row.map((x, k) => x - (1 - alpha) * Number(k === labels[i]) - alpha * past[i][k]),
      );
      await expectClose(slope, expected, { tolerance: 1e-13 });
      p.forEach((row, i) => {
        const y = labels[i];
        const ratio = 1 - (alpha * (1 - past[i][y])) / (1 - row[y]);
        expect(slope[i * classes + y]).toBeCloseTo(ratio * (row[y] - 1), 12);
        if (past[i][y] < row[y]) expect(ratio).toBeLessThanOrEqual(1 - alpha);
        if (past[i][y] > row[y]) expect(ratio).toBeGreaterThanOrEqual(1 - alpha);
      });
      await checkGradient((z: Tensor) => weighed(loss(z)), matrix(student, classes), { order: 2 });
    },
  );

  law(
    "is cross-entropy with no weight, and for examples that were not seen, whatever the weight",
    logitPairs(),
    alphas,
    async (pair, alpha) => {
      const { student, teacher, classes, labels } = pair;
      const [z, hard] = [matrix(student, classes), oneHot(tensor(labels), classes, "f64")];
      const expected = crossEntropiesOf(pair);
      await expectClose(pskdLoss(z, hard, softmax(matrix(teacher, classes)), at(0)), expected, { tolerance: 1e-12 });
      await expectClose(pskdLoss(z, hard, zeros([pair.rows, classes], { dtype: "f64" }), at(alpha)), expected, {
        tolerance: 1e-12,
      });
      await expectClose(pskdLoss(z, hard, hard, at(alpha)), expected, { tolerance: 1e-12 });
    },
  );

  law(
    "scales every entry of the gradient by 1 − α where the prediction has not changed",
    logitPairs(),
    alphas,
    async (pair, alpha) => {
      const { student, classes, labels } = pair;
      const [z, hard] = [matrix(student, classes), oneHot(tensor(labels), classes, "f64")];
      const past = softmax(z);
      const slope = grad((x: Tensor) => pskdLoss(x, hard, past, at(alpha)).sum())(z);
      const plain = grad((x: Tensor) => softmaxCrossEntropy(x, hard).sum())(z);
      await expectClose(slope, plain.mul(1 - alpha), { tolerance: 1e-13 });
    },
  );

  law("is the entropy of the targets at least, where p = q", logitPairs(), alphas, async (pair, alpha) => {
    const { student, teacher, classes, labels } = pair;
    const hard = oneHot(tensor(labels), classes, "f64");
    const past = softRows(teacher, classes);
    const q = past.map((row, i) =>
      row.map((x, k) => 0.9 * (alpha * x + (1 - alpha) * Number(k === labels[i])) + 0.1 / classes),
    );
    const targets = matrix(Float64Array.from(q.flat()), classes);
    const least = pskdLoss(matrix(Float64Array.from(q.flat(), Math.log), classes), targets, targets, at(alpha));
    await expectClose(least, q.map(entropyOf), { tolerance: 1e-12 });
    const other = await pskdLoss(matrix(student, classes), targets, targets, at(alpha)).data();
    other.forEach((loss, i) => {
      expect(loss).toBeGreaterThanOrEqual(entropyOf(q[i]) - 1e-12);
    });
    expect(hard.shape).toEqual(targets.shape);
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers, labels }) =>
      pskdLoss(z, oneHot(labels(4, 6), 6, "f32"), softmax(numbers(4, 6, 1)), { epoch: 2, epochs: 3 }),
    );
  });

  it("names what is wrong", () => {
    const y = tensor([[1, 0]]);
    const call = (...args: Parameters<typeof pskdLoss>) => expect(() => pskdLoss(...args));
    call(y, y, y, { ...at(1), reduction: "max" as "mean" }).toThrow(
      'pskdLoss: reduction is "max" but must be one of none, mean, sum',
    );
    call(y, y, y, { epoch: 2, epochs: 1 }).toThrow("pskdLoss: epoch is 2 but must be in [1, 1]");
    call(y, y, y, at(-1)).toThrow("pskdLoss: finalWeight is -1 but must be in [0, 1]");
    call(tensor([[1, 2, 3]]), y, y, at(1)).toThrow("pskdLoss: logits has shape [1, 3] but must match targets, [1, 2]");
    call(tensor([[1, NaN]]), y, y, at(1)).toThrow("pskdLoss: logits holds NaN at 1 but must hold finite numbers");
    call(tensor(Float64Array.of(1, 2), { shape: [1, 2] }) as Tensor, y, y, at(1)).toThrow(
      "pskdLoss: logits is f64 but must match targets, f32; cast one of them",
    );
    call(y, tensor([[1, 1]]), y, at(1)).toThrow("pskdLoss: row 0 of targets is [1, 1] but must be a distribution");
    call(y, y, tensor([[1, 1]]), at(1)).toThrow(
      "pskdLoss: row 0 of past is [1, 1] but must be a distribution, or zeros",
    );
  });
});

finiteAtExtremes(
  "pskdLoss",
  (x, { labels }) => {
    const hard = oneHot(labels, SIZE, x.dtype);
    return pskdLoss(x, hard, softmax(teacherBeside(x)), { epoch: 1, epochs: 2 });
  },
  { cancels: true },
);
