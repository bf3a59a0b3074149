import { grad, randomKey, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { binaryKlNormLoss, dualHead, dualHeadDistillObjective, initDualHead } from "cotangent/methods/distillation";
import type { LinearParameters } from "cotangent/methods/layers";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { logitPairs, matrix, temperatures } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

describe("dualHeadDistillObjective", () => {
  law(
    "is cross-entropy of one head and the logits' loss of the other",
    logitPairs(),
    temperatures,
    async ({ student, teacher, classes, labels }, temperature) => {
      const [main, t] = [matrix(student, classes), matrix(teacher, classes)];
      const auxiliary = main.mul(0.5).add(1);
      const first = sparseSoftmaxCrossEntropy(main, tensor(labels)).mean().mul(0.3);
      const second = binaryKlNormLoss(auxiliary, t, { temperature }).mean().mul(0.7);
      const parts = dualHeadDistillObjective({ main, auxiliary }, t, tensor(labels), {
        labelWeight: 0.3,
        distillWeight: 0.7,
        temperature,
      });
      await expectClose(parts.classification, first, { tolerance: 1e-14 });
      await expectClose(parts.distillation, second, { tolerance: 1e-14 });
      await expectClose(parts.objective, first.add(second), { tolerance: 1e-14 });
      const slopeOf = (part: keyof typeof parts) =>
        grad((z: Tensor) => dualHeadDistillObjective({ main: z, auxiliary: z.mul(0.5) }, t, tensor(labels))[part])(
          main,
        );
      const both = slopeOf("classification").add(slopeOf("distillation"));
      await expectClose(slopeOf("objective"), both, { tolerance: 1e-14 });
      const plain = dualHeadDistillObjective({ main, auxiliary }, t, tensor(labels));
      const told = dualHeadDistillObjective({ main, auxiliary }, t, tensor(labels), {
        labelWeight: 1,
        distillWeight: 1,
        temperature: 2,
      });
      await expectClose(plain.objective, told.objective, { tolerance: 0 });
    },
  );

  law("teaches each head by its own part, and the backbone by both", floats([8]), async (x) => {
    const heads = initDualHead(randomKey(4), 2, 3, { dtype: "f64" });
    const labels = tensor(Int32Array.of(2, 0, 1, 1));
    const teacher = matrix(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)),
      3,
    );
    const of = (part: "classification" | "distillation") =>
      grad(
        (at: { heads: typeof heads; features: Tensor }) =>
          dualHeadDistillObjective(dualHead(at.heads, at.features), teacher, labels)[part],
      )({ heads, features: matrix(x, 2) });
    const [first, second] = [of("classification"), of("distillation")];
    await expectClose((first.heads.auxiliary as LinearParameters).weights, new Float64Array(6), { tolerance: 0 });
    await expectClose(second.heads.main.weights, new Float64Array(6), { tolerance: 0 });
    await expectClose(second.heads.main.bias, new Float64Array(3), { tolerance: 0 });
    for (const { features } of [first, second]) expect((await features.data()).some((slope) => slope !== 0)).toBe(true);
    const ofTeacher = grad((t: Tensor) => dualHeadDistillObjective(dualHead(heads, matrix(x, 2)), t, labels).objective)(
      teacher,
    );
    await expectClose(ofTeacher, new Float64Array(12), { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement(
      (z, { numbers, labels }) =>
        dualHeadDistillObjective({ main: z, auxiliary: z }, numbers(4, 6, 1), labels(4, 6)).objective,
    );
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const heads = { main: z, auxiliary: z };
    const y = tensor(Int32Array.of(1));
    const call = (...args: Parameters<typeof dualHeadDistillObjective>) =>
      expect(() => dualHeadDistillObjective(...args));
    const name = "dualHeadDistillObjective";
    call(heads, z, y, { labelWeight: -1 }).toThrow(`${name}: labelWeight is -1 but must be a finite number ≥ 0`);
    call(heads, z, y, { distillWeight: -1 }).toThrow(`${name}: distillWeight is -1 but must be a finite number ≥ 0`);
    call(heads, z, y, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call({ ...heads, auxiliary: tensor([[1]]) }, z, y).toThrow(
      `${name}: auxiliary has shape [1, 1] but must match main, [1, 2]`,
    );
    call(heads, tensor([[1]]), y).toThrow(`${name}: teacherLogits has shape [1, 1] but must match main, [1, 2]`);
    call({ ...heads, main: tensor([[NaN, 1]]) }, z, y).toThrow(
      `${name}: main holds NaN at 0 but must hold finite numbers`,
    );
    call(heads, z, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
  });
});

finiteAtExtremes(
  "dualHeadDistillObjective",
  (x, { labels }) => dualHeadDistillObjective({ main: x, auxiliary: x }, teacherBeside(x), labels).objective,
  { cancels: true },
);
