import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { checkShape, type Key, softplus, stopGradient, type Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { AdversarialTree } from "./adversarial-tree.js";
import { type ClassTable, checkClassTable, scoresOfClasses, scoresOfLabels } from "./class-table.js";
import { type Contrast, checkContrast, checkNoiseLogProbability, type NoiseLogProbability } from "./contrast.js";
import type { Sampler } from "./sampler.js";

export interface BiasedNegativeSamplingLossOptions {
  /** Weight λ of the penalty on the squared debiased scores, a finite number ≥ 0. Default 1e-3. */
  readonly regularization?: number;
}

/**
 * Negative sampling that is penalized where its bias has been removed: the loss of the adversarial softmax, given scores.
 *
 *     ℓ = softplus(−ξ) + λ·(ξ + log p_n)² + meanᵢ[ softplus(ξᵢ) + λ·(ξᵢ + log p_nᵢ)² ]
 *
 * for the positive (ξ) and its negatives (ξᵢ), drawn from p_n. With λ = 0 its optimum is `ξ = log p − log p_n`: scores are
 * biased by the noise, and `ξ + log p_n`, which is what the penalty shrinks, is log p.
 *
 * Reach for it where scores do not come from a `ClassTable`; `adversarialNegativeSamplingLoss` draws and scores too.
 *
 * @param scores - `positive` `[B]` and `noise` `[B, n]`: ξ of the data and of n ≥ 1 draws from p_n
 * @param logProbability - log p_n of the same, in nats; no gradient flows into it
 * @returns `[B]` loss for each positive, in nats, ≥ 0
 * @throws ShapeError if n < 1 or the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @throws RangeError if a score on the host is NaN, or a log-probability there not finite
 * @throws RangeError if `regularization` is negative or not finite
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * eq. 2, 5 and 6; the paper has n = 1 and averages over the batch
 */
export function biasedNegativeSamplingLoss(
  scores: Contrast,
  logProbability: NoiseLogProbability,
  { regularization = 1e-3 }: BiasedNegativeSamplingLossOptions = {},
): Tensor {
  checkContrast("biasedNegativeSamplingLoss", scores);
  checkNoiseLogProbability("biasedNegativeSamplingLoss", scores, logProbability);
  checkAtLeast("biasedNegativeSamplingLoss", { regularization }, 0);

  const penalty = (score: Tensor, logNoise: Tensor) => {
    const debiased = score.add(stopGradient(logNoise));
    return debiased.mul(debiased).mul(regularization);
  };
  const ofPositive = softplus(scores.positive.neg()).add(penalty(scores.positive, logProbability.positive));
  const ofNoise = softplus(scores.noise).add(penalty(scores.noise, logProbability.noise));
  return ofPositive.add(ofNoise.mean(1));
}

export interface AdversarialNegativeSamplingLossOptions extends BiasedNegativeSamplingLossOptions {
  /** Negatives n of each row, a whole number ≥ 1. Default 1. */
  readonly negatives?: number;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Trains a classifier over C classes with a negative or a few for each example, drawn from a sampler that imitates the
 * data, so that they are hard and the gradient carries as much signal as it can. Cost O(B·n·(d + k·log C)).
 *
 *     ℓ = softplus(−ξ_y) + λ·(ξ_y + log p_n(y|x))² + meanᵢ[ softplus(ξ_yᵢ) + λ·(ξ_yᵢ + log p_n(yᵢ|x))² ]      yᵢ ~ p_n(·|x)
 *
 * with `ξ_j = weights_j · hidden + bias_j`. An unbiased estimate of its own expected value, accidental hits `yᵢ = y`
 * included, which count. At its optimum scores are `log p(y|x) − log p_n(y|x)`, so **raw scores must not rank classes**:
 * predict with `removeSamplingBias`.
 *
 * Reach for it to train a softmax over 10⁴ to 10⁷ classes at the cost of logistic regression, where uniform negatives are
 * too easy. The gradient touches the rows of labels and negatives only.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one; C ≥ 1, and of a single class every negative is a hit
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - p_n: `tree.given(features)` for the adversarial one; any other serves as a baseline. No gradient flows
 * into it
 * @param key - a key of its own for each step
 * @returns `[B]` loss for each row in nats, or `[]` if reduced; the paper takes the mean
 * @throws ShapeError if `hidden`, `table` and `labels` do not fit
 * @throws DTypeError if `hidden` and `table` differ in dtype
 * @throws RangeError if `negatives` is no whole number ≥ 1, or `regularization` negative or not finite
 * @throws RangeError if a label on the host is no class, or `sampler` has another number of classes
 * @throws TypeError if `reduction` is not one of those listed
 * @claim Hard negatives learn faster: over 256 classes in a hierarchy the adversarial model is ahead of uniform negatives by
 * 0.2 in accuracy or more after 500 steps, each at its best learning rate. Its raw scores are useless: removing the bias is
 * worth 0.5 or more.
 * @question The softmax is my bottleneck
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * eq. 6
 */
export function adversarialNegativeSamplingLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  sampler: Sampler,
  key: Key,
  options: AdversarialNegativeSamplingLossOptions = {},
): Tensor {
  const caller = "adversarialNegativeSamplingLoss";
  const { negatives = 1, regularization = 1e-3, reduction = "none" } = options;
  checkCount(caller, { negatives }, 1);
  checkAtLeast(caller, { regularization }, 0);
  checkReduction(caller, reduction);
  checkClassTable(caller, hidden, table, labels, 1);
  const [classes] = table.weights.shape;
  if (sampler.classes !== classes) {
    throw new RangeError(`${caller}: sampler has ${sampler.classes} classes but must have ${classes}, as weights has`);
  }

  const drawn = sampler.draw(key, [hidden.shape[0], negatives]);
  const scores = { positive: scoresOfLabels(hidden, table, labels), noise: scoresOfClasses(hidden, table, drawn) };
  const logProbability = {
    positive: sampler.logProbability(labels, hidden),
    noise: sampler.logProbability(drawn, hidden),
  };
  return reduceLosses(biasedNegativeSamplingLoss(scores, logProbability, { regularization }), reduction);
}

/**
 * Scores that rank classes, from those that were trained against a tree's negatives.
 *
 *     debiased_y = ξ_y + log p_n(y|x)
 *
 * Their softmax is the classifier's prediction.
 *
 * Reach for it whenever a model predicts that was trained with `adversarialNegativeSamplingLoss`.
 *
 * @param scores - `[B, C]`, raw scores ξ of all classes
 * @param tree - the tree that the negatives were drawn from; no gradient flows into it
 * @param features - `[B, k]`, the tree's features of the same examples
 * @returns `[B, C]`
 * @throws TypeError if there is no tree
 * @throws ShapeError if the shapes do not fit
 * @throws DTypeError if scores and tree differ in dtype
 * @source Bamler and Mandt, "Extreme Classification via Adversarial Softmax Approximation", ICLR 2020, arXiv:2002.06298,
 * theorem 1 and eq. 5
 */
export function removeSamplingBias(scores: Tensor, tree: AdversarialTree, features: Tensor): Tensor {
  if (!(tree instanceof AdversarialTree)) {
    throw new TypeError(
      `removeSamplingBias: tree is ${String(tree)} but must be the AdversarialTree of the training; raw scores do not rank classes`,
    );
  }
  checkSameDType("removeSamplingBias", { scores, features });
  checkShape("removeSamplingBias", "features", features, [-1, tree.features]);
  checkShape("removeSamplingBias", "scores", scores, [features.shape[0], tree.classes]);
  return scores.add(stopGradient(tree.logProbabilities(features)));
}
