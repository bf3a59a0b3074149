import { checkAbove, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  argsort,
  cast,
  customVjp,
  exp,
  expandDims,
  floor,
  less,
  log,
  logSigmoid,
  max,
  min,
  sigmoid,
  softmax,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { full, ones } from "../../autodiff/ops/create.js";
import { checkFinite } from "../check-finite.js";

export interface SoftTopKOptions {
  /** α, a finite number > 0: the larger, the nearer to 0 and 1. Default 2. */
  readonly sharpness?: number;
  /** The shape of scores, false for entries that are out: they get z = 0 and no gradient. Default: all are in. */
  readonly mask?: Tensor<"bool">;
}

/**
 * A smooth indicator of the k largest: numbers between 0 and 1 that sum to k.
 *
 *     z_l = σ(α (s_l + t))      t so that Σ_l z_l = k
 *
 * It keeps the order, does not change when all scores shift, and tends to the indicator of the k largest as α grows. t
 * comes of a bisection that is not differentiated; with `v = α z (1 − z)` the gradient is the implicit one, `diag(v) − vvᵀ /
 * Σv`, to any order, also where all of v underflows. With a whole k it is `kSubsetBinaryEntropy` of α·s.
 *
 * Reach for it where being among the first k is all that counts.
 *
 * @param scores - `[..., L]`
 * @param k - a number in (0, L), or one for each row, `[...]`, which gets no gradient
 * @returns `[..., L]`
 * @throws ShapeError if `scores` has no axis, or k or the mask another shape
 * @throws DTypeError if `scores` is no float, k of another dtype, or the mask not bool
 * @throws RangeError if a score on the host is not finite, or k is not above 0 and below the number of entries of a row
 * @throws RangeError if `sharpness` is not a finite number > 0
 * @source Gupta et al., "Dual-Encoders for Extreme Multi-Label Classification", ICLR 2024, arXiv:2310.10636, section 4.3
 */
export function softTopK(scores: Tensor, k: number | Tensor, options: SoftTopKOptions = {}): Tensor {
  const { logits, mask } = raisedLogits("softTopK", scores, k, options);
  return mask === undefined ? sigmoid(logits) : where(mask, sigmoid(logits), 0);
}

/**
 * The logarithm of `softTopK`, exact where z is too small to be a number.
 *
 *     log z_l = −softplus(−α (s_l + t))
 *
 * Reach for it in a loss.
 *
 * @param scores - `[..., L]`
 * @param k - a number in (0, L), or one for each row, `[...]`, which gets no gradient
 * @returns `[..., L]`, −∞ for entries that are out
 * @throws ShapeError if `scores` has no axis, or k or the mask another shape
 * @throws DTypeError if `scores` is no float, k of another dtype, or the mask not bool
 * @throws RangeError if a score on the host is not finite, or k is not above 0 and below the number of entries of a row
 * @throws RangeError if `sharpness` is not a finite number > 0
 * @source Gupta et al., "Dual-Encoders for Extreme Multi-Label Classification", ICLR 2024, arXiv:2310.10636, section 4.3
 */
export function softTopKLog(scores: Tensor, k: number | Tensor, options: SoftTopKOptions = {}): Tensor {
  const { logits, mask } = raisedLogits("softTopKLog", scores, k, options);
  return mask === undefined ? logSigmoid(logits) : where(mask, logSigmoid(logits), Number.NEGATIVE_INFINITY);
}

/** α (s + t). */
export function raisedLogits(
  caller: string,
  scores: Tensor,
  k: number | Tensor,
  { sharpness = 2, mask }: SoftTopKOptions,
): { readonly logits: Tensor; readonly mask: Tensor<"bool"> | undefined } {
  checkAbove(caller, { sharpness }, 0);
  checkInputs(caller, scores, k, mask);
  const largest = max(kept(scores, mask, Number.NEGATIVE_INFINITY), -1, { keepDims: true });
  const x = scores.sub(stopGradient(largest)).mul(sharpness);
  const threshold = customVjp(
    (values: Tensor) => bisect(values, k, mask),
    // v / Σv as a softmax of log v: where all z are 0 or 1 to rounding v underflows
    (grad, t, values) => {
      const u = values.add(t);
      return [
        grad.mul(softmax(kept(logSigmoid(u).add(logSigmoid(u.neg())), mask, Number.NEGATIVE_INFINITY), -1)).neg(),
      ];
    },
  );
  return { logits: x.add(threshold(x)), mask };
}

const kept = (x: Tensor, mask: Tensor<"bool"> | undefined, otherwise: number): Tensor =>
  mask === undefined ? x : where(mask, x, otherwise);

/**
 * t with `Σ σ(x + t) = k`, `[..., 1]`: between where it would be if all x were as the largest, and as the least.
 *
 * With T the ⌊k⌋ largest it is `Σ_{l ∉ T} σ(x + t) − Σ_T σ(−x − t) = k − ⌊k⌋`, all of whose terms keep their digits: next to
 * k they would be lost in rounding where z is near 0 and 1, and t would be anywhere in between.
 */
function bisect(x: Tensor, k: number | Tensor, mask: Tensor<"bool"> | undefined): Tensor {
  const width = x.shape[x.shape.length - 1];
  const rows = [...x.shape.slice(0, -1), 1];
  const wanted = typeof k === "number" ? full(rows, k, x) : expandDims(stopGradient(k), -1);
  const count = mask === undefined ? full(rows, width, x) : cast(mask, x.dtype).sum(-1, { keepDims: true });
  const ordered = kept(x, mask, Number.NEGATIVE_INFINITY);
  const place = argsort(argsort(ordered, -1, { descending: true })); // the largest has place 0
  const side = where(less(cast(place, x.dtype), floor(wanted)), -1, ones(x.shape, x));
  const logRest = log(wanted.sub(floor(wanted)));

  const logit = log(wanted.div(count.sub(wanted)));
  let low = logit.sub(max(ordered, -1, { keepDims: true }));
  let high = logit.sub(min(kept(x, mask, Number.POSITIVE_INFINITY), -1, { keepDims: true }));
  const halvings = x.dtype === "f64" ? 64 : 36; // from a width of 10⁴ to the last bit
  for (let i = 0; i < halvings; i++) {
    const middle = low.add(high).mul(0.5);
    const terms = kept(logSigmoid(x.add(middle).mul(side)), mask, Number.NEGATIVE_INFINITY);
    const scale = max(terms, -1, { keepDims: true });
    const signed = exp(terms.sub(scale)).mul(side).sum(-1, { keepDims: true });
    const tooFew = less(signed, exp(logRest.sub(scale)));
    low = where(tooFew, middle, low);
    high = where(tooFew, high, middle);
  }
  return low.add(high).mul(0.5);
}

function checkInputs(caller: string, scores: Tensor, k: number | Tensor, mask: Tensor<"bool"> | undefined): void {
  checkFloat(caller, { scores });
  const { shape } = scores;
  if (shape.length === 0) throw new ShapeError(`${caller}: scores has shape [] but must be [..., L]`);
  checkFinite(caller, { scores });
  if (mask !== undefined) {
    checkDType(caller, { mask }, "bool");
    checkSameShape(caller, { scores, mask });
  }
  if (typeof k !== "number") {
    checkSameDType(caller, { scores, k });
    const rows = shape.slice(0, -1);
    if (k.shape.length !== rows.length || k.shape.some((size, axis) => size !== rows[axis])) {
      throw new ShapeError(`${caller}: k has shape ${showShape(k.shape)} but must be ${showShape(rows)}`);
    }
  }
  const width = shape[shape.length - 1];
  const wantedIn = typeof k === "number" ? () => k : (row: number) => hostValues(k)?.[row];
  const isIn = mask && hostValues(mask);
  for (let row = 0; row * width < scores.size; row++) {
    const count =
      isIn === undefined ? width : [...isIn.slice(row * width, (row + 1) * width)].filter((is) => is !== 0).length;
    const value = wantedIn(row);
    if (value === undefined || (value > 0 && value < count)) continue;
    throw new RangeError(`${caller}: k is ${value} but must be in (0, ${count}), the number of entries of row ${row}`);
  }
}
