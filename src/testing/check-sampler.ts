import { checkBetween, checkCount, ShapeError } from "../autodiff/check.js";
import { type ChiSquare, checkDistribution, chiSquareP, logMultinomialEValue } from "./goodness-of-fit.js";
import { logMeanExp } from "./log-mean-exp.js";
import { type MergedClasses, mergeClasses } from "./merge-classes.js";

export interface SamplerSample {
  /** Class ids, whole numbers in [0, classes): step after step, and within a step row after row. */
  readonly draws: ArrayLike<number>;
  /** `[classes]` the law that every draw should follow, adding up to 1 within 1e-12. */
  readonly probabilities: ArrayLike<number>;
  /** The sampler's own log-probability of each draw, in nats; compared when given. */
  readonly logProbabilities?: ArrayLike<number>;
  /** Rows drawn together in each step, a whole number ≥ 1 that divides the number of draws. Default 1. */
  readonly rows?: number;
  /** Chance of refusing a correct sampler, in (0, 1). Default 1e-9. */
  readonly alpha?: number;
  /** Decides which classes share a cell when there are many; vary it from test to test. Default 0. */
  readonly seed?: number;
}

/** Evidence against a sampler, as logarithms of e-values: 0 is none, log(1/α) refuses. */
export interface SamplerReport {
  /** Average of the e-values below, as a logarithm; this is the gate. */
  readonly logE: number;
  /** Frequencies of the classes, merged to at most 64 cells. */
  readonly logFrequency: number;
  /** Pairs of successive steps, in at most 8 × 8 cells. */
  readonly logSerial: number;
  /** Pairs of neighbouring rows of one step, in at most 8 × 8 cells; 0 when there is one row. */
  readonly logRows: number;
  /** Chi-square over the frequency cells, absent where a cell expects fewer than 10 draws. */
  readonly chiSquare?: ChiSquare;
}

/**
 * Proves, at a stated chance of error, that draws do not contradict the law that a sampler claims.
 *
 *     refuse when (E_frequency + E_serial + E_rows) / 3 ≥ 1/α          E: `multinomialEValue`; two terms for one row
 *     serial: cells are pairs (x_s, x_{s+1}), s = 0, 2, 4, … of each row      rows: pairs (row 0, row 1), (row 2, row 3), …
 *
 * A draw of probability 0, or a claimed log q that is off by more than 1e-12, is refused at once; of a class that was not
 * drawn nothing is known. More draws find smaller faults: a law p is found after about n draws (or disjoint pairs), p and q
 * merged into cells, where
 *
 *     n = (log(3/α) + ½ (cells − 1) log(1 + n/cells)) / KL(p‖q)
 *
 * 2n were enough in 95 of 100 runs or more of each law that was tried, and 3n in all 200. With 64 cells it is the second
 * term that counts.
 * Reach for it where a sampler uses continuous noise and cannot be enumerated.
 *
 * @param sample - the draws and what they are held against
 * @returns the evidence, below the gate
 * @throws Error if the draws contradict the law: support, claimed log q, frequencies, independence
 * @throws RangeError if there are no draws, an id is not a class, `rows` does not divide the draws, or `alpha`, `seed`,
 *   `rows` or `probabilities` is out of range
 * @throws ShapeError if `logProbabilities` and `draws` differ in length
 */
