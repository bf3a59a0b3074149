import { checkRank, ShapeError, showShape } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { arange, cast, expandDims, gather, greaterEqual, type Tensor } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import type { CandidateSampler } from "./candidates.js";
import type { Sampler } from "./sampler.js";

/**
 * The labels of other rows of the batch as negatives: what they need is in memory already.
 *
 *     row i gets the labels of rows i + 1, …, i + m (mod B)      E[count of y'] = m · π_{y'}
 *
 * Rows of a batch are in random order, so that the next ones are as good as any: with labels drawn independently from π
 * the negatives of a row are independent draws from q = π. A shape `[B]` means the whole batch, shared by its rows; each
 * row's own label is masked as a hit, which leaves B − 1 draws.
 *
 * Reach for it as the sampler of `sampledLoss` when embeddings of classes that are not in the batch are out of reach.
 *
 * @param labels - `[B]`, the labels of the batch, B ≥ 2
 * @param priors - π, the law of the labels: `aliasSampler({ probabilities: classPriors(counts) })`
 * @returns draws candidates of shape `[B, m]` with m ≤ B − 1, or `[B]`
 * @throws ShapeError if `labels` does not have one axis
 * @throws RangeError if there are fewer than 2 labels, or one on the host is no class or has the prior 0
 * @source Rawat et al., "Disentangling Sampling and Labeling Bias for Learning in Large-Output Spaces", ICML 2021,
 * arXiv:2105.05736
 */
export function withinBatchNegatives(
  labels: Tensor<"i32">,
  priors: Pick<Sampler, "classes" | "logProbability" | "missing">,
): CandidateSampler {
  const caller = "withinBatchNegatives";
  checkRank(caller, { labels }, 1);
  const batch = labels.size;
  if (batch < 2)
    throw new RangeError(`${caller}: labels has ${batch} row but must have at least 2; each needs another`);
  checkClassIds(caller, { labels }, priors.classes);
  const gone = new Set(priors.missing);
  const place = hostValues(labels)?.findIndex((label) => gone.has(label)) ?? -1;
  if (place >= 0) {
    throw new RangeError(
      `${caller}: priors is 0 for the label at ${place} but must be above 0 for every class that occurs`,
    );
  }
  return {
    classes: priors.classes,
    candidates: (_key, shape, like) => {
      const [rows, count] = shape.length === 1 ? [shape[0], batch - 1] : shape;
      if (shape.length > 2 || rows !== batch || !(count >= 1 && count < batch)) {
        throw new ShapeError(
          `${caller}: the shape of candidates is ${showShape(shape)} but must be [${batch}] or [${batch}, m] with m in [1, ${batch - 1}], other rows of the batch`,
        );
      }
      const ids = shape.length === 1 ? labels : gather(labels, following(batch, count, labels));
      const logExpectedCountOf = (of: Tensor<"i32">) => priors.logProbability(of, like).add(Math.log(count));
      return { ids, logExpectedCount: logExpectedCountOf(ids), logExpectedCountOf };
    },
  };
}

/** `[batch, count]`: the rows after each row, going round. */
function following(batch: number, count: number, like: Tensor<"i32">): Tensor<"i32"> {
  const row = expandDims(arange(batch, like), 1).add(arange(count, like).add(1));
  return row.sub(cast(greaterEqual(row, batch), "i32").mul(batch));
}
