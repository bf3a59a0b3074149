import { checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import {
  and,
  arange,
  cast,
  cumsum,
  equal,
  exp,
  expm1,
  firstOccurrence,
  less,
  lessEqual,
  log,
  log1p,
  minimum,
  scatterAdd,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";
import type { CandidateSampler } from "./candidates.js";
import type { Sampler } from "./sampler.js";

export interface UniqueSamplerOptions {
  /** Draws at most, in multiples of the number of candidates, ≥ 1; candidates not found by then are left out. Default 8. */
  readonly patience?: number;
}

/**
 * Draws until there are m distinct classes, as common toolkits do. Approximate: not even the correction makes the
 * estimate of the partition function unbiased, since the number of draws T depends on what is drawn.
 *
 *     E[count_j] ≈ 1 − (1 − q_j)^T      T draws until m distinct classes were seen
 *
 * Reach for it to reproduce such a toolkit, or where repeated negatives would be wasted; `gumbelTopKSampler` has no
 * repeats either, and is unbiased.
 *
 * @param sampler - draws are independent and from q
 * @returns draws candidates of shape `[m]`, shared by all rows; marked `approximate`
 * @throws RangeError if `patience` is no whole number ≥ 1
 * @source Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", ACL 2015, arXiv:1412.2007,
 * use distinct negatives; the expected count is that of common toolkits
 */
export function uniqueSampler(sampler: Sampler, { patience = 8 }: UniqueSamplerOptions = {}): CandidateSampler {
  checkCount("uniqueSampler", { patience }, 1);
  const { classes, missing } = sampler;
  return {
    classes,
    ...(missing === undefined ? {} : { missing }),
    approximate: true,
    candidates: (key, shape, like) => {
      if (shape.length !== 1) {
        throw new ShapeError(
          `uniqueSampler: the shape of candidates is ${showShape(shape)} but must be [m]; share them among the rows`,
        );
      }
      const [count] = shape;
      checkCount("uniqueSampler", { count }, 1);
      if (count > classes - 1) {
        throw new RangeError(
          `uniqueSampler: count is ${count} but must be in [1, ${classes - 1}], the classes without the label`,
        );
      }
      const drawn = sampler.draw(key, count * patience);
      const isNew = equal(firstOccurrence(drawn), arange(drawn.size, drawn));
      const distinct = cumsum(cast(isNew, "i32"));
      const isTaken = and(isNew, lessEqual(distinct, count));
      const ids = scatterAdd(zeros([count], drawn), where(isTaken, distinct.sub(1), -1), drawn);
      const isFound = less(arange(count, ids), distinct.max());
      const tries = minimum(cast(less(distinct, count), "i32").sum().add(1), drawn.size);
      const logExpectedCountOf = (of: Tensor<"i32">) => {
        const survival = log1p(exp(sampler.logProbability(of, like)).neg()).mul(cast(tries, like.dtype));
        return log(expm1(survival).neg());
      };
      const logExpectedCount = where(isFound, logExpectedCountOf(ids), Number.POSITIVE_INFINITY);
      return { ids, logExpectedCount, logExpectedCountOf };
    },
  };
}
