import { grad, type Tensor, tensor } from "cotangent";
import { forwardKlDistillLoss, reverseKlDistillLoss } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { klOf, logitPairs, matrix, rowsOf, softRows, sum, temperatures, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const both = [
  ["forwardKlDistillLoss", forwardKlDistillLoss],
  ["reverseKlDistillLoss", reverseKlDistillLoss],
] as const;

describe("forwardKlDistillLoss", () => {
  law("is T² KL(p_t ‖ p_s), reduced or not", logitPairs(), temperatures, async ({ student, teacher, classes }, t) => {
    const [p, q] = [softRows(student, classes, t), softRows(teacher, classes, t)];
    const expected = p.map((row, i) => t * t * klOf(q[i], row));
    const loss = (reduction: "none" | "sum" | "mean") =>
      forwardKlDistillLoss(matrix(student, classes), matrix(teacher, classes), { temperature: t, reduction });
    await expectClose(loss("none"), expected, { tolerance: 1e-12 });
    await expectClose(loss("sum"), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss("mean"), [sum(expected) / p.length], { tolerance: 1e-12 });
  });

  law("has gradient T (p_s − p_t)", logitPairs(), temperatures, async ({ student, teacher, classes }, t) => {
    const [p, q] = [softRows(student, classes, t), softRows(teacher, classes, t)];
    const expected = p.flatMap((row, i) => row.map((x, k) => t * (x - q[i][k])));
    const loss = (z: Tensor) => forwardKlDistillLoss(z, matrix(teacher, classes), { temperature: t }).sum();
    await expectClose(grad(loss)(matrix(student, classes)), expected, { tolerance: 1e-12 });
  });
});

describe("reverseKlDistillLoss", () => {
  law("is T² KL(p_s ‖ p_t), reduced or not", logitPairs(), temperatures, async ({ student, teacher, classes }, t) => {
    const [p, q] = [softRows(student, classes, t), softRows(teacher, classes, t)];
    const expected = p.map((row, i) => t * t * klOf(row, q[i]));
    const loss = (reduction: "none" | "sum" | "mean") =>
      reverseKlDistillLoss(matrix(student, classes), matrix(teacher, classes), { temperature: t, reduction });
    await expectClose(loss("none"), expected, { tolerance: 1e-12 });
    await expectClose(loss("sum"), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss("mean"), [sum(expected) / p.length], { tolerance: 1e-12 });
  });

  law(
    "has gradient T p_s (log(p_s / p_t) − KL(p_s ‖ p_t))",
    logitPairs(),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const [p, q] = [softRows(student, classes, t), softRows(teacher, classes, t)];
      const expected = p.flatMap((row, i) => row.map((x, k) => t * x * (Math.log(x / q[i][k]) - klOf(row, q[i]))));
      const loss = (z: Tensor) => reverseKlDistillLoss(z, matrix(teacher, classes), { temperature: t }).sum();
      await expectClose(grad(loss)(matrix(student, classes)), expected, { tolerance: 1e-12 });
    },
  );
});

