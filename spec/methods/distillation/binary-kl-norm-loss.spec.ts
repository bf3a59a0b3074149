import { grad, hvp, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { binaryKlNormLoss } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { logitPairs, matrix, rowsOf, softRows, sum, temperatures, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const fromHalf = (b: number) => 0.5 * Math.log(0.5 / b) + 0.5 * Math.log(0.5 / (1 - b));

describe("binaryKlNormLoss", () => {
  law(
    "is T² Σ KL(½ ‖ σ((s − t) / T)), reduced or not",
    logitPairs(1),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const s = rowsOf(student, classes);
      const expected = rowsOf(teacher, classes).map(
        (row, i) => t * t * sum(row.map((x, k) => fromHalf(sigmoid((s[i][k] - x) / t)))),
      );
      const loss = (options = {}) =>
        binaryKlNormLoss(matrix(student, classes), matrix(teacher, classes), { temperature: t, ...options });
      const tolerance = { tolerance: 1e-9 }; // 1 − σ has lost digits in the plain form
      await expectClose(loss(), expected, tolerance);
      await expectClose(loss({ reduction: "sum" }), [sum(expected)], tolerance);
      await expectClose(loss({ reduction: "mean" }), [sum(expected) / s.length], tolerance);
      const closed = student.map((x, i) => t * t * Math.log(Math.cosh((3 * (x - teacher[i])) / (2 * t))));
      const wide = binaryKlNormLoss(
        matrix(
          student.map((x) => 3 * x),
          classes,
        ),
        matrix(
          teacher.map((x) => 3 * x),
          classes,
        ),
        { temperature: t },
      );
      await expectClose(wide, rowsOf(closed, classes).map(sum), { tolerance: 1e-12 });
      for (const value of await loss().data()) expect(value).toBeGreaterThanOrEqual(0);
    },
  );

  law(
    "has gradient (T / 2) tanh((s − t) / 2T), to second order too",
    logitPairs(1, { min: -9, max: 9 }),
    temperatures,
    async ({ student, teacher, classes }, t) => {
      const loss = (z: Tensor) => binaryKlNormLoss(z, matrix(teacher, classes), { temperature: t });
      const expected = student.map((x, i) => (t / 2) * Math.tanh((x - teacher[i]) / (2 * t)));
      await expectClose(grad((z: Tensor) => loss(z).sum())(matrix(student, classes)), expected, { tolerance: 1e-13 });
      const curvature = hvp(
        (z: Tensor) => loss(z).sum(),
        matrix(student, classes),
        matrix(student, classes).mul(0).add(1),
      );
      await expectClose(
        curvature,
        student.map((x, i) => (1 - Math.tanh((x - teacher[i]) / (2 * t)) ** 2) / 4),
        { tolerance: 1e-13 },
      );
      const at = matrix(student, classes);
      if (student.some((x, i) => Math.abs(x - teacher[i]) > 0.01))
        await checkGradient((z: Tensor) => weighed(loss(z)), at);
    },
  );

  law(
    "depends on s − t alone, evenly, and is 0 where they agree",
    logitPairs(1),
    floats([5]),
    async ({ student, teacher, classes, rows }, shifts) => {
      const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
      const loss = binaryKlNormLoss(z, t);
      const shift = tensor(shifts.slice(0, classes)) as Tensor;
      await expectClose(binaryKlNormLoss(z.add(shift), t.add(shift)), loss, { tolerance: 1e-13 });
      await expectClose(binaryKlNormLoss(t, z), loss, { tolerance: 1e-13 });
      await expectClose(binaryKlNormLoss(z, z), new Float64Array(rows), { tolerance: 0 });
    },
  );

  law(
    "is Σ (s − t)² / 8 for small differences, whatever T, and a straight line for large ones",
    temperatures,
    fc.constantFrom(1, -1),
    async (temperature, sign) => {
      const zero = tensor(Float64Array.of(0), { shape: [1, 1] }) as Tensor;
      const at = (x: number) => binaryKlNormLoss(zero.add(x), zero, { temperature }).item();
      expect(((await at(1e-6)) / 1e-12) * 8).toBeCloseTo(1, 9);
      const far = 100 * temperature;
      expect(await at(sign * far)).toBeCloseTo((temperature / 2) * far - temperature ** 2 * Math.LN2, 9);
      const slope = await grad((x: Tensor) => binaryKlNormLoss(x, zero, { temperature }).sum())(
        zero.add(sign * far),
      ).item();
      expect(slope).toBeCloseTo((sign * temperature) / 2, 12);
      const curvature = hvp((x: Tensor) => binaryKlNormLoss(x, zero, { temperature }).sum(), zero, zero.add(1));
      await expectClose(curvature, [0.25], { tolerance: 1e-15 });
    },
  );

  law(
    "pulls against cross-entropy beyond the teacher's margin",
    floats([4]),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 60 }),
    temperatures,
    async (teacher, label, tenths, temperature) => {
      const kappa = tenths / 10;
      const student = matrix(
        teacher.map((x, k) => x + kappa * (Number(k === label) - 0.25)),
        4,
      );
      const y = tensor(Int32Array.of(label));
      const first = await grad((z: Tensor) => sparseSoftmaxCrossEntropy(z, y).sum())(student).data();
      const second = await grad((z: Tensor) => binaryKlNormLoss(z, matrix(teacher, 4), { temperature }).sum())(
        student,
      ).data();
      const product = sum(Array.from(first, (x, k) => x * second[k]));
      const p = softRows(await student.data(), 4)[0][label];
      const [a, b] = [(kappa * 0.75) / (2 * temperature), (kappa * 0.25) / (2 * temperature)];
      expect(product).toBeCloseTo(-(temperature / 2) * (1 - p) * (Math.tanh(a) + Math.tanh(b)), 12);
      expect(product).toBeLessThan(0);
    },
  );

  it("keeps small differences in single precision, and stays finite out to ±1e4", async () => {
    const t = tensor([[0, 0]]);
    const small = await binaryKlNormLoss(tensor([[1e-3, 0]]), t).item();
    expect(Math.abs(small / 1.25e-7 - 1)).toBeLessThan(1e-5); // log cosh by way of |x| − log 2 would be lost in rounding
    const [z, far] = [tensor([[1e4, -1e4]]), tensor([[-1e4, 1e4]])];
    await expectClose(binaryKlNormLoss(z, far), [4e4], { tolerance: 1e-3 });
    await expectClose(grad((x: Tensor) => binaryKlNormLoss(x, far).sum())(z), [1, -1], { tolerance: 1e-6 });
  });

  it("has temperature 2 unless told otherwise, and lets nothing through to the teacher", async () => {
    const [z, t] = [matrix(Float64Array.of(1, -2), 2), matrix(Float64Array.of(0, 1), 2)];
    await expectClose(binaryKlNormLoss(z, t), binaryKlNormLoss(z, t, { temperature: 2 }), { tolerance: 0 });
    await expectClose(grad((x: Tensor) => binaryKlNormLoss(z, x).sum())(t), [0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers }) => binaryKlNormLoss(z, numbers(4, 6, 1)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const call = (...args: Parameters<typeof binaryKlNormLoss>) => expect(() => binaryKlNormLoss(...args));
    const name = "binaryKlNormLoss";
    call(z, z, { temperature: -2 }).toThrow(`${name}: temperature is -2 but must be a finite number > 0`);
    call(z, z, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(z, tensor([[1]])).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(z, tensor([[1, NaN]])).toThrow(`${name}: teacherLogits holds NaN at 1 but must hold finite numbers`);
  });
});

finiteAtExtremes("binaryKlNormLoss", (x) => binaryKlNormLoss(x, teacherBeside(x)), { cancels: true });
