import { grad, softmax, type Tensor, tensor } from "cotangent";
import { batchTransportCost, sinkhornKdLoss } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { logitPairs, matrix, rowsOf, temperatures, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

describe("sinkhornKdLoss", () => {
  law(
    "is the cost of transport of softened predictions",
    logitPairs(),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const [z, other] = [matrix(student, classes), matrix(teacher, classes)];
      const options = { regularization: 0.3, iterations: 5 };
      for (const reduction of ["none", "sum", "mean"] as const) {
        const expected = batchTransportCost(softmax(z.div(t)), softmax(other.div(t)), { ...options, reduction });
        await expectClose(sinkhornKdLoss(z, other, { ...options, reduction, temperature: t }), expected, {
          tolerance: 1e-13,
        });
      }
    },
  );

  law(
    "is blind to a constant added to either's rows, and to the names of classes",
    logitPairs(),
    floats([6]),
    async ({ student, teacher, classes, rows }, shifts) => {
      const shift = (from: number) => tensor(shifts.slice(from, from + rows), { shape: [rows, 1] }) as Tensor;
      const [z, other] = [matrix(student, classes), matrix(teacher, classes)];
      const loss = sinkhornKdLoss(z, other);
      await expectClose(sinkhornKdLoss(z.add(shift(0)), other.add(shift(3))), loss, { tolerance: 1e-12 });
      const renamed = (values: Float64Array) =>
        matrix(Float64Array.from(rowsOf(values, classes).flatMap(([first, ...rest]) => [...rest, first])), classes);
      await expectClose(sinkhornKdLoss(renamed(student), renamed(teacher)), loss, { tolerance: 1e-12 });
    },
  );

  it("has a right gradient through twenty rounds, away from ties", async () => {
    for (const phase of [0, 1, 2]) {
      const [z, t] = [0, 9].map((from) =>
        matrix(
          Float64Array.from({ length: 9 }, (_, i) => 2 * Math.sin(phase + (from + i) ** 2)),
          3,
        ),
      );
      await checkGradient((x: Tensor) => weighed(sinkhornKdLoss(x, t)), z);
    }
  }, 60_000);

  it("has temperature 2 unless told otherwise, and lets nothing through to the teacher", async () => {
    const [z, t] = [matrix(Float64Array.of(1, -2, 0.5, 0, 1, 2), 3), matrix(Float64Array.of(0, 1, 5, 1, -1, 0), 3)];
    await expectClose(sinkhornKdLoss(z, t), sinkhornKdLoss(z, t, { temperature: 2 }), { tolerance: 0 });
    await expectClose(grad((x: Tensor) => sinkhornKdLoss(z, x).sum())(t), new Float64Array(6), { tolerance: 0 });
    const free = grad((x: Tensor) => sinkhornKdLoss(x, t, { differentiatePlan: false }).sum())(z);
    const through = grad((x: Tensor) => sinkhornKdLoss(x, t).sum())(z);
    await expect(expectClose(free, through)).rejects.toThrow("checkClose: element 0");
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers }) => sinkhornKdLoss(z, numbers(4, 6, 1)), 1e-4); // 20 rounds of sums in another order, over ε = 0.1
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const call = (...args: Parameters<typeof sinkhornKdLoss>) => expect(() => sinkhornKdLoss(...args));
    const name = "sinkhornKdLoss";
    call(z, z, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call(z, z, { regularization: 0 }).toThrow(`${name}: regularization is 0 but must be a finite number > 0`);
    call(z, z, { iterations: 0 }).toThrow(`${name}: iterations is 0 but must be a whole number ≥ 1`);
    call(z, z, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(z, tensor([[1]])).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(z, tensor([[1, NaN]])).toThrow(`${name}: teacherLogits holds NaN at 1 but must hold finite numbers`);
    const empty = tensor(new Float32Array(0), { shape: [0, 2] }) as Tensor;
    call(empty, empty).toThrow(`${name}: logits has shape [0, 2] but must have a row and a class`);
  });
});

finiteAtExtremes("sinkhornKdLoss", (x) => sinkhornKdLoss(x, teacherBeside(x)), { cancels: true });
