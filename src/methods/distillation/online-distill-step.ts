import { type Tensor, type Tree, valueAndGrad } from "../../autodiff/index.js";
import { applyUpdates, type Optimizer } from "../optimizers/optimizer.js";
import { type BalancedDivergenceLossOptions, balancedDivergenceLoss } from "./balanced-divergence-loss.js";
import { mutualDistillLoss } from "./mutual-distill-loss.js";

/** A network on its way: what it computes, how it learns, and where it is. */
export interface OnlineNetwork<Params extends Tree, State extends Tree> {
  /** From parameters and inputs to logits `[batch, classes]`. */
  readonly logits: (params: Params, inputs: Tensor) => Tensor;
  readonly optimizer: Optimizer<State>;
  readonly params: Params;
  /** Of the optimizer. */
  readonly state: State;
}

/** A network after a step, not evaluated yet. */
export interface OnlineUpdate<Params extends Tree, State extends Tree> {
  readonly params: Params;
  readonly state: State;
  /** `[]`: its mean loss before the step. */
  readonly loss: Tensor;
}

export interface OnlineDistillStep<P extends Tree, S extends Tree, Q extends Tree, R extends Tree> {
  readonly student: OnlineUpdate<P, S>;
  readonly teacher: OnlineUpdate<Q, R>;
}

/**
 * One step of online distillation: student and teacher learn from the same batch and from each other.
 *
 *     student: mean of balancedDivergenceLoss(z_s, z_t, y)      teacher: mean of mutualDistillLoss(z_t, z_s, y)
 *
 * Both gradients are taken before either network moves, in one forward pass of each; neither loss moves the other's
 * parameters. It is pure: evaluate what comes back, and go on from that.
 *
 * Reach for it to train a small network with a large one in one run, without a trained teacher; for more than two
 * networks give the losses lists of logits.
 *
 * @param student - the small network
 * @param teacher - the large one
 * @param inputs - what both take
 * @param labels - `[batch]`, each in [0, classes)
 * @param options - as for the student's loss; temperature and weight hold for the teacher too
 * @throws ShapeError if the networks' logits differ in shape, or do not fit the labels
 * @throws RangeError as `balancedDivergenceLoss` does
 * @source Amara et al., "BD-KD: Balancing the Divergences for Online Knowledge Distillation", 2022, arXiv:2212.12965
 */
export function onlineDistillStep<P extends Tree, S extends Tree, Q extends Tree, R extends Tree>(
  student: OnlineNetwork<P, S>,
  teacher: OnlineNetwork<Q, R>,
  inputs: Tensor,
  labels: Tensor<"i32">,
  options: Omit<BalancedDivergenceLossOptions, "reduction"> = {},
): OnlineDistillStep<P, S, Q, R> {
  const { temperature = 4, distillWeight = 1 } = options;
  const losses: Tensor[] = [];
  const total = ([p, q]: [P, Q]): Tensor => {
    const [own, other] = [student.logits(p, inputs), teacher.logits(q, inputs)];
    losses.push(
      balancedDivergenceLoss(own, other, labels, { ...options, reduction: "mean" }),
      mutualDistillLoss(other, own, labels, { temperature, distillWeight, reduction: "mean" }),
    );
    return losses[0].add(losses[1]); // each loss is constant in the other's parameters
  };
  const [slopeOfStudent, slopeOfTeacher] = valueAndGrad(total)([student.params, teacher.params]).grad;
  return {
    student: { ...stepped(student, slopeOfStudent), loss: losses[0] },
    teacher: { ...stepped(teacher, slopeOfTeacher), loss: losses[1] },
  };
}

function stepped<P extends Tree, S extends Tree>(
  { optimizer, params, state }: OnlineNetwork<P, S>,
  slope: P,
): { readonly params: P; readonly state: S } {
  const { updates, state: next } = optimizer.update(slope, state, params);
  return { params: applyUpdates(params, updates), state: next };
}
