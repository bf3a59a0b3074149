import { checkSameDType } from "../../autodiff/dtype.js";
import { checkRank, concat, expandDims, logSumExp, ShapeError, showShape, type Tensor } from "../../autodiff/index.js";

/**
 * Cross-entropy of a target among candidates.
 *
 *     L = −o_t + log(exp(o_t) + Σᵢ exp(oᵢ))
 *
 * Reach for it after `logQCorrection`, with scores of any origin; `sampledSoftmaxLoss` does all of it for a table of
 * class weights. Candidates of score −Infinity count for nothing; with no others the loss is 0, and so is its gradient.
 *
 * @param targetScores - `[B]`, in nats
 * @param candidateScores - `[B, m]`, corrected for how often they are drawn
 * @returns `[B]` loss for each row, in nats, ≥ 0
 * @throws ShapeError if the shapes do not fit
 * @throws DTypeError if the scores differ in dtype
 * @source Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", ACL 2015,
 * arXiv:1412.2007
 */
export function candidateSoftmaxLoss(targetScores: Tensor, candidateScores: Tensor): Tensor {
  checkRank("candidateSoftmaxLoss", { targetScores }, 1);
  checkSameDType("candidateSoftmaxLoss", { targetScores, candidateScores });
  if (candidateScores.shape.length !== 2 || candidateScores.shape[0] !== targetScores.size) {
    throw new ShapeError(
      `candidateSoftmaxLoss: candidateScores has shape ${showShape(candidateScores.shape)} but must be [${targetScores.size}, m]`,
    );
  }
  return logSumExp(concat([expandDims(targetScores, 1), candidateScores], 1), 1).sub(targetScores);
}
