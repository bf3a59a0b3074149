import { gather, type Key, randomKey, type Tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { mutualDistillLoss, onlineDistillStep } from "cotangent/methods/distillation";
import { type LinearParameters, mlp } from "cotangent/methods/layers";
import { sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { percent, tellClaim } from "../../support/claims.js";
import { type Judgement, judged, mean, passes, trained } from "./support/training.js";
import { type Examples, initHidden, twoModeClasses } from "./support/two-mode-classes.js";

const long = process.env.COTANGENT_LONG === "1";
const seeds = long ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3];
const [count, recipe] = [1500, { epochs: 60, learningRate: 0.01 }];

type Layers = LinearParameters[];
type Pair = { readonly student: Layers; readonly teacher: Layers };

interface Batch {
  readonly x: Tensor;
  readonly labels: Tensor<"i32">;
}

/** Of one seed: what becomes of the student alone, beside a teacher by BD-KD, and by deep mutual learning. */
async function students(key: Key): Promise<Readonly<Record<"alone" | "balanced" | "mutual", Judgement>>> {
  const sample = twoModeClasses(key.at("modes"));
  const train = sample(key.at("train"), count, 0.1);
  const test = sample(key.at("test"), 4000);
  const start: Pair = { student: initHidden(key.at("student"), 12), teacher: initHidden(key.at("teacher"), 128) };
  const batchOf = ({ x, labels }: Examples, ids: Tensor<"i32">): Batch => ({
    x: gather(x, ids),
    labels: gather(labels, ids),
  });
  const judge = (layers: Layers) => judged(mlp(layers, test.x), test.labels);
  const order = key.at("order");

  const alone = await trained(
    (layers: Layers, ids) => {
      const { x, labels } = batchOf(train, ids);
      return sparseSoftmaxCrossEntropy(mlp(layers, x), labels).mean();
    },
    start.student,
    count,
    recipe,
    order,
  );
  const optimizer = sgd({ learningRate: recipe.learningRate, momentum: 0.9 });
  const heldFrom = (params: Layers) => ({ params, state: optimizer.init(params) });
  const balanced = await passes(
    ({ student, teacher }, ids) => {
      const { x, labels } = batchOf(train, ids);
      const network = { logits: mlp, optimizer };
      const after = onlineDistillStep({ ...network, ...student }, { ...network, ...teacher }, x, labels);
      return {
        student: { params: after.student.params, state: after.student.state },
        teacher: { params: after.teacher.params, state: after.teacher.state },
      };
    },
    { student: heldFrom(start.student), teacher: heldFrom(start.teacher) },
    count,
    recipe,
    order,
  );
  const mutual = await trained(
    ({ student, teacher }: Pair, ids) => {
      const { x, labels } = batchOf(train, ids);
      const [own, other] = [mlp(student, x), mlp(teacher, x)];
      return mutualDistillLoss(own, other, labels)
        .add(mutualDistillLoss(other, own, labels))
        .mean();
    },
    start,
    count,
    recipe,
    order,
  );
  return {
    alone: await judge(alone),
    balanced: await judge(balanced.student.params),
    mutual: await judge(mutual.student),
  };
}

describe("balancedDivergenceLoss on two-mode classes", () => {
  it("makes a small student better than cross-entropy does, and as good as mutual learning", async () => {
    const runs = await Promise.all(seeds.map((seed) => students(randomKey(seed))));
    const accuracy = (which: keyof (typeof runs)[0]) => mean(runs.map((run) => run[which].accuracy));
    const calibration = (which: keyof (typeof runs)[0]) => mean(runs.map((run) => run[which].calibration));
    const better = runs.filter(({ alone, balanced }) => balanced.accuracy > alone.accuracy).length;
    const gain = accuracy("balanced") - accuracy("alone");
    const gap = Math.abs(accuracy("balanced") - accuracy("mutual"));
    const run = `10 classes of two modes in R²⁰, 1500 points with 10 % of labels drawn anew, a student of 12 hidden units beside a teacher of 128, 60 epochs, seeds 0 to ${seeds.length - 1}`;
    tellClaim({
      ...{ method: "balancedDivergenceLoss", run },
      claim: "a student beside a learning teacher is more accurate than one by cross-entropy alone",
      figure: `${percent(accuracy("balanced"))} against ${percent(accuracy("alone"))}, better in ${better} of ${runs.length} seeds`,
      seen: gain >= 0.005,
    });
    tellClaim({
      ...{ method: "balancedDivergenceLoss", run },
      claim: "balancing both divergences is more accurate than deep mutual learning",
      figure: `${percent(accuracy("balanced"))} against ${percent(accuracy("mutual"))}`,
      seen: accuracy("balanced") > accuracy("mutual"),
    });
    tellClaim({
      ...{ method: "balancedDivergenceLoss", run },
      claim: "the student is better calibrated than one by cross-entropy alone or by deep mutual learning",
      figure: `expected calibration error ${calibration("balanced").toFixed(3)} against ${calibration("alone").toFixed(3)} and ${calibration("mutual").toFixed(3)}`,
      seen: calibration("balanced") < Math.min(calibration("alone"), calibration("mutual")),
    });
    expect(gain).toBeGreaterThanOrEqual(0.005);
    expect(gap).toBeLessThanOrEqual(0.01);
    expect(Math.abs(calibration("balanced") - calibration("mutual"))).toBeLessThanOrEqual(0.015);
  }, 600_000);
});
