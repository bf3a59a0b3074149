import { grad, read, type Tensor, tensor, valueAndGrad } from "cotangent";
import { balancedDivergenceLoss, mutualDistillLoss, onlineDistillStep } from "cotangent/methods/distillation";
import { applyUpdates, sgd } from "cotangent/methods/optimizers";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const labels = tensor(Int32Array.of(2, 0));
const inputs = tensor(Float64Array.of(1, 2, -1, 0.5), { shape: [2, 2] }) as Tensor;
const logits = ({ weights }: { readonly weights: Tensor }, x: Tensor) => x.matmul(weights);
const paramsOf = (values: Float64Array) => ({ weights: tensor(values, { shape: [2, 3] }) as Tensor });
const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
const network = (values: Float64Array) => ({
  logits,
  optimizer,
  params: paramsOf(values),
  state: optimizer.init(paramsOf(values)),
});

describe("onlineDistillStep", () => {
  law("moves each network by its own loss, from where both were", floats([6]), floats([6]), async (a, b) => {
    const options = { temperature: 2, distillWeight: 0.5, balance: 3 };
    const [student, teacher] = [network(a), network(b)];
    const { weights: own } = paramsOf(a);
    const { weights: other } = paramsOf(b);
    const [z, t] = [inputs.matmul(own), inputs.matmul(other)];
    const ofStudent = valueAndGrad((w: Tensor) =>
      balancedDivergenceLoss(inputs.matmul(w), t, labels, { ...options, reduction: "mean" }),
    )(own);
    const { temperature, distillWeight } = options;
    const ofTeacher = valueAndGrad((w: Tensor) =>
      mutualDistillLoss(inputs.matmul(w), z, labels, { temperature, distillWeight, reduction: "mean" }),
    )(other);
    const after = onlineDistillStep(student, teacher, inputs, labels, options);
    await expectClose(after.student.params.weights, own.sub(ofStudent.grad.mul(0.1)), { tolerance: 1e-14 });
    await expectClose(after.teacher.params.weights, other.sub(ofTeacher.grad.mul(0.1)), { tolerance: 1e-14 });
    await expectClose(after.student.loss, ofStudent.value, { tolerance: 1e-14 });
    await expectClose(after.teacher.loss, ofTeacher.value, { tolerance: 1e-14 });
    // A second step goes on from parameters and states alike.
    const again = onlineDistillStep(
      { ...student, ...after.student },
      { ...teacher, ...after.teacher },
      inputs,
      labels,
      options,
    );
    const zt = inputs.matmul(after.teacher.params.weights);
    const slope = grad((w: Tensor) =>
      balancedDivergenceLoss(inputs.matmul(w), zt, labels, { ...options, reduction: "mean" }),
    )(after.student.params.weights);
    const expected = optimizer.update({ weights: slope }, after.student.state, after.student.params);
    await expectClose(again.student.params.weights, applyUpdates(after.student.params, expected.updates).weights, {
      tolerance: 1e-13,
    });
  });

  it("uses the losses' own defaults", async () => {
    const [a, b] = [Float64Array.of(1, 2, 3, -1, 0, 1), Float64Array.of(0, 1, -2, 1, 1, 0)];
    const plain = onlineDistillStep(network(a), network(b), inputs, labels);
    const told = onlineDistillStep(network(a), network(b), inputs, labels, {
      temperature: 4,
      distillWeight: 1,
      balance: 2,
    });
    const { p, t } = await read({
      p: [plain.student.loss, plain.teacher.loss],
      t: [told.student.loss, told.teacher.loss],
    });
    expect(p).toEqual(t);
  });

  it("passes on what is wrong", () => {
    const values = new Float64Array(6);
    const wide = {
      ...network(values),
      logits: (p: { readonly weights: Tensor }, x: Tensor) => logits(p, x).reshape([3, 2]),
    };
    expect(() => onlineDistillStep(network(values), wide, inputs, labels)).toThrow(
      "balancedDivergenceLoss: teacherLogits has shape [3, 2] but must match logits, [2, 3]",
    );
    expect(() => onlineDistillStep(network(values), network(values), inputs, labels, { balance: 0 })).toThrow(
      "balancedDivergenceLoss: balance is 0 but must be a finite number ≥ 1",
    );
  });
});
