import { checkAtLeast, checkRank, checkSameShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import {
  and,
  cast,
  equal,
  gather,
  greaterEqual,
  less,
  lessEqual,
  or,
  shiftRight,
  sort,
  stopGradient,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";

export interface BoxWhiskerFilterOptions {
  /** How many times the box the whiskers are long, w, a finite number ≥ 0. Default 1.5. */
  readonly whisker?: number;
  /** `[n]`, which values there are; the others are left out. Default: all. */
  readonly mask?: Tensor<"bool">;
}

/**
 * Which values are no outliers, by the rule of the box and its whiskers.
 *
 *     keep s   where Q₁ − w·(Q₃ − Q₁) ≤ s ≤ Q₃ + w·(Q₃ − Q₁)      Q₁, Q₃ the values at places ⌊n/4⌋ and ⌊3n/4⌋ in order
 *
 * At least what lies between the quartiles stays. Where half of all values are equal, nothing but them does, whatever w is.
 * Of fewer than four values all stay: they have no quartiles. What is kept is a constant.
 *
 * Reach for it to leave out similarities that a wrong label would explain.
 *
 * @param values - `[n]`
 * @returns `[n]`
 * @throws ShapeError if `values` has not one axis or the mask another shape
 * @throws DTypeError if `values` is no float or the mask not bool
 * @throws RangeError if `whisker` is negative or not finite, or a value on the host not finite
 * @source Tukey, "Exploratory Data Analysis", 1977; Jung et al., "Unified Negative Pair Generation toward
 * Well-discriminative Feature Space for Face Recognition", BMVC 2022, arXiv:2203.11593, section 3.3
 */
export function boxWhiskerFilter(
  values: Tensor,
  { whisker = 1.5, mask }: BoxWhiskerFilterOptions = {},
): Tensor<"bool"> {
  checkAtLeast("boxWhiskerFilter", { whisker }, 0);
  checkRank("boxWhiskerFilter", { values }, 1);
  checkFloat("boxWhiskerFilter", { values });
  if (mask !== undefined) {
    checkDType("boxWhiskerFilter", { mask }, "bool");
    checkSameShape("boxWhiskerFilter", { values, mask });
  }
  checkFinite("boxWhiskerFilter", { values });
  const fixed = stopGradient(values);
  return withinWhiskers(fixed, mask ?? equal(fixed, fixed), whisker);
}

/** The same without checks. */
export function withinWhiskers(values: Tensor, mask: Tensor<"bool">, whisker: number): Tensor<"bool"> {
  const [size] = values.shape;
  if (size === 0) return mask;
  const ordered = sort(where(mask, values, Number.POSITIVE_INFINITY), 0);
  const count = cast(mask, "i32").sum();
  const quartile = (quarters: number) => gather(ordered, shiftRight(count.mul(quarters), 2));
  const [low, high] = [quartile(1), quartile(3)];
  const reach = high.sub(low).mul(whisker);
  const isWithin = and(greaterEqual(values, low.sub(reach)), lessEqual(values, high.add(reach)));
  return and(mask, or(isWithin, less(count, 4)));
}
