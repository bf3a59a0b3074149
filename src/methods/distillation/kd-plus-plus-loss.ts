import { checkAbove, checkAtLeast, checkShape } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkLabels } from "../classification/check-classes.js";
import { sparseSoftmaxCrossEntropy } from "../classification/sparse-softmax-cross-entropy.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkLogitPair } from "./check-distillation.js";
import { forwardKlDistillLoss } from "./kl-distill-loss.js";
import { checkFeatures, normDirectionLoss } from "./norm-direction-loss.js";

/** What a network says of a batch, before and after its last layer. */
export interface FeaturesAndLogits {
  /** `[batch, d]` */
  readonly features: Tensor;
  /** `[batch, classes]` */
  readonly logits: Tensor;
}

export interface KdPlusPlusLossOptions {
  /** a: how much the divergence of logits counts, a finite number ≥ 0. Default 1. */
  readonly distillWeight?: number;
  /** b: how much norm and direction count, a finite number ≥ 0. Default 2. */
  readonly featureWeight?: number;
  /** What logits are divided by, T, a finite number > 0. Default 4. */
  readonly temperature?: number;
  /** How many epochs are over, a finite number ≥ 0: the divergence's weight rises with it. Default: it has risen. */
  readonly epoch?: number;
  /** After how many epochs the divergence has its full weight, a finite number > 0. Default 20. */
  readonly warmup?: number;
  /** Default `"none"`, a loss for each example. */
  readonly reduction?: Reduction;
}

/**
 * KD++: cross-entropy, the divergence of logits, and norm and direction of features.
 *
 *     ℓ = CE + a · min(1, epoch / warmup) · T² KL(p_t ‖ p_s) + b · ℓ_ND
 *
 * with `forwardKlDistillLoss` and `normDirectionLoss`; in epoch 0 the logits are not distilled. The paper's pairs (a, b) go
 * from (1, 1.5) to (4, 1). Where the widths differ only ℓ_ND takes mapped features, so map them before.
 *
 * Reach for it where the features before the last layer can be had of both networks.
 *
 * @param student - features already as wide as the teacher's
 * @param teacher - constants
 * @param classMeans - `[classes, d]`, as `teacherClassMeans` has them, none zero
 * @param labels - `[batch]`, each in [0, classes); on a device they are not checked
 * @returns `[batch]` loss of each example, or a scalar under a reduction
 * @throws ShapeError if an argument does not fit the student's features and logits
 * @throws DTypeError if features or logits are no floats or differ in dtype, or `labels` is no i32
 * @throws RangeError if a value on the host is not finite, a label no class, or a class's mean zero
 * @throws RangeError if a weight or `epoch` is not a finite number ≥ 0, or `temperature` or `warmup` not one > 0
 * @throws TypeError if `reduction` is none of those listed
 * @source Wang et al., "Improving Knowledge Distillation via Regularizing Feature Norm and Direction", 2023,
 * arXiv:2305.17007, §3
 */
export function kdPlusPlusLoss(
  student: FeaturesAndLogits,
  teacher: FeaturesAndLogits,
  classMeans: Tensor,
  labels: Tensor<"i32">,
  options: KdPlusPlusLossOptions = {},
): Tensor {
  const caller = "kdPlusPlusLoss";
  const { distillWeight = 1, featureWeight = 2, temperature = 4, warmup = 20, reduction = "none" } = options;
  const { epoch = warmup } = options;
  checkAtLeast(caller, { distillWeight, featureWeight, epoch }, 0);
  checkAbove(caller, { temperature, warmup }, 0);
  checkReduction(caller, reduction);
  checkLogitPair(caller, student.logits, teacher.logits);
  const [batch, classes] = student.logits.shape;
  checkLabels(caller, labels, batch, classes, undefined);
  checkShape(caller, "features", student.features, [batch, -1]);
  checkShape(caller, "classMeans", classMeans, [classes, -1]);
  checkFeatures(caller, student.features, teacher.features, classMeans, labels);

  const risen = distillWeight * Math.min(1, epoch / warmup);
  const losses = sparseSoftmaxCrossEntropy(student.logits, labels)
    .add(forwardKlDistillLoss(student.logits, teacher.logits, { temperature }).mul(risen))
    .add(normDirectionLoss(student.features, teacher.features, classMeans, labels).mul(featureWeight));
  return reduceLosses(losses, reduction);
}
