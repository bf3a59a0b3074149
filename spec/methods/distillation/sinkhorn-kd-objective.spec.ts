import { grad, type Tensor, tensor } from "cotangent";
import { sinkhornKdLoss, sinkhornKdObjective } from "cotangent/methods/distillation";
import { checkGradient } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { crossEntropiesOf, logitPairs, matrix, softRows, sum, temperatures } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

describe("sinkhornKdObjective", () => {
  law(
    "mixes labels and predictions, and adds the sum of costs",
    logitPairs(),
    temperatures,
    async (pair, temperature) => {
      const { student, teacher, classes, labels, rows } = pair;
      const [p, q] = [softRows(student, classes, temperature), softRows(teacher, classes, temperature)];
      const soft = sum(p.map((row, i) => -sum(row.map((x, k) => q[i][k] * Math.log(x))))) / rows;
      const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
      const options = { temperature, regularization: 0.3, iterations: 4 };
      const cost = await sinkhornKdLoss(z, t, { ...options, reduction: "sum" }).item();
      const expected = 0.3 * (sum(crossEntropiesOf(pair)) / rows) + 0.7 * soft + 0.05 * cost;
      const objective = sinkhornKdObjective(z, t, tensor(labels), {
        ...options,
        distillWeight: 0.7,
        transportWeight: 0.05,
      });
      await expectClose(objective, [expected], { tolerance: 1e-12 });
    },
  );

  law(
    "has the paper's defaults, and lets nothing through to the teacher",
    logitPairs(),
    async ({ student, teacher, classes, labels }) => {
      const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
      const told = {
        temperature: 2,
        distillWeight: 0.8,
        transportWeight: 1e-3,
        regularization: 0.1,
        iterations: 20,
        differentiatePlan: true,
      };
      const y = tensor(labels);
      await expectClose(sinkhornKdObjective(z, t, y), sinkhornKdObjective(z, t, y, told), { tolerance: 0 });
      await expectClose(grad((x: Tensor) => sinkhornKdObjective(z, x, y))(t), new Float64Array(teacher.length), {
        tolerance: 0,
      });
    },
  );

  it("has a right gradient, away from ties", async () => {
    const [z, t] = [0, 9].map((from) =>
      matrix(
        Float64Array.from({ length: 9 }, (_, i) => 2 * Math.sin((from + i) ** 2)),
        3,
      ),
    );
    const y = tensor(Int32Array.of(2, 0, 1));
    const options = { transportWeight: 0.3, iterations: 3 };
    await checkGradient((x: Tensor) => sinkhornKdObjective(x, t, y, options), z);
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers, labels }) => sinkhornKdObjective(z, numbers(4, 6, 1), labels(4, 6)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(1));
    const call = (...args: Parameters<typeof sinkhornKdObjective>) => expect(() => sinkhornKdObjective(...args));
    const name = "sinkhornKdObjective";
    call(z, z, y, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call(z, z, y, { distillWeight: 2 }).toThrow(`${name}: distillWeight is 2 but must be in [0, 1]`);
    call(z, z, y, { transportWeight: -1 }).toThrow(`${name}: transportWeight is -1 but must be a finite number ≥ 0`);
    call(z, z, y, { regularization: 0 }).toThrow(`${name}: regularization is 0 but must be a finite number > 0`);
    call(z, z, y, { iterations: 0 }).toThrow(`${name}: iterations is 0 but must be a whole number ≥ 1`);
    call(z, tensor([[1]]), y).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(z, z, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
  });
});

finiteAtExtremes("sinkhornKdObjective", (x, { labels }) => sinkhornKdObjective(x, teacherBeside(x), labels), {
  cancels: true,
});
