import { checkBetween, checkCount, checkRank, checkSameShape } from "../../autodiff/check.js";
import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  type Backend,
  cast,
  clamp,
  type Float,
  floor,
  gather,
  greater,
  maximum,
  ones,
  scatterAdd,
  stopGradient,
  type Tensor,
  where,
  zeros,
} from "../../autodiff/index.js";

export interface RatioHistogramOptions {
  /** The earliest time. Default 0. */
  readonly from?: number;
  /** The latest, above the earliest. Default 1. */
  readonly to?: number;
  /** Bins of equal width, a whole number ≥ 1. Default 10. */
  readonly bins?: number;
  /** How much of a bin's old mean stays, in [0, 1). Default 0; the paper has 0.5 for ImageNet-64. */
  readonly momentum?: number;
}

/** Mean density ratio by time; plain state, which `update` leaves as it is. */
export interface RatioHistogram {
  /** `[bins]`, constants. */
  readonly means: Tensor;
  readonly from: number;
  readonly to: number;
  readonly momentum: number;
}

/**
 * A histogram of density ratios over time that has seen nothing: 1 in every bin.
 *
 * @param like - where it lives, and its dtype; a tensor will do
 * @throws RangeError if `to` is not above `from`, `bins` is no whole number ≥ 1, or `momentum` is not in [0, 1)
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * §3 (two-stage normalization)
 */
export function initRatioHistogram(
  like: { readonly backend: Backend; readonly dtype: Float },
  { from = 0, to = 1, bins = 10, momentum = 0 }: RatioHistogramOptions = {},
): RatioHistogram {
  checkCount("initRatioHistogram", { bins }, 1);
  checkBetween("initRatioHistogram", { momentum }, 0, 1, { openAbove: true });
  if (!(Number.isFinite(from) && Number.isFinite(to) && to > from)) {
    throw new RangeError(`initRatioHistogram: to is ${to} but must be above from, ${from}`);
  }
  return { means: ones([bins], like), from, to, momentum };
}

/**
 * The histogram after a batch.
 *
 *     mean_b ← momentum · mean_b + (1 − momentum) · mean of the ratios in bin b      bins without any stay
 *
 * A time t is in bin ⌊(t − from) / width⌋, the latest in the last.
 *
 * @param histogram - is left as it is
 * @param ratio - `[n]`, finite and > 0
 * @param times - `[n]`, each in [from, to]; on a device they are not checked, and those outside go to the nearest bin
 * @throws ShapeError if `ratio` has not one axis, or `times` another shape
 * @throws DTypeError if they differ from the histogram in dtype
 * @throws RangeError if a time on the host is outside
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * §3 (two-stage normalization)
 */
export function updateRatioHistogram(histogram: RatioHistogram, ratio: Tensor, times: Tensor): RatioHistogram {
  const { means, momentum } = histogram;
  checkTimes("updateRatioHistogram", histogram, ratio, times);
  const ids = binsOf(histogram, times);
  const empty = zeros(means.shape, means);
  const counts = scatterAdd(empty, ids, ones(ratio.shape, ratio));
  const found = scatterAdd(empty, ids, stopGradient(ratio)).div(maximum(counts, 1));
  const moved = means.mul(momentum).add(found.mul(1 - momentum));
  return { ...histogram, means: where(greater(counts, 0), moved, means) };
}

/**
 * Ratios over the mean ratio at their time, as the histogram has it.
 *
 *     r / (mean_bin(t) + 1e-6)
 *
 * @param ratio - `[n]`, finite and > 0
 * @param times - `[n]`, each in [from, to]
 * @returns `[n]`, constants
 * @throws ShapeError if `ratio` has not one axis, or `times` another shape
 * @throws DTypeError if they differ from the histogram in dtype
 * @throws RangeError if a time on the host is outside
 * @source Xu, Nie and Vahdat, "One-step Diffusion Models with f-Divergence Distribution Matching", 2025, arXiv:2502.15681,
 * §3 (two-stage normalization)
 */
export function relativeRatios(histogram: RatioHistogram, ratio: Tensor, times: Tensor): Tensor {
  checkTimes("relativeRatios", histogram, ratio, times);
  return stopGradient(ratio.div(gather(histogram.means, binsOf(histogram, times)).add(1e-6)));
}

function binsOf({ means, from, to }: RatioHistogram, times: Tensor): Tensor<"i32"> {
  const [bins] = means.shape;
  const place = stopGradient(times)
    .sub(from)
    .mul(bins / (to - from));
  return cast(clamp(floor(place), 0, bins - 1), "i32");
}

/** Throws unless times and ratios fit each other and the histogram. */
export function checkTimes(caller: string, { means, from, to }: RatioHistogram, ratio: Tensor, times: Tensor): void {
  checkRank(caller, { ratio }, 1);
  checkSameShape(caller, { ratio, times });
  checkSameDType(caller, { means, ratio, times });
  hostValues(times)?.forEach((time, i) => {
    if (!(time >= from && time <= to)) {
      throw new RangeError(`${caller}: times holds ${time} at ${i} but must be in [${from}, ${to}]`);
    }
  });
}
