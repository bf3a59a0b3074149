import { checkAtLeast } from "../../autodiff/check.js";

/** Walker's table: column c is drawn uniformly and gives c with the chance that it keeps, else its alias. */
export interface AliasTable {
  /** `[C]`, in [0, 1]. */
  readonly keep: Float64Array;
  /** `[C]`, class ids. */
  readonly alias: Int32Array;
}

/**
 * Builds an alias table in time and memory O(C).
 *
 *     q_j = (keep_j + Σ_{c: alias_c = j} (1 − keep_c)) / C
 *
 * What heavy classes have left is summed with compensation, so that the law is that of `probabilities` to rounding.
 *
 * @param probabilities - `[C]`, ≥ 0, adding up to 1
 * @throws RangeError if there is no class, one is negative or not finite, or they do not add up to 1 within 1e-9
 * @source Walker, "An Efficient Method for Generating Discrete Random Variables with General Distributions", ACM TOMS
 * 1977; built as in Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution", IEEE TSE 1991
 */
export function aliasTable(probabilities: ArrayLike<number>): AliasTable {
  checkDistribution(probabilities);
  const classes = probabilities.length;
  const keep = Float64Array.from(probabilities, (probability) => probability * classes);
  const alias = Int32Array.from(probabilities, (_, c) => c);
  const order = new Int32Array(classes); // light columns from the left, heavy ones from the right
  let lights = 0;
  let heavies = classes;
  for (let c = 0; c < classes; c++) order[keep[c] < 1 ? lights++ : --heavies] = c;
  let light = 0;
  let heavy = heavies;
  let carry = 0; // what rounding took from keep[order[heavy]]
  while (light < lights && heavy < classes) {
    const [l, h] = [order[light], order[heavy]];
    alias[l] = h;
    const given = 1 - keep[l];
    const left = keep[h] - given;
    carry += keep[h] - left - given;
    keep[h] = left;
    light++;
    if (left + carry < 1) {
      keep[h] = left + carry;
      carry = 0;
      heavy++;
      order[--light] = h; // it is light now, and takes the place that has been dealt with
    }
  }
  for (; light < lights; light++) keep[order[light]] = 1; // within rounding of 1
  for (; heavy < classes; heavy++) keep[order[heavy]] = 1;
  return { keep, alias };
}

function checkDistribution(probabilities: ArrayLike<number>): void {
  if (probabilities.length === 0)
    throw new RangeError("aliasTable: probabilities has 0 classes but must have at least 1");
  let total = 0;
  let lost = 0; // by rounding: there may be ten million terms
  for (let i = 0; i < probabilities.length; i++) {
    if (!(probabilities[i] >= 0 && probabilities[i] < Number.POSITIVE_INFINITY)) {
      checkAtLeast("aliasTable", { [`probabilities[${i}]`]: probabilities[i] }, 0);
    }
    const term = probabilities[i] - lost;
    const next = total + term;
    lost = next - total - term;
    total = next;
  }
  if (!(Math.abs(total - 1) <= 1e-9)) {
    throw new RangeError(`aliasTable: probabilities adds up to ${total} but must add up to 1; divide by the sum`);
  }
}
