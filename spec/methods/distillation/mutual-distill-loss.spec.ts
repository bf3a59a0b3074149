import { grad, type Tensor, tensor } from "cotangent";
import { mutualDistillLoss } from "cotangent/methods/distillation";
import { checkGradient } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import {
  crossEntropiesOf,
  klOf,
  logitPairs,
  matrix,
  softRows,
  sum,
  temperatures,
  weighed,
} from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

describe("mutualDistillLoss", () => {
  law("is CE + λ T² KL(p_peer ‖ p), reduced or not", logitPairs(1), temperatures, async (pair, temperature) => {
    const { student, teacher, classes, labels } = pair;
    const [p, q] = [softRows(student, classes, temperature), softRows(teacher, classes, temperature)];
    const ce = crossEntropiesOf(pair);
    const expected = p.map((row, i) => ce[i] + 0.6 * temperature ** 2 * klOf(q[i], row));
    const loss = (reduction: "none" | "sum" | "mean") =>
      mutualDistillLoss(matrix(student, classes), matrix(teacher, classes), tensor(labels), {
        ...{ temperature, reduction, distillWeight: 0.6 },
      });
    await expectClose(loss("none"), expected, { tolerance: 1e-12 });
    await expectClose(loss("sum"), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss("mean"), [sum(expected) / p.length], { tolerance: 1e-12 });
  });

  law("has gradient p − onehot(y) + λ T (p_T − p_peer)", logitPairs(), temperatures, async (pair, temperature) => {
    const { student, teacher, classes, labels } = pair;
    const [p, q] = [softRows(student, classes, temperature), softRows(teacher, classes, temperature)];
    const plain = softRows(student, classes);
    const expected = p.flatMap((row, i) =>
      row.map((x, k) => plain[i][k] - Number(k === labels[i]) + temperature * (x - q[i][k])),
    );
    const loss = (z: Tensor) => mutualDistillLoss(z, matrix(teacher, classes), tensor(labels), { temperature }).sum();
    await expectClose(grad(loss)(matrix(student, classes)), expected, { tolerance: 1e-12 });
    const f = (z: Tensor) => weighed(mutualDistillLoss(z, matrix(teacher, classes), tensor(labels), { temperature }));
    await checkGradient(f, matrix(student, classes), { order: 2 });
  });

  law("takes the mean over several peers, and lets nothing through to them", logitPairs(), async (pair) => {
    const { student, teacher, classes, labels } = pair;
    const [z, t] = [matrix(student, classes), matrix(teacher, classes)];
    const of = (peers: Tensor | Tensor[]) => mutualDistillLoss(z, peers, tensor(labels));
    await expectClose(of([t]), of(t), { tolerance: 0 });
    await expectClose(
      of([t, t.neg(), t.mul(2)]),
      of(t)
        .add(of(t.neg()))
        .add(of(t.mul(2)))
        .div(3),
      { tolerance: 1e-12 },
    );
    await expectClose(grad((x: Tensor) => of([t, x]).sum())(t), new Float64Array(teacher.length), { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers, labels }) => mutualDistillLoss(z, numbers(4, 6, 1), labels(4, 6)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(1));
    const call = (...args: Parameters<typeof mutualDistillLoss>) => expect(() => mutualDistillLoss(...args));
    const name = "mutualDistillLoss";
    call(z, z, y, { temperature: 0 }).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    call(z, z, y, { distillWeight: -1 }).toThrow(`${name}: distillWeight is -1 but must be a finite number ≥ 0`);
    call(z, z, y, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
    call(z, [], y).toThrow(`${name}: peerLogits is empty but must hold logits of a network`);
    call(z, [tensor([[1]])], y).toThrow(`${name}: peerLogits[0] has shape [1, 1] but must match logits, [1, 2]`);
    call(z, tensor([[1, NaN]]), y).toThrow(`${name}: peerLogits holds NaN at 1 but must hold finite numbers`);
    call(z, z, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
  });
});

finiteAtExtremes("mutualDistillLoss", (x, { labels }) => mutualDistillLoss(x, teacherBeside(x), labels), {
  cancels: true,
});
