import { checkAbove, checkCount, checkOneOf } from "../../autodiff/check.js";
import { permutation } from "../../autodiff/index.js";
import { dotRow, type SparseRow } from "./feature-rows.js";
import type { FitScorer, ScorerProblem } from "./fit-scorer.js";

export interface LinearScorerOptions {
  /**
   * `"logistic"` and `"squaredHinge"` tell each class from the rest, `"softmax"` picks among all that an input may have.
   * Default `"squaredHinge"`.
   */
  readonly loss?: "logistic" | "squaredHinge" | "softmax";
  /** Times that all inputs are seen, a whole number ≥ 1. Default 10. */
  readonly epochs?: number;
  /** Adagrad's rate, a finite number > 0. Default 0.1. */
  readonly learningRate?: number;
}

/** How much each score should grow, `−∂loss/∂scores`, given which of them are the input's own; written over the scores. */
type Pull = (scores: Float64Array, isTarget: (place: number) => boolean) => void;

/**
 * Linear scorers of all classes, trained by Adagrad on one input after another.
 *
 *     u_c = w_c·x + b_c      logistic: log σ(u)      squaredHinge: −max(0, 1 − u)³      softmax: u_c − log Σ exp(u)
 *
 * The logarithms are what comes back as log confidences: the transforms that the method's authors use after training.
 * Where candidates are given, softmax normalizes over those asked for, and other losses take their negatives from them.
 *
 * Reach for it as the matcher or ranker of `PartitionXmc`. It takes memory for `2·classes·(width + 1)` numbers.
 *
 * @returns what `PartitionXmc` trains its matcher and ranker with
 * @throws TypeError if `loss` is not one of those listed
 * @throws RangeError if `epochs` is not a whole number ≥ 1, or `learningRate` not a finite number > 0
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 2; Duchi et al., "Adaptive Subgradient Methods", JMLR 2011
 */
export function linearScorer(options: LinearScorerOptions = {}): FitScorer {
  const { loss = "squaredHinge", epochs = 10, learningRate = 0.1 } = options;
  checkOneOf("linearScorer", "loss", loss, ["logistic", "squaredHinge", "softmax"]);
  checkCount("linearScorer", { epochs }, 1);
  checkAbove("linearScorer", { learningRate }, 0);
  return async (problem) => {
    const { inputs, width, classes, key } = problem;
    const stride = width + 1; // the bias is the last weight
    const weights = new Float64Array(classes * stride);
    const squares = new Float64Array(classes * stride);
    const scoresOf = (input: SparseRow, of: ArrayLike<number>) =>
      Float64Array.from(of, (c) => dotRow(input, weights, c * stride) + weights[c * stride + width]);
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const i of await permutation(key.at(epoch), inputs.length).data()) {
        const { told, own } = classesOf(problem, i);
        const pulls = scoresOf(inputs[i], told);
        pullOf[loss](pulls, (place) => own.has(told[place]));
        pulls.forEach((pull, place) => {
          if (pull !== 0) step(weights, squares, told[place] * stride, inputs[i], width, pull, learningRate);
        });
      }
    }
    return {
      logConfidences: (input, of) => logConfidencesOf(loss, scoresOf(input, of)),
    };
  };
}

/** Which classes an input is told of, and which of them are its own. */
function classesOf(
  { targets, candidates, classes }: ScorerProblem,
  i: number,
): { readonly told: readonly number[]; readonly own: ReadonlySet<number> } {
  const own = new Set(Array.from(targets[i]));
  const told = candidates === undefined ? [...Array(classes).keys()] : [...own, ...Array.from(candidates[i])];
  return { told: [...new Set(told)], own };
}

function step(
  weights: Float64Array,
  squares: Float64Array,
  start: number,
  { indices, values }: SparseRow,
  width: number,
  pull: number,
  learningRate: number,
): void {
  const move = (at: number, slope: number) => {
    squares[at] += slope * slope;
    if (slope !== 0) weights[at] += (learningRate * slope) / Math.sqrt(squares[at]);
  };
  for (let k = 0; k < values.length; k++) move(start + indices[k], pull * values[k]);
  move(start + width, pull);
}

const sigmoid = (u: number) => 1 / (1 + Math.exp(-u));

const pullOf: Record<NonNullable<LinearScorerOptions["loss"]>, Pull> = {
  logistic: (scores, isTarget) => {
    scores.forEach((u, place) => {
      scores[place] = Number(isTarget(place)) - sigmoid(u);
    });
  },
  squaredHinge: (scores, isTarget) => {
    scores.forEach((u, place) => {
      const sign = isTarget(place) ? 1 : -1;
      scores[place] = sign * Math.max(0, 1 - sign * u); // half the slope: Adagrad does not see the scale
    });
  },
  softmax: (scores, isTarget) => {
    const own = scores.reduce((count, _, place) => count + Number(isTarget(place)), 0);
    const logNormalizer = logSumExpOf(scores);
    scores.forEach((u, place) => {
      // An input with no class of its own pulls nothing.
      scores[place] = own === 0 ? 0 : Number(isTarget(place)) / own - Math.exp(u - logNormalizer);
    });
  },
};

function logConfidencesOf(loss: NonNullable<LinearScorerOptions["loss"]>, scores: Float64Array): Float64Array {
  if (loss === "squaredHinge") return scores.map((u) => -(Math.max(0, 1 - u) ** 3));
  if (loss === "logistic") return scores.map((u) => Math.min(u, 0) - Math.log1p(Math.exp(-Math.abs(u))));
  const logNormalizer = logSumExpOf(scores);
  return scores.map((u) => u - logNormalizer);
}

function logSumExpOf(scores: Float64Array): number {
  const largest = scores.reduce((most, u) => Math.max(most, u), Number.NEGATIVE_INFINITY);
  return largest + Math.log(scores.reduce((sum, u) => sum + Math.exp(u - largest), 0));
}
