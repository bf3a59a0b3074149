import { addRow, dotRow } from "./feature-rows.js";
import type { FitScorer } from "./fit-scorer.js";

/**
 * Scores a class by how near an input is to the mean of the class's examples.
 *
 *     log confidence = −‖x − mean of class‖² / d      −∞ for a class without examples
 *
 * Reach for it as the ranker of `PartitionXmc` where a label has too few examples to train on: it has nothing to train.
 *
 * @returns what `PartitionXmc` trains its ranker with
 * @source Snell et al., "Prototypical Networks for Few-shot Learning", NeurIPS 2017, arXiv:1703.05175, eq. 1 and 2; the
 * division by d is ours
 */
export function centroidScorer(): FitScorer {
  return ({ inputs, width, classes, targets }) => {
    const means = new Float64Array(classes * width);
    const counts = new Float64Array(classes);
    inputs.forEach((input, i) => {
      for (const c of Array.from(targets[i])) {
        addRow(input, means, c * width);
        counts[c]++;
      }
    });
    const lengths = new Float64Array(classes);
    for (let at = 0; at < means.length; at++) {
      const c = Math.floor(at / width);
      means[at] /= Math.max(1, counts[c]);
      lengths[c] += means[at] ** 2;
    }
    return {
      logConfidences(input, of) {
        let own = 0;
        for (let k = 0; k < input.values.length; k++) own += input.values[k] ** 2;
        return Float64Array.from(of, (c) => {
          if (counts[c] === 0) return Number.NEGATIVE_INFINITY;
          return Math.min(0, -(own - 2 * dotRow(input, means, c * width) + lengths[c]) / width);
        });
      },
    };
  };
}
