import { checkBetween, checkCount, checkOneOf } from "../../autodiff/check.js";

export interface StreamingFrequencyOptions {
  /** Number of classes C ≥ 1. */
  readonly classes: number;
  /** How fast old intervals are forgotten, a in (0, 1]. Default 0.01. */
  readonly rate?: number;
  /**
   * What time counts. `"example"`: one over the interval is the probability of a class. `"batch"`, as in the paper: it
   * is the expected count of a class in a batch, at most 1. Default `"batch"`.
   */
  readonly clock?: "example" | "batch";
}

/** Intervals between sightings of each class, learned from a stream. */
export interface StreamingFrequency {
  /** Number of classes. */
  readonly classes: number;

  /**
   * Goes on by one batch.
   *
   * @param labels - classes of its examples, in order
   * @throws RangeError if one is no class
   */
  observe(labels: ArrayLike<number>): void;

  /**
   * Log of the estimated frequency of each label, −log B, in nats; not normalized over classes.
   *
   * @throws RangeError if one is no class
   */
  logFrequency(labels: ArrayLike<number>): Float64Array;
}

/**
 * Estimates how often each class occurs in a stream, in constant time an example, also while frequencies drift.
 *
 *     on seeing y at time τ:   B_y ← (1 − a) · B_y + a · (τ − A_y)      A_y ← τ      frequency 1 / B_y
 *
 * from B = C and A = 0. With a constant law, B tends to the mean interval; its spread is about √(a / 2) of it. With
 * `clock: "batch"` a class that occurs several times in a batch is seen once.
 *
 * Reach for it with `inBatchLoss`, when there is no pass over the data to count classes first. It is plain numbers on the
 * host, 16 bytes a class.
 *
 * @throws RangeError if `classes` is no whole number ≥ 1, or `rate` is outside (0, 1]
 * @throws TypeError if `clock` is neither of the two
 * @source Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", RecSys 2019,
 * algorithm 2; without the hashing of ids
 */
export function streamingFrequency({
  classes,
  rate = 0.01,
  clock = "batch",
}: StreamingFrequencyOptions): StreamingFrequency {
  checkCount("streamingFrequency", { classes }, 1);
  checkBetween("streamingFrequency", { rate }, 0, 1, { openBelow: true });
  checkOneOf("streamingFrequency", "clock", clock, ["example", "batch"]);
  const interval = new Float64Array(classes).fill(classes);
  const lastSeen = new Float64Array(classes);
  let time = 0;
  const check = (caller: string, labels: ArrayLike<number>) => {
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i];
      if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
        throw new RangeError(`${caller}: labels holds ${label} at ${i} but must be in [0, ${classes})`);
      }
    }
  };
  return {
    classes,
    observe: (labels) => {
      check("observe", labels);
      if (clock === "batch") time++;
      for (let i = 0; i < labels.length; i++) {
        if (clock === "example") time++;
        const label = labels[i];
        if (lastSeen[label] === time) continue;
        interval[label] = (1 - rate) * interval[label] + rate * (time - lastSeen[label]);
        lastSeen[label] = time;
      }
    },
    logFrequency: (labels) => {
      check("logFrequency", labels);
      return Float64Array.from(labels, (label) => -Math.log(interval[label]));
    },
  };
}
