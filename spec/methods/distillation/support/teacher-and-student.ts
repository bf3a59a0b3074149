import { evaluate, gather, type Key, randomKey, type Tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { type LinearParameters, mlp } from "cotangent/methods/layers";
import { type Judgement, judged, type Recipe, trained } from "./training.js";
import { type Examples, initHidden, twoModeClasses } from "./two-mode-classes.js";

const recipe: Recipe = { epochs: 60, learningRate: 0.05 };

/** Few points for a small student, and what a large network that saw many says of them. */
export interface DistillationTask {
  readonly train: Examples;
  readonly test: Examples;
  readonly recipe: Recipe;
  readonly order: Key;
  readonly initial: LinearParameters[];
  /** `[800, 10]` */
  readonly teacherLogits: Tensor;
  /** The student after training with a loss of its logits, the teacher's, and labels. */
  readonly learn: (
    loss: (logits: Tensor, teacherLogits: Tensor, labels: Tensor<"i32">) => Tensor,
  ) => Promise<Judgement>;
}

export const STUDENT = 24;
const [students, teachers] = [800, 6000];

/** What the tasks are, for the table of claims. */
export const taskSays = (seeds: readonly number[]): string =>
  `10 classes of two modes in R²⁰, a teacher of 128 hidden units that saw 6000 points, a student of ${STUDENT} that sees 800, 60 epochs, ${seeds.length === 1 ? `seed ${seeds[0]}` : `seeds 0 to ${seeds.length - 1}`}`;

/** The task of a seed. */
export async function distillationTask(seed: number): Promise<DistillationTask> {
  const key = randomKey(seed);
  const sample = twoModeClasses(key.at("modes"));
  const [train, test] = [sample(key.at("train"), students), sample(key.at("test"), 4000)];
  const many = sample(key.at("many"), teachers);
  const teacher = await trained(
    (layers: LinearParameters[], ids) =>
      sparseSoftmaxCrossEntropy(mlp(layers, gather(many.x, ids)), gather(many.labels, ids)).mean(),
    initHidden(key.at("teacher"), 128),
    teachers,
    recipe,
    key.at("lessons"),
  );
  const teacherLogits = evaluate(mlp(teacher, train.x));
  const [initial, order] = [initHidden(key.at("student"), STUDENT), key.at("order")];
  const learn: DistillationTask["learn"] = async (loss) => {
    const total = (layers: LinearParameters[], ids: Tensor<"i32">) =>
      loss(mlp(layers, gather(train.x, ids)), gather(teacherLogits, ids), gather(train.labels, ids));
    const layers = await trained(total, initial, students, recipe, order);
    return judged(mlp(layers, test.x), test.labels);
  };
  return { train, test, recipe, order, initial, teacherLogits, learn };
}