describe.each(both)("%s", (name, loss) => {
  law(
    "agrees with differences to second order",
    logitPairs(),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const f = (z: Tensor) => weighed(loss(z, matrix(teacher, classes), { temperature: t }));
      await checkGradient(f, matrix(student, classes), { order: 2 });
    },
  );

  law("is ≥ 0, and 0 with gradient 0 where predictions agree", logitPairs(1), async ({ student, teacher, classes }) => {
    for (const value of await loss(matrix(student, classes), matrix(teacher, classes)).data()) {
      expect(value).toBeGreaterThanOrEqual(-1e-12);
    }
    const shifted = matrix(student, classes).add(1.5);
    const same = (z: Tensor) => loss(z, shifted).sum();
    await expectClose(same(matrix(student, classes)), [0], { tolerance: 1e-12 });
    await expectClose(grad(same)(matrix(student, classes)), new Float64Array(student.length), { tolerance: 1e-12 });
  });

  law(
    "does not see a constant added to a row, and its gradient sums to 0 in each",
    logitPairs(),
    floats([3]),
    async ({ student, teacher, classes, rows }, shifts) => {
      const shift = tensor(shifts.slice(0, rows), { shape: [rows, 1] }) as Tensor;
      const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
      await expectClose(loss(z.add(shift), t), loss(z, t), { tolerance: 1e-12 });
      await expectClose(loss(z, t.add(shift)), loss(z, t), { tolerance: 1e-12 });
      const slope = await grad((x: Tensor) => loss(x, t).sum())(z).data();
      await expectClose(rowsOf(slope, classes).map(sum), new Float64Array(rows), { tolerance: 1e-12 });
    },
  );

  law("tends to ‖z̃_s − z̃_t‖² / 2C as T grows", logitPairs(), async ({ student, teacher, classes }) => {
    const [a, b] = [rowsOf(student, classes), rowsOf(teacher, classes)];
    const limit = a.map((row, i) => {
      const gap = row.map((z, k) => z - b[i][k]);
      const mean = sum(gap) / classes;
      return sum(gap.map((x) => (x - mean) ** 2)) / (2 * classes);
    });
    const at = async (temperature: number) => {
      const values = await loss(matrix(student, classes), matrix(teacher, classes), { temperature }).data();
      return Array.from(values, (value, i) => Math.abs(value - limit[i]));
    };
    const near = await at(1e4);
    near.forEach((error, i) => {
      // The remainder is of order 1/T times cubes of logits, of size 3 here.
      expect(error).toBeLessThanOrEqual((6 * (limit[i] + 1e-3) * 3) / 1e4);
    });
  });

  it("lets no gradient through to the teacher", async () => {
    const z = tensor(Float64Array.of(1, -2, 0.5), { shape: [1, 3] }) as Tensor;
    const slope = grad((t: Tensor) => loss(z, t).sum())(tensor(Float64Array.of(0, 1, 2), { shape: [1, 3] }) as Tensor);
    await expectClose(slope, [0, 0, 0], { tolerance: 0 });
  });

  law(
    "stays finite in single precision out to logits of ±1e4",
    fc.array(fc.constantFrom(-1e4, 0, 1e4), { minLength: 6, maxLength: 6 }),
    async (values) => {
      const [z, t] = [tensor([values.slice(0, 3)]), tensor([values.slice(3)])];
      expect((await loss(z, t, { temperature: 1 }).data()).every(Number.isFinite)).toBe(true);
      expect((await grad((x: Tensor) => loss(x, t).sum())(z).data()).every(Number.isFinite)).toBe(true);
    },
  );

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers }) => loss(z, numbers(4, 6, 1)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    expect(() => loss(tensor([1, 2]), z)).toThrow(`${name}: logits has shape [2] but must have 2 axes`);
    expect(() => loss(z, tensor([[1, 2, 3]]))).toThrow(
      `${name}: teacherLogits has shape [1, 3] but must match logits, [1, 2]`,
    );
    expect(() => loss(z, tensor(Float64Array.of(1, 2), { shape: [1, 2] }) as Tensor)).toThrow(
      `${name}: teacherLogits is f64 but must match logits, f32; cast one of them`,
    );
    const ints = tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as unknown as Tensor;
    expect(() => loss(ints, ints)).toThrow(`${name}: logits is i32 but must be f32 or f64; cast it`);
    const empty = tensor(new Float32Array(0), { shape: [0, 2] }) as Tensor;
    expect(() => loss(empty, empty)).toThrow(`${name}: logits has shape [0, 2] but must have a row and a class`);
    expect(() => loss(tensor([[NaN, 2]]), z)).toThrow(`${name}: logits holds NaN at 0 but must hold finite numbers`);
    expect(() => loss(z, tensor([[1, Infinity]]))).toThrow(
      `${name}: teacherLogits holds Infinity at 1 but must hold finite numbers`,
    );
    expect(() => loss(z, z, { temperature: 0 })).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    expect(() => loss(z, z, { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});

finiteAtExtremes("forwardKlDistillLoss", (x) => forwardKlDistillLoss(x, teacherBeside(x)), { cancels: true });
finiteAtExtremes("reverseKlDistillLoss", (x) => reverseKlDistillLoss(x, teacherBeside(x)), { cancels: true });
