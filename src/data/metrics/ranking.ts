import { checkCount, checkOneOf } from "../../autodiff/check.js";

/** Label ids, an example each row. */
export type LabelLists = ArrayLike<ArrayLike<number>>;

/** A metric of a data set. */
export interface Metric {
  /** Over the examples that have a value; NaN if none has. */
  readonly mean: number;
  /** `[examples]` one value each, so that an interval can be put around the mean; NaN where an example is skipped. */
  readonly values: Float64Array;
}

export interface RankingOptions {
  /** How many of the best predictions count, a whole number ≥ 1. */
  readonly k: number;
  /** Whether an example without true labels has value 0, as in the repository's scripts, or is skipped. Default "zero". */
  readonly withoutLabels?: "zero" | "skip";
}

/** Scores each example by the places, from 0, of its true labels among its first `k` predictions. */
export function scoreExamples(
  caller: string,
  ranked: LabelLists,
  truth: LabelLists,
  options: RankingOptions,
  score: (hits: readonly number[], example: number) => number,
): Float64Array {
  const { k, withoutLabels = "zero" } = options;
  checkCount(caller, { k }, 1);
  checkOneOf(caller, "withoutLabels", withoutLabels, ["zero", "skip"]);
  checkSameExamples(caller, ranked, truth);
  const without = withoutLabels === "zero" ? 0 : Number.NaN;
  return Float64Array.from({ length: truth.length }, (_, example) => {
    const labels = distinct(caller, "truth", truth[example]!, example, Number.POSITIVE_INFINITY);
    const predicted = distinct(caller, "ranked", ranked[example]!, example, k);
    const hits: number[] = [];
    let place = 0;
    for (const label of predicted) {
      if (labels.has(label)) hits.push(place);
      place += 1;
    }
    return labels.size === 0 ? without : score(hits, example);
  });
}

/** Throws RangeError unless there are as many rankings as lists of true labels. */
export function checkSameExamples(caller: string, ranked: LabelLists, truth: LabelLists): void {
  if (ranked.length !== truth.length) {
    throw new RangeError(
      `${caller}: ranked has ${ranked.length} examples but must have as many as truth, ${truth.length}`,
    );
  }
}

/** The values with their mean over those that are not NaN. */
export function withMean(values: Float64Array): Metric {
  return { mean: meanOf(values), values };
}

/** The mean of the values that are not NaN. */
export function meanOf(values: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return sum / count;
}

/** What a hit at a place, from 0, is worth in a discounted gain. */
export function discount(place: number): number {
  return 1 / Math.log2(place + 2);
}

function distinct(caller: string, name: string, list: ArrayLike<number>, example: number, most: number): Set<number> {
  const labels = new Set<number>();
  for (let at = 0; at < Math.min(list.length, most); at += 1) {
    const label = list[at]!;
    if (!(Number.isInteger(label) && label >= 0)) {
      throw new RangeError(`${caller}: ${name}[${example}][${at}] is ${label} but must be a whole number ≥ 0`);
    }
    if (labels.has(label)) {
      throw new RangeError(`${caller}: ${name}[${example}][${at}] is ${label} again but must be there once`);
    }
    labels.add(label);
  }
  return labels;
}
