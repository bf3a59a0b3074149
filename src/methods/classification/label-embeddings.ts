import { checkCount } from "../../autodiff/check.js";
import { checkLabelLists } from "./check-labels.js";
import { addRow, type FeatureRow, sparseRows } from "./feature-rows.js";

/**
 * A vector of length 1 for each label: the direction of the sum of its examples.
 *
 *     z_l = Σ_{i : l in Y_i} x_i      label l ↦ z_l / ‖z_l‖
 *
 * Reach for it to cluster labels that have no features of their own.
 *
 * @param inputs - `[N]`, dense or sparse; finite
 * @param labelLists - `[N][any]` labels of each input
 * @param labels - L, a whole number ≥ 1
 * @returns `[L][d]`; 0 for a label without examples, or whose examples cancel
 * @throws RangeError if `labels` is not a whole number ≥ 1, or an input is not finite
 * @throws RangeError if a label is out of range or comes twice, or the lists are not one an input
 * @source Prabhu et al., "Parabel: Partitioned Label Trees for Extreme Classification", WWW 2018, section 3.1
 */
export function labelEmbeddings(
  inputs: readonly FeatureRow[],
  labelLists: readonly ArrayLike<number>[],
  labels: number,
): Float64Array[] {
  checkCount("labelEmbeddings", { labels }, 1);
  const { rows, width } = sparseRows("labelEmbeddings", inputs);
  checkLabelLists("labelEmbeddings", "labelLists", labelLists, inputs.length, labels);
  const sums = Array.from({ length: labels }, () => new Float64Array(width));
  rows.forEach((row, i) => {
    for (const label of Array.from(labelLists[i])) addRow(row, sums[label]);
  });
  return sums.map((sum) => {
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    return length === 0 ? sum : sum.map((value) => value / length);
  });
}
