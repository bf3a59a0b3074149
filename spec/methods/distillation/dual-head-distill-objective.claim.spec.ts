import { gather, grad, leavesOf, rebuild, relu, type Tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import {
  alignGradients,
  binaryKlNormLoss,
  type DualHeadParameters,
  dualHead,
  dualHeadDistillObjective,
} from "cotangent/methods/distillation";
import { initLinear, type LinearParameters, linear } from "cotangent/methods/layers";
import { applyUpdates, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { type DistillationTask, distillationTask, STUDENT, taskSays } from "./support/teacher-and-student.js";
import { judged, mean, passes } from "./support/training.js";
import { CLASSES } from "./support/two-mode-classes.js";

const seeds = process.env.COTANGENT_LONG === "1" ? [0, 1, 2, 3, 4] : [0, 1];

type Student = { readonly backbone: LinearParameters; readonly heads: DualHeadParameters };

/** Test accuracy of the main head, trained with the gradients of both parts, aligned or not. */
async function dualHeaded(task: DistillationTask, isAligned: boolean): Promise<number> {
  const { train, test, recipe, order, initial, teacherLogits } = task;
  const auxiliary = initLinear(order.at("auxiliary"), STUDENT, CLASSES, { gain: Math.SQRT2 });
  const start: Student = { backbone: initial[0], heads: { main: initial[1], auxiliary } };
  const optimizer = sgd({ learningRate: recipe.learningRate, momentum: 0.9 });
  const part = (which: "classification" | "distillation") => (student: Student, ids: Tensor<"i32">) => {
    const logits = dualHead(student.heads, relu(linear(student.backbone, gather(train.x, ids))));
    return dualHeadDistillObjective(logits, gather(teacherLogits, ids), gather(train.labels, ids))[which];
  };
  const { params } = await passes(
    ({ params, state }, ids) => {
      const first = grad(part("classification"))(params, ids);
      const second = grad(part("distillation"))(params, ids);
      const other = leavesOf<Tensor>(isAligned ? alignGradients(second, first) : second);
      const slope = rebuild(
        first,
        leavesOf<Tensor>(first).map((leaf, i) => leaf.add(other[i])),
      ) as Student;
      const { updates, state: next } = optimizer.update(slope, state, params);
      return { params: applyUpdates(params, updates), state: next };
    },
    { params: start, state: optimizer.init(start) },
    train.labels.size,
    recipe,
    order,
  );
  const logits = linear(params.heads.main, relu(linear(params.backbone, test.x)));
  return (await judged(logits, test.labels)).accuracy;
}

describe("dualHeadDistillObjective on two-mode classes", () => {
  it("beats cross-entropy by two points", async () => {
    const scores: Record<"labels" | "dual" | "aligned" | "single", number[]> = {
      labels: [],
      dual: [],
      aligned: [],
      single: [],
    };
    for (const seed of seeds) {
      const task = await distillationTask(seed);
      scores.labels.push((await task.learn((z, _, y) => sparseSoftmaxCrossEntropy(z, y).mean())).accuracy);
      scores.dual.push(await dualHeaded(task, false));
      scores.aligned.push(await dualHeaded(task, true));
      const single = await task.learn((z, t, y) => sparseSoftmaxCrossEntropy(z, y).add(binaryKlNormLoss(z, t)).mean());
      scores.single.push(single.accuracy);
    }
    const told = { method: "dualHeadDistillObjective", run: taskSays(seeds) };
    const better = scores.dual.filter((score, i) => score > scores.labels[i]).length;
    tellClaim({
      ...told,
      claim: "a second head for the teacher's logits makes the classifier more accurate than cross-entropy",
      figure: `${percent(mean(scores.dual))}, with aligned gradients ${percent(mean(scores.aligned))}, against ${percent(mean(scores.labels))}; better on ${better} of ${seeds.length} seeds`,
      seen: mean(scores.dual) >= mean(scores.labels) + 0.02,
    });
    tellClaim({
      ...told,
      claim: "on one head cross-entropy and the logits' loss make the classifier collapse",
      figure: `${percent(mean(scores.single))} on one head, ${percent(mean(scores.dual))} on two`,
      seen: mean(scores.single) < mean(scores.labels),
    });
    expect(mean(scores.dual)).toBeGreaterThanOrEqual(mean(scores.labels) + 0.02);
    expect(mean(scores.aligned)).toBeGreaterThanOrEqual(mean(scores.labels) + 0.02);
    expect(better).toBe(seeds.length);
  }, 600_000);
});