export function checkSampler(sample: SamplerSample): SamplerReport {
  const { draws, probabilities, logProbabilities, rows = 1, alpha = 1e-9, seed = 0 } = sample;
  checkDistribution("checkSampler", probabilities);
  checkBetween("checkSampler", { alpha }, 0, 1, { openBelow: true, openAbove: true });
  checkCount("checkSampler", { rows }, 1);
  checkCount("checkSampler", { seed }, 0);
  if (draws.length === 0 || draws.length % rows !== 0) {
    throw new RangeError(
      `checkSampler: the number of draws is ${draws.length} but must be a positive multiple of rows, ${rows}`,
    );
  }
  if (logProbabilities !== undefined && logProbabilities.length !== draws.length) {
    throw new ShapeError(
      `checkSampler: logProbabilities has ${logProbabilities.length} entries but must have ${draws.length}, as draws has`,
    );
  }
  for (let i = 0; i < draws.length; i++) checkDraw(i, draws[i], probabilities, logProbabilities?.[i]);

  const cells = mergeClasses(probabilities, 64, seed);
  const counts = new Float64Array(cells.probabilities.length);
  for (let i = 0; i < draws.length; i++) counts[cells.cellOf[draws[i]]]++;
  const coarse = mergeClasses(probabilities, 8, seed);
  const frequencies = normalized(cells.probabilities);
  const logFrequency = logMultinomialEValue(counts, frequencies);
  const logSerial = pairEvidence(draws, coarse, rows, false);
  const logRows = rows > 1 ? pairEvidence(draws, coarse, rows, true) : 0;
  const logE = logMeanExp(rows > 1 ? [logFrequency, logSerial, logRows] : [logFrequency, logSerial]);
  const limit = -Math.log(alpha);
  if (logE >= limit) {
    const [f, s, r] = [logFrequency, logSerial, logRows].map((log) => log.toFixed(2));
    throw new Error(
      `checkSampler: the log e-value of draws is ${logE.toFixed(2)} (frequencies ${f}, successive steps ${s}, neighbouring rows ${r}) but must stay below ${limit.toFixed(2)}; they do not follow probabilities independently`,
    );
  }
  const report = { logE, logFrequency, logSerial, logRows };
  const thin = frequencies.some((probability) => probability > 0 && probability * draws.length < 10);
  return thin ? report : { ...report, chiSquare: chiSquareP(counts, frequencies) };
}

function checkDraw(i: number, id: number, probabilities: ArrayLike<number>, claimed: number | undefined): void {
  if (!(Number.isInteger(id) && id >= 0 && id < probabilities.length)) {
    throw new RangeError(
      `checkSampler: draws[${i}] is ${id} but must be a whole number in [0, ${probabilities.length})`,
    );
  }
  if (probabilities[id] === 0) {
    throw new Error(`checkSampler: draws[${i}] is ${id}, which has probability 0, but must be a possible class`);
  }
  const exact = Math.log(probabilities[id]);
  if (claimed !== undefined && !(Math.abs(claimed - exact) <= 1e-12)) {
    throw new Error(
      `checkSampler: logProbabilities[${i}] is ${claimed} but must be ${exact} within 1e-12, the log-probability of class ${id}`,
    );
  }
}

/** log e-value of disjoint pairs against the product law: of successive steps, or of neighbouring rows of one step. */
function pairEvidence(draws: ArrayLike<number>, cells: MergedClasses, rows: number, acrossRows: boolean): number {
  const { cellOf, probabilities } = cells;
  const size = probabilities.length;
  const counts = new Float64Array(size * size);
  const steps = draws.length / rows;
  const [stepStride, rowStride] = acrossRows ? [1, 2] : [2, 1];
  const partner = acrossRows ? 1 : rows;
  for (let step = 0; step + stepStride <= steps; step += stepStride) {
    for (let row = 0; row + rowStride <= rows; row += rowStride) {
      const first = step * rows + row;
      counts[cellOf[draws[first]] * size + cellOf[draws[first + partner]]]++;
    }
  }
  const product = Float64Array.from(
    counts,
    (_, pair) => probabilities[Math.floor(pair / size)] * probabilities[pair % size],
  );
  return logMultinomialEValue(counts, normalized(product));
}

/** Removes the rounding of merging and multiplying, and nothing else: the total is 1 to about 1e-12 before. */
function normalized(probabilities: Float64Array): Float64Array {
  let total = 0;
  for (const probability of probabilities) total += probability;
  return probabilities.map((probability) => probability / total);
}
