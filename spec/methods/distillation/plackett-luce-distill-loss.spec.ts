import { grad, hvp, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { plackettLuceDistillLoss } from "cotangent/methods/distillation";
import { checkGradient, distinctFloats, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import {
  crossEntropiesOf,
  type LogitPair,
  logitPairs,
  matrix,
  rowsOf,
  softRows,
  sum,
  temperatures,
  weighed,
} from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

/** What each class counts, and the order, of each row. */
function chainsOf({ teacher, classes, labels }: LogitPair, temperature: number) {
  const shares = softRows(teacher, classes, temperature);
  return rowsOf(teacher, classes).map((row, i) => {
    const others = row.map((_, k) => k).filter((k) => k !== labels[i]);
    return { order: [labels[i], ...others.sort((a, b) => row[b] - row[a] || a - b)], share: shares[i] };
  });
}
const lossOf = ({ student, teacher, classes, labels }: LogitPair, options = {}) =>
  plackettLuceDistillLoss(matrix(student, classes), matrix(teacher, classes), tensor(labels), options);

describe("plackettLuceDistillLoss", () => {
  law(
    "is the chain of choices, weighed by the teacher, reduced or not",
    logitPairs(1),
    temperatures,
    async (pair, weightTemperature) => {
      const z = rowsOf(pair.student, pair.classes);
      const expected = chainsOf(pair, weightTemperature).map(({ order, share }, i) =>
        sum(order.map((id, k) => share[id] * (Math.log(sum(order.slice(k).map((l) => Math.exp(z[i][l])))) - z[i][id]))),
      );
      await expectClose(lossOf(pair, { weightTemperature }), expected, { tolerance: 1e-13 });
      await expectClose(lossOf(pair, { weightTemperature, reduction: "sum" }), [sum(expected)], { tolerance: 1e-13 });
      await expectClose(lossOf(pair, { weightTemperature, reduction: "mean" }), [sum(expected) / expected.length], {
        tolerance: 1e-13,
      });
    },
  );

  law("has the closed gradient, which sums to 0 in each row", logitPairs(), async (pair) => {
    const z = rowsOf(pair.student, pair.classes);
    const expected = chainsOf(pair, 1).flatMap(({ order, share }, i) => {
      const totals = order.map((_, k) => sum(order.slice(k).map((l) => Math.exp(z[i][l]))));
      return z[i].map((zj, j) => {
        const rank = order.indexOf(j);
        return sum(order.slice(0, rank + 1).map((id, k) => (share[id] * Math.exp(zj)) / totals[k])) - share[j];
      });
    });
    const loss = (x: Tensor) => plackettLuceDistillLoss(x, matrix(pair.teacher, pair.classes), tensor(pair.labels));
    const slope = await grad((x: Tensor) => loss(x).sum())(matrix(pair.student, pair.classes)).data();
    await expectClose(slope, expected, { tolerance: 1e-13 });
    await expectClose(rowsOf(slope, pair.classes).map(sum), new Float64Array(pair.rows), { tolerance: 1e-13 });
  });

  it("agrees with differences to second order", async () => {
    for (const phase of [0, 1, 2]) {
      const numbers = (from: number) =>
        Float64Array.from({ length: 8 }, (_, i) => 2 * Math.sin(phase + (from + i) ** 2));
      const [z, t] = [matrix(numbers(0), 4), matrix(numbers(8), 4)];
      const y = tensor(Int32Array.of(phase, 3));
      await checkGradient((x: Tensor) => weighed(plackettLuceDistillLoss(x, t, y)), z, { order: 2 });
    }
  });

  law("is ≥ 0, and blind to constants added to either's rows", logitPairs(), async (pair) => {
    const losses = lossOf(pair);
    for (const loss of await losses.data()) expect(loss).toBeGreaterThanOrEqual(-1e-14);
    const moved = { ...pair, student: pair.student.map((x) => x + 2), teacher: pair.teacher.map((x) => x - 5) };
    await expectClose(lossOf(moved), losses, { tolerance: 1e-12 });
  });

  law("is convex in the logits", logitPairs(), floats([15]), async (pair, numbers) => {
    const direction = matrix(numbers.slice(0, pair.student.length), pair.classes);
    const f = (x: Tensor) => plackettLuceDistillLoss(x, matrix(pair.teacher, pair.classes), tensor(pair.labels)).sum();
    const curvature = await hvp(f, matrix(pair.student, pair.classes), direction).mul(direction).sum().item();
    expect(curvature).toBeGreaterThanOrEqual(-1e-12);
  });

  law("tends to cross-entropy as the teacher is sure of the label", logitPairs(), async (pair) => {
    const sure = pair.teacher.map((x, i) => (i % pair.classes === pair.labels[Math.floor(i / pair.classes)] ? 60 : x));
    await expectClose(lossOf({ ...pair, teacher: sure }), crossEntropiesOf(pair), { tolerance: 1e-12 });
  });

  law(
    "is α_1 times cross-entropy for two classes",
    logitPairs().filter(({ classes }) => classes === 2),
    async (pair) => {
      const shares = softRows(pair.teacher, 2);
      const expected = crossEntropiesOf(pair).map((loss, i) => loss * shares[i][pair.labels[i]]);
      await expectClose(lossOf(pair), expected, { tolerance: 1e-13 });
      const z = matrix(pair.student, 2);
      const weights = tensor(Float64Array.from(shares, (row, i) => row[pair.labels[i]])) as Tensor;
      await expectClose(lossOf(pair), sparseSoftmaxCrossEntropy(z, tensor(pair.labels)).mul(weights), {
        tolerance: 1e-13,
      });
    },
  );

  law(
    "does not care what the classes are called",
    floats([4]),
    distinctFloats([4]),
    fc.integer({ min: 0, max: 3 }),
    async (student, teacher, label) => {
      const order = [2, 0, 3, 1];
      const one = (z: Float64Array, t: Float64Array, y: number) =>
        lossOf({ rows: 1, classes: 4, student: z, teacher: t, labels: Int32Array.of(y) });
      const [z, t] = [student, teacher].map((values) => Float64Array.from(order, (k) => values[k]));
      await expectClose(one(z, t, order.indexOf(label)), one(student, teacher, label), { tolerance: 1e-13 });
    },
  );

  it("has weights 1 / C and classes by index where the teacher's logits are equal", async () => {
    const z = [0.3, -1, 2];
    const tied = lossOf({
      rows: 1,
      classes: 3,
      student: Float64Array.from(z),
      teacher: new Float64Array(3),
      labels: Int32Array.of(1),
    });
    const order = [1, 0, 2];
    const chain = order.map((id, k) => Math.log(sum(order.slice(k).map((l) => Math.exp(z[l])))) - z[id]);
    await expectClose(tied, [sum(chain) / 3], { tolerance: 1e-14 });
  });

  it("lets no gradient through to the teacher", async () => {
    const z = tensor(Float64Array.of(1, -2, 0.5), { shape: [1, 3] }) as Tensor;
    const slope = grad((t: Tensor) => plackettLuceDistillLoss(z, t, tensor(Int32Array.of(0))).sum())(z);
    await expectClose(slope, [0, 0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers, labels }) => plackettLuceDistillLoss(z, numbers(4, 6, 1), labels(4, 6)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(1));
    const call = (...args: Parameters<typeof plackettLuceDistillLoss>) =>
      expect(() => plackettLuceDistillLoss(...args));
    const name = "plackettLuceDistillLoss";
    call(z, z, y, { weightTemperature: 0 }).toThrow(`${name}: weightTemperature is 0 but must be a finite number > 0`);
    call(z, z, y, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(tensor([[1, -Infinity]]), z, y).toThrow(`${name}: logits holds -Infinity at 1 but must hold finite numbers`);
    call(z, tensor([[1, NaN]]), y).toThrow(`${name}: teacherLogits holds NaN at 1 but must hold finite numbers`);
    call(z, tensor([[1]]), y).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(z, z, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    const empty = tensor(new Float32Array(0), { shape: [1, 0] }) as Tensor;
    call(empty, empty, y).toThrow(`${name}: logits has shape [1, 0] but must have a row and a class`);
  });
});

finiteAtExtremes("plackettLuceDistillLoss", (x, { labels }) => plackettLuceDistillLoss(x, teacherBeside(x), labels), {
  cancels: true,
});
