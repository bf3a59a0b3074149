import { checkSameExamples, type LabelLists, type Metric } from "./ranking.js";

export interface FrequencyOptions {
  /** `[labels]` training examples that have the label, whole numbers ≥ 0. */
  readonly counts: ArrayLike<number>;
  /** The least count of each band: whole numbers from 0 up, ascending. Default `[0, 1, 2, 5, 10, 100]`. */
  readonly boundaries?: readonly number[];
}

/** A metric on the labels of one band of training counts. */
export interface FrequencyBand<M extends Metric> {
  /** The band's counts are ≥ this. */
  readonly from: number;
  /** The band's counts are below this; infinite in the last band. */
  readonly below: number;
  /** How many labels are in the band. */
  readonly labels: number;
  /** The examples that have a true label in the band, ascending: `metric.values[i]` belongs to example `examples[i]`. */
  readonly examples: Int32Array;
  /** Over those examples; its mean is NaN if there is none. */
  readonly metric: M;
}

/**
 * Any metric, label frequency by label frequency: how well rare labels are found, which a mean over all hides.
 *
 * In each band the true labels are restricted to the band's, the rankings stay as they are, and the metric is taken over
 * the examples that have a true label left. A prediction from another band is thus a miss that takes a place.
 * Precision adds up: over the bands, `examples.length · mean` sums to all examples' `length · mean`.
 *
 * @param ranked - `[examples][≤ any]` label ids, best first
 * @param truth - `[examples][≥ 0]` true label ids; each has a count
 * @param metric - such as `(ranked, truth) => precisionAt(ranked, truth, { k: 5 })`
 * @returns one entry a band, rarest first
 * @throws RangeError if the numbers of examples differ, a true label has no count, a count is not a whole number ≥ 0, or
 * `boundaries` do not ascend from 0
 */
export function byFrequency<M extends Metric>(
  ranked: LabelLists,
  truth: LabelLists,
  metric: (ranked: LabelLists, truth: LabelLists) => M,
  options: FrequencyOptions,
): FrequencyBand<M>[] {
  const { counts, boundaries = [0, 1, 2, 5, 10, 100] } = options;
  checkSameExamples("byFrequency", ranked, truth);
  checkBoundaries(boundaries);
  const labels = boundaries.map(() => 0);
  const bandOf = Int32Array.from(counts, (count, label) => {
    if (!(Number.isInteger(count) && count >= 0)) {
      throw new RangeError(`byFrequency: counts[${label}] is ${count} but must be a whole number ≥ 0`);
    }
    const band = boundaries.findLastIndex((least) => least <= count);
    labels[band]! += 1;
    return band;
  });
  const bands = boundaries.map(() => ({
    examples: [] as number[],
    truth: [] as number[][],
    ranked: [] as ArrayLike<number>[],
  }));
  for (let example = 0; example < truth.length; example += 1) {
    const restricted = boundaries.map(() => [] as number[]);
    Array.from(truth[example]!).forEach((label, at) => {
      if (bandOf[label] === undefined) {
        throw new RangeError(`byFrequency: truth[${example}][${at}] is ${label} but must be in [0, ${bandOf.length})`);
      }
      restricted[bandOf[label]]!.push(label);
    });
    restricted.forEach((list, at) => {
      if (list.length === 0) return;
      bands[at]!.examples.push(example);
      bands[at]!.truth.push(list);
      bands[at]!.ranked.push(ranked[example]!);
    });
  }
  return bands.map((band, at) => ({
    from: boundaries[at]!,
    below: boundaries[at + 1] ?? Number.POSITIVE_INFINITY,
    labels: labels[at]!,
    examples: Int32Array.from(band.examples),
    metric: metric(band.ranked, band.truth),
  }));
}

function checkBoundaries(boundaries: readonly number[]): void {
  const right = boundaries.every((least, at) => Number.isInteger(least) && (at === 0 || least > boundaries[at - 1]!));
  if (boundaries[0] !== 0 || !right) {
    throw new RangeError(
      `byFrequency: boundaries is [${boundaries.join(", ")}] but must ascend in whole numbers from 0`,
    );
  }
}
