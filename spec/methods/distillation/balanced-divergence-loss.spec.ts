import { grad, type Tensor, tensor } from "cotangent";
import { balancedDivergenceLoss, forwardKlDistillLoss, reverseKlDistillLoss } from "cotangent/methods/distillation";
import { checkGradient } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import {
  crossEntropiesOf,
  entropyOf,
  klOf,
  logitPairs,
  matrix,
  softRows,
  sum,
  temperatures,
  weighed,
} from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const balances = fc.integer({ min: 2, max: 8 }).map((half) => half / 2);
const gates = fc.constantFrom("hard" as const, "soft" as const);

describe("balancedDivergenceLoss", () => {
  law(
    "is CE + λ T² (δ FKL + ρ RKL), reduced or not",
    logitPairs(),
    temperatures,
    balances,
    gates,
    fc.boolean(),
    async (pair, temperature, balance, gate, flip) => {
      const { student, teacher, classes, labels } = pair;
      const [p, q] = [softRows(student, classes, temperature), softRows(teacher, classes, temperature)];
      const ce = crossEntropiesOf(pair);
      const expected = p.map((row, i) => {
        const gap = entropyOf(q[i]) - entropyOf(row);
        const share = gate === "hard" ? Number(gap > 0) : 1 / (1 + Math.exp(-gap));
        const [cover, seek] = [1 + (balance - 1) * share, balance - (balance - 1) * share];
        const [delta, rho] = flip ? [seek, cover] : [cover, seek];
        return ce[i] + 0.7 * temperature ** 2 * (delta * klOf(q[i], row) + rho * klOf(row, q[i]));
      });
      const loss = (reduction: "none" | "sum" | "mean") =>
        balancedDivergenceLoss(matrix(student, classes), matrix(teacher, classes), tensor(labels), {
          ...{ temperature, balance, gate, flip, reduction, distillWeight: 0.7 },
        });
      await expectClose(loss("none"), expected, { tolerance: 1e-11 });
      await expectClose(loss("sum"), [sum(expected)], { tolerance: 1e-11 });
      await expectClose(loss("mean"), [sum(expected) / p.length], { tolerance: 1e-11 });
    },
  );

  law("agrees with differences to second order", logitPairs(), temperatures, async (pair, temperature) => {
    const { student, teacher, classes, labels } = pair;
    // Weights are constants of the loss, but not of its differences: with balance 1 they do not move.
    const f = (z: Tensor) =>
      weighed(balancedDivergenceLoss(z, matrix(teacher, classes), tensor(labels), { temperature, balance: 1 }));
    await checkGradient(f, matrix(student, classes), { order: 2 });
  });

  law(
    "takes the weights of the soft gate for constants",
    logitPairs(),
    temperatures,
    balances,
    async (pair, temperature, balance) => {
      const { student, teacher, classes, labels } = pair;
      const [p, q] = [softRows(student, classes, temperature), softRows(teacher, classes, temperature)];
      const options = { temperature, balance, gate: "soft" } as const;
      const loss = (z: Tensor) => balancedDivergenceLoss(z, matrix(teacher, classes), tensor(labels), options).sum();
      const expected = p.flatMap((row, i) => {
        const share = 1 / (1 + Math.exp(entropyOf(row) - entropyOf(q[i])));
        const [delta, rho] = [1 + (balance - 1) * share, balance - (balance - 1) * share];
        const plain = softRows(student, classes)[i];
        return row.map((x, k) => {
          const reverse = x * (Math.log(x / q[i][k]) - klOf(row, q[i]));
          return plain[k] - Number(k === labels[i]) + temperature * (delta * (x - q[i][k]) + rho * reverse);
        });
      });
      await expectClose(grad(loss)(matrix(student, classes)), expected, { tolerance: 1e-11 });
    },
  );

  law("is at least cross-entropy, and cross-entropy where predictions agree or λ is 0", logitPairs(1), async (pair) => {
    const { student, teacher, classes, labels } = pair;
    const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
    const ce = crossEntropiesOf(pair);
    const losses = await balancedDivergenceLoss(z, t, tensor(labels)).data();
    losses.forEach((loss, i) => {
      expect(loss).toBeGreaterThanOrEqual(ce[i] - 1e-12);
    });
    await expectClose(balancedDivergenceLoss(z, z.add(2), tensor(labels)), ce, { tolerance: 1e-12 });
    await expectClose(balancedDivergenceLoss(z, t, tensor(labels), { distillWeight: 0 }), ce, { tolerance: 1e-12 });
  });

  law(
    "has Jeffreys' symmetric divergence with balance 1",
    logitPairs(),
    async ({ student, teacher, classes, labels }) => {
      const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
      const distilled = (a: Tensor, b: Tensor) =>
        balancedDivergenceLoss(a, b, tensor(labels), { balance: 1 }).sub(
          balancedDivergenceLoss(a, b, tensor(labels), { distillWeight: 0 }),
        );
      await expectClose(distilled(z, t), distilled(t, z), { tolerance: 1e-11 });
      await expectClose(distilled(z, t), forwardKlDistillLoss(z, t).add(reverseKlDistillLoss(z, t)), {
        tolerance: 1e-11,
      });
    },
  );

  law("takes the mean over several teachers", logitPairs(), async ({ student, teacher, classes, labels }) => {
    const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
    const of = (teachers: Tensor | Tensor[]) => balancedDivergenceLoss(z, teachers, tensor(labels));
    await expectClose(of([t]), of(t), { tolerance: 0 });
    await expectClose(of([t, t.neg()]), of(t).add(of(t.neg())).div(2), { tolerance: 1e-12 });
  });

  it("has temperature 4, balance 2 and weight 1, unless told otherwise, and lets nothing through to the teacher", async () => {
    const z = tensor(Float64Array.of(1, -2, 0.5), { shape: [1, 3] }) as Tensor;
    const t = tensor(Float64Array.of(0, 1, 5), { shape: [1, 3] }) as Tensor;
    const labels = tensor(Int32Array.of(2));
    const told = { temperature: 4, balance: 2, distillWeight: 1, gate: "hard", slope: 1, flip: false } as const;
    await expectClose(balancedDivergenceLoss(z, t, labels), balancedDivergenceLoss(z, t, labels, told), {
      tolerance: 0,
    });
    const ofTeacher = grad((x: Tensor) => balancedDivergenceLoss(z, x, labels, { gate: "soft" }).sum());
    await expectClose(ofTeacher(t), [0, 0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers, labels }) => balancedDivergenceLoss(z, numbers(4, 6, 1), labels(4, 6)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(1));
    const call = (...args: Parameters<typeof balancedDivergenceLoss>) => expect(() => balancedDivergenceLoss(...args));
    const name = "balancedDivergenceLoss";
    call(z, z, y, { temperature: -1 }).toThrow(`${name}: temperature is -1 but must be a finite number > 0`);
    call(z, z, y, { distillWeight: -1 }).toThrow(`${name}: distillWeight is -1 but must be a finite number ≥ 0`);
    call(z, z, y, { balance: 0 }).toThrow(`${name}: balance is 0 but must be a finite number ≥ 1`);
    call(z, z, y, { slope: 0 }).toThrow(`${name}: slope is 0 but must be a finite number > 0`);
    call(z, z, y, { gate: "x" as "hard" }).toThrow(`${name}: gate is "x" but must be one of hard, soft`);
    call(z, z, y, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(z, [], y).toThrow(`${name}: teacherLogits is empty but must hold logits of a network`);
    call(z, tensor([[1]]), y).toThrow(`${name}: teacherLogits has shape [1, 1] but must match logits, [1, 2]`);
    call(z, [z, tensor([[1]])], y).toThrow(`${name}: teacherLogits[1] has shape [1, 1] but must match logits, [1, 2]`);
    call(z, tensor([[1, NaN]]), y).toThrow(`${name}: teacherLogits holds NaN at 1 but must hold finite numbers`);
    call(z, z, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    call(z, z, tensor(Int32Array.of(1, 1))).toThrow(`${name}: labels has shape [2] but must be [1]`);
  });
});

finiteAtExtremes("balancedDivergenceLoss", (x, { labels }) => balancedDivergenceLoss(x, teacherBeside(x), labels), {
  cancels: true,
});
