import { checkAtLeast, checkRank, checkShape, logSumExp, oneHot, type Tensor, tensor } from "cotangent";
import { softmaxCrossEntropy } from "cotangent/methods/classification";
import { classIds, lossSubject, plainNumber, type Subject, scores } from "cotangent/testing";

export interface SoftMarginOptions {
  /** By how much the label's logit must lead, a finite number ≥ 0. Default 1. */
  readonly margin?: number;
}

/**
 * Cross-entropy that asks for a lead: every logit but the label's is raised before the softmax.
 *
 *     loss = log Σ_j exp(z_j + margin·[j ≠ y]) − z_y
 *
 * @param logits - `[batch, classes]`
 * @param labels - `[batch]`, class ids in [0, classes)
 * @returns `[batch]` loss of each example, in nats
 * @throws ShapeError if `logits` has not 2 axes, or `labels` is not one a row
 * @throws RangeError if `margin` is negative or not finite
 */
export function softMargin(logits: Tensor, labels: Tensor<"i32">, options: SoftMarginOptions = {}): Tensor {
  const { margin = 1 } = options;
  checkRank("softMargin", { logits }, 2);
  checkShape("softMargin", "labels", labels, [logits.shape[0]]);
  checkAtLeast("softMargin", { margin }, 0);

  const own = oneHot(labels, logits.shape[1], logits.dtype); // [batch, classes], 1 at the label
  const raised = logits.add(own.neg().add(1).mul(margin));
  return logSumExp(raised, 1).sub(logits.mul(own).sum(1));
}

/** What it is: `cotangent verify` checks all of this, on every backend. */
export const softMarginSubject: Subject = lossSubject({
  name: "softMargin",
  inputs: {
    logits: scores(["batch", "classes"]),
    labels: classIds(["batch"], "classes"),
    margin: plainNumber({ min: 0, max: 2 }),
  },
  loss: ({ logits, labels, margin }) => softMargin(logits, labels, { margin }),
  shape: ["batch"],
  sizes: { classes: [2, 5] },
  invariances: [{ shift: "logits", along: "classes" }, { permute: "classes" }, { alone: "batch" }],
  atLeast: 0,
  reductions: [
    {
      name: "is cross-entropy without a margin",
      when: (inputs) => ({ ...inputs, margin: 0 }),
      equals: ({ logits, labels }) => softmaxCrossEntropy(logits, oneHot(labels, logits.shape[1], logits.dtype)),
    },
  ],
  expected: ({ logits, labels, margin }, { batch, classes }) =>
    Array.from({ length: batch }, (_, i) => {
      const row = logits.slice(i * classes, (i + 1) * classes);
      const terms = row.map((z, j) => Math.exp(z + (j === labels[i] ? 0 : margin)));
      return Math.log(terms.reduce((sum, term) => sum + term, 0)) - row[labels[i]];
    }),
  errors: [
    {
      call: () => softMargin(tensor([[1, 2]]), tensor([0], { dtype: "i32" }), { margin: -1 }),
      message: "softMargin: margin is -1 but must be a finite number ≥ 0",
    },
    {
      call: () => softMargin(tensor([[1, 2]]), tensor([0, 1], { dtype: "i32" })),
      message: "softMargin: labels has shape [2] but must be [1]",
    },
  ],
});
