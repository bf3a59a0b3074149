import { ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  checkCount,
  checkOneOf,
  greater,
  log,
  softplus,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";

export interface ExpectedNceObjectiveOptions {
  /** Noise samples k for each positive, a whole number ≥ 1. */
  readonly negatives: number;
  /**
   * Which loss it is the expected value of: `nceLoss`, `negativeSamplingLoss`, or the latter with `average`. Default
   * `"nce"`.
   */
  readonly objective?: "nce" | "negativeSampling" | "averageNegativeSampling";
  /** Log-normalizer c of each context, `[...]` or `[]`; of `"nce"` only. Default 0. */
  readonly logNormalizer?: Tensor;
}

/**
 * The population objective of noise-contrastive estimation or of negative sampling: the loss expected over the data and
 * over the noise, by summing over all classes.
 *
 *     J = Σ_y p_D(y) · softplus(−Δ_y) + k · Σ_y p_n(y) · softplus(Δ_y)
 *
 *     Δ_y = s_y − c − log(k · p_n(y))     "nce"
 *     Δ_y = s_y                           "negativeSampling"; "averageNegativeSampling" has 1 in place of the factor k
 *
 * A class with p_n = 0 adds nothing to `"nce"`. J is convex in the scores.
 *
 * Reach for it to see what a noise distribution leads to, without the noise of sampling: it costs all C classes.
 *
 * @param scores - `[..., C]`, s of every class in each context
 * @param dataProbability - shape of `scores`, p_D; each context's sum to 1. No gradient flows into it
 * @param noiseProbability - shape of `scores`, or `[C]` for all contexts, p_n; they sum to 1. No gradient flows into it
 * @returns `[...]` objective of each context, in nats, ≥ 0
 * @throws RangeError if `negatives` is not a whole number ≥ 1
 * @throws TypeError if `objective` is none of the three, or `logNormalizer` is given to another than `"nce"`
 * @throws ShapeError if the shapes do not fit
 * @throws DTypeError if the tensors differ in dtype
 * @throws RangeError if, on the host, a score is NaN, probabilities are negative or do not sum to 1 within 1e-9 (1e-5 in
 * f32), or `"nce"` has p_n = 0 for a class with p_D > 0
 * @source Gutmann and Hyvärinen, "Noise-Contrastive Estimation: A New Estimation Principle for Unnormalized Statistical
 * Models", AISTATS 2010, theorem 1; negative sampling: Levy and Goldberg, "Neural Word Embedding as Implicit Matrix
 * Factorization", NeurIPS 2014, section 3.1
 */
export function expectedNceObjective(
  scores: Tensor,
  dataProbability: Tensor,
  noiseProbability: Tensor,
  { negatives, objective = "nce", logNormalizer }: ExpectedNceObjectiveOptions,
): Tensor {
  checkCount("expectedNceObjective", { negatives }, 1);
  checkOneOf("expectedNceObjective", "objective", objective, ["nce", "negativeSampling", "averageNegativeSampling"]);
  checkShapes(scores, dataProbability, noiseProbability);
  checkValues(scores, dataProbability, noiseProbability, objective === "nce");
  if (logNormalizer !== undefined) checkLogNormalizer(scores, logNormalizer, objective);

  const data = stopGradient(dataProbability);
  const noise = stopGradient(noiseProbability);
  if (objective !== "nce") {
    const count = objective === "negativeSampling" ? negatives : 1;
    return data
      .mul(softplus(scores.neg()))
      .add(noise.mul(count).mul(softplus(scores)))
      .sum(-1);
  }
  const count = noise.mul(negatives);
  const delta = (logNormalizer === undefined ? scores : scores.sub(spread(logNormalizer))).sub(log(count));
  const ofClass = data.mul(softplus(delta.neg())).add(count.mul(softplus(delta)));
  return where(greater(count, 0), ofClass, 0).sum(-1); // where Δ = ∞, 0·∞ stands for its limit
}

function spread(logNormalizer: Tensor): Tensor {
  return logNormalizer.shape.length === 0 ? logNormalizer : logNormalizer.reshape([...logNormalizer.shape, 1]);
}

function checkShapes(scores: Tensor, dataProbability: Tensor, noiseProbability: Tensor): void {
  checkFloat("expectedNceObjective", { scores });
  checkSameDType("expectedNceObjective", { scores, dataProbability, noiseProbability });
  const shown = showShape(scores.shape);
  if (!(scores.shape.at(-1)! > 0)) {
    throw new ShapeError(`expectedNceObjective: scores has shape ${shown} but its last axis must hold the classes`);
  }
  if (showShape(dataProbability.shape) !== shown) {
    throw new ShapeError(
      `expectedNceObjective: dataProbability has shape ${showShape(dataProbability.shape)} but must match scores, ${shown}`,
    );
  }
  const ofAll = showShape(scores.shape.slice(-1));
  const got = showShape(noiseProbability.shape);
  if (got !== shown && got !== ofAll) {
    throw new ShapeError(
      `expectedNceObjective: noiseProbability has shape ${got} but must match scores, ${shown}, or be ${ofAll} for all contexts`,
    );
  }
}

function checkValues(scores: Tensor, data: Tensor, noise: Tensor, needsNoise: boolean): void {
  if (hostValues(scores)?.some(Number.isNaN)) {
    throw new RangeError("expectedNceObjective: scores is NaN but must be a number");
  }
  checkProbabilities("dataProbability", data);
  checkProbabilities("noiseProbability", noise);
  const [ofData, ofNoise] = [hostValues(data), hostValues(noise)];
  if (!needsNoise || ofData === undefined || ofNoise === undefined) return;
  const wrong = ofData.findIndex((probability, i) => probability > 0 && ofNoise[i % ofNoise.length] === 0);
  if (wrong < 0) return;
  throw new RangeError(
    `expectedNceObjective: noiseProbability is 0 for class ${wrong % scores.shape.at(-1)!} but must be > 0 where dataProbability is`,
  );
}

function checkProbabilities(name: string, probabilities: Tensor): void {
  const values = hostValues(probabilities);
  if (values === undefined) return;
  const classes = probabilities.shape.at(-1)!;
  const tolerance = probabilities.dtype === "f64" ? 1e-9 : 1e-5;
  for (let start = 0; start < values.length; start += classes) {
    let total = 0;
    for (let i = start; i < start + classes; i++) {
      if (!(values[i] >= 0)) {
        throw new RangeError(`expectedNceObjective: ${name} is ${values[i]} at ${i} but must be ≥ 0`);
      }
      total += values[i];
    }
    if (!(Math.abs(total - 1) <= tolerance)) {
      throw new RangeError(`expectedNceObjective: ${name} sums to ${total} but must sum to 1; divide by the sum`);
    }
  }
}

function checkLogNormalizer(scores: Tensor, logNormalizer: Tensor, objective: string): void {
  if (objective !== "nce") {
    throw new TypeError(`expectedNceObjective: objective is "${objective}" but must be "nce" with a logNormalizer`);
  }
  checkSameDType("expectedNceObjective", { scores, logNormalizer });
  const wanted = showShape(scores.shape.slice(0, -1));
  const got = showShape(logNormalizer.shape);
  if (got !== wanted && got !== "[]") {
    throw new ShapeError(
      `expectedNceObjective: logNormalizer has shape ${got} but must be ${wanted}, or [] for one of all contexts`,
    );
  }
}
