import { grad, type Tensor, tensor } from "cotangent";
import { binaryKlLogitLoss } from "cotangent/methods/distillation";
import { checkGradient } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { logitPairs, matrix, rowsOf, sum, temperatures, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const coins = (a: number, b: number) => a * Math.log(a / b) + (1 - a) * Math.log((1 - a) / (1 - b));

describe("binaryKlLogitLoss", () => {
  law("is T² Σ KL of coins, reduced or not", logitPairs(1), temperatures, async ({ student, teacher, classes }, t) => {
    const s = rowsOf(student, classes);
    const expected = rowsOf(teacher, classes).map(
      (row, i) => t * t * sum(row.map((x, k) => coins(sigmoid(x / t), sigmoid(s[i][k] / t)))),
    );
    const loss = (options = {}) =>
      binaryKlLogitLoss(matrix(student, classes), matrix(teacher, classes), { temperature: t, ...options });
    await expectClose(loss(), expected, { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "sum" }), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "mean" }), [sum(expected) / s.length], { tolerance: 1e-12 });
    for (const value of expected) expect(value).toBeGreaterThanOrEqual(-1e-12);
  });

  law(
    "has gradient T (σ(s / T) − σ(t / T)), 0 where logits agree",
    logitPairs(1),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const loss = (z: Tensor) => binaryKlLogitLoss(z, matrix(teacher, classes), { temperature: t });
      const expected = student.map((x, i) => t * (sigmoid(x / t) - sigmoid(teacher[i] / t)));
      await expectClose(grad((z: Tensor) => loss(z).sum())(matrix(student, classes)), expected, { tolerance: 1e-12 });
      await checkGradient((z: Tensor) => weighed(loss(z)), matrix(student, classes), { order: 2 });
      await expectClose(
        loss(matrix(teacher, classes)),
        rowsOf(teacher, classes).map(() => 0),
        { tolerance: 1e-13 },
      );
    },
  );

  it("sees a constant added to a row, has temperature 2, and lets nothing through to the teacher", async () => {
    const [z, t] = [matrix(Float64Array.of(1, -2), 2), matrix(Float64Array.of(0, 1), 2)];
    await expect(expectClose(binaryKlLogitLoss(z.add(1), t.add(1)), binaryKlLogitLoss(z, t))).rejects.toThrow(
      "checkClose: element 0",
    );
    await expectClose(binaryKlLogitLoss(z, t), binaryKlLogitLoss(z, t, { temperature: 2 }), { tolerance: 0 });
    await expectClose(grad((x: Tensor) => binaryKlLogitLoss(z, x).sum())(t), [0, 0], { tolerance: 0 });
  });

  it("stays finite in single precision out to ±1e4", async () => {
    const [z, t] = [tensor([[1e4, -1e4, 1e4]]), tensor([[-1e4, 1e4, 1e4]])];
    await expectClose(binaryKlLogitLoss(z, t), [4e4], { tolerance: 1e-6 }); // T² · 1e4 / T, twice
    await expectClose(grad((x: Tensor) => binaryKlLogitLoss(x, t).sum())(z), [2, -2, 0], { tolerance: 1e-6 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers }) => binaryKlLogitLoss(z, numbers(4, 6, 1)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const call = (...args: Parameters<typeof binaryKlLogitLoss>) => expect(() => binaryKlLogitLoss(...args));
    const name = "binaryKlLogitLoss";
    call(z, z, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call(z, z, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(z, tensor([[1]])).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(tensor([[1, NaN]]), z).toThrow(`${name}: logits holds NaN at 1 but must hold finite numbers`);
  });
});

finiteAtExtremes("binaryKlLogitLoss", (x) => binaryKlLogitLoss(x, teacherBeside(x)), { cancels: true });
