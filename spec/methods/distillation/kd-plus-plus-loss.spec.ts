import { grad, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { forwardKlDistillLoss, kdPlusPlusLoss, normDirectionLoss } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const numbers = floats([2 * (3 + 4) * 2]);
const means = matrix(Float64Array.of(1, 2, -1, 0, 1, 1, 2, 0, 3, -1, 0.5, 1), 4);
const labels = tensor(Int32Array.of(2, 0));
const networks = (values: Float64Array) => ({
  student: { logits: matrix(values.slice(0, 6), 3), features: matrix(values.slice(6, 14), 4) },
  teacher: { logits: matrix(values.slice(14, 20), 3), features: matrix(values.slice(20), 4) },
});

describe("kdPlusPlusLoss", () => {
  law(
    "is the sum of its three terms, the divergence's rising",
    numbers,
    fc.integer({ min: 0, max: 30 }),
    async (values, epoch) => {
      const { student, teacher } = networks(values);
      const options = { distillWeight: 3.5, featureWeight: 1.5, temperature: 2, epoch, warmup: 10 };
      const expected = sparseSoftmaxCrossEntropy(student.logits, labels)
        .add(
          forwardKlDistillLoss(student.logits, teacher.logits, { temperature: 2 }).mul(3.5 * Math.min(1, epoch / 10)),
        )
        .add(normDirectionLoss(student.features, teacher.features, means, labels).mul(1.5));
      await expectClose(kdPlusPlusLoss(student, teacher, means, labels, options), expected, { tolerance: 1e-13 });
      for (const reduction of ["sum", "mean"] as const) {
        const reduced = kdPlusPlusLoss(student, teacher, means, labels, { ...options, reduction });
        await expectClose(reduced, reduction === "sum" ? expected.sum() : expected.mean(), { tolerance: 1e-13 });
      }
    },
  );

  law("has a right gradient", numbers, async (values) => {
    const { student, teacher } = networks(values);
    await checkGradient((at: typeof student) => weighed(kdPlusPlusLoss(at, teacher, means, labels)), student);
  });

  law("has the paper's defaults", numbers, async (values) => {
    const { student, teacher } = networks(values);
    const told = { distillWeight: 1, featureWeight: 2, temperature: 4, epoch: 99, warmup: 20 };
    const loss = (options = {}) => kdPlusPlusLoss(student, teacher, means, labels, options);
    await expectClose(loss(), loss(told), { tolerance: 0 });
    await expectClose(loss({ epoch: 5 }), loss({ ...told, epoch: 5 }), { tolerance: 0 });
  });

  law("lets no gradient through to the teacher", numbers, async (values) => {
    const { student, teacher } = networks(values);
    const slope = grad((at: typeof teacher) => kdPlusPlusLoss(student, at, means, labels).sum())(teacher);
    await expectClose(slope.logits, new Float64Array(6), { tolerance: 0 });
    await expectClose(slope.features, new Float64Array(8), { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((x, place) => {
      const student = { logits: x, features: x };
      const other = place.numbers(4, 6, 1);
      return kdPlusPlusLoss(student, { logits: other, features: other }, place.numbers(6, 6, 2), place.labels(4, 6));
    });
  });

  it("names what is wrong", () => {
    const x = tensor([[1, 2]]);
    const both = { logits: x, features: x };
    const y = tensor(Int32Array.of(0));
    const m = tensor([
      [1, 2],
      [3, 4],
    ]);
    const call = (...args: Parameters<typeof kdPlusPlusLoss>) => expect(() => kdPlusPlusLoss(...args));
    const name = "kdPlusPlusLoss";
    call(both, both, m, y, { distillWeight: -1 }).toThrow(
      `${name}: distillWeight is -1 but must be a finite number ≥ 0`,
    );
    call(both, both, m, y, { featureWeight: -1 }).toThrow(
      `${name}: featureWeight is -1 but must be a finite number ≥ 0`,
    );
    call(both, both, m, y, { epoch: -1 }).toThrow(`${name}: epoch is -1 but must be a finite number ≥ 0`);
    call(both, both, m, y, { warmup: 0 }).toThrow(`${name}: warmup is 0 but must be a finite number > 0`);
    call(both, both, m, y, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call(both, both, m, y, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(both, { ...both, logits: tensor([[1]]) }, m, y).toThrow(
      `${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`,
    );
    call(both, both, m, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    call(both, both, x, y).toThrow(`${name}: classMeans has shape [1, 2] but must be [2, any]`);
    call({ ...both, features: m }, both, m, y).toThrow(`${name}: features has shape [2, 2] but must be [1, any]`);
    call(both, { ...both, features: tensor([[1]]) }, m, y).toThrow(
      `${name}: teacherFeatures has shape [1, 1] but must have rows of 2, like features; map the student's features to the teacher's width first`,
    );
  });
});

finiteAtExtremes(
  "kdPlusPlusLoss",
  (x, { labels }) => {
    const teacher = { logits: teacherBeside(x), features: teacherBeside(x) };
    return kdPlusPlusLoss({ logits: x, features: x }, teacher, teacherBeside(x).neg(), labels);
  },
  { cancels: true },
);
