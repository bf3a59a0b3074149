import { dominantEigenvector } from "./dominant-eigenvector.js";
import type { LogisticFit } from "./logistic-fit.js";

/** Newton steps end below this length; while labels still move, a rough fit moves the same ones at less cost. */
const exact = 1e-8;
const rough = 0.3;

/** Examples sorted by label, with what the split needs to know of each label. */
export interface LabeledExamples {
  /** Width of a row of features. */
  readonly width: number;
  /** `[N, width]`, the features, those of label y from row `starts[y]` up to `starts[y + 1]`. */
  readonly rows: Float64Array;
  /** `[C + 1]`. */
  readonly starts: Int32Array;
  /** `[C, width]`, the sum of each label's features. */
  readonly sums: Float64Array;
}

export interface LabelSplit {
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** `[width + 1]`: weights, then bias. */
  readonly theta: Float64Array;
  /** L after each continuous and each discrete step, in turn; never decreasing. */
  readonly objectives: readonly number[];
}

/**
 * Divides the labels of a tree node between its two sides, so that a logistic model of the features tells them apart as
 * well as it can: fits the model, moves labels to the side that they score for, and goes on until none moves.
 *
 * @param labels - ascending; more than one
 * @param capacity - leaves on each side, at least half as many as there are labels
 */
export function splitLabels(
  examples: LabeledExamples,
  labels: Int32Array,
  capacity: number,
  fit: LogisticFit,
  alternations: number,
): LabelSplit {
  loadRows(examples, labels, fit);
  startAlong(examples, labels, fit);
  const few = Math.max(0, labels.length - capacity);
  const many = Math.min(capacity, labels.length);
  let isLeft = leftmost(scoresOf(examples, labels, fit.theta), labels.length >> 1, labels.length >> 1);
  setSigns(examples, labels, isLeft, fit);
  fit.start();
  const objectives: number[] = [];
  let isExact = alternations === 1;
  for (let round = 1; ; round++) {
    fit.maximize(isExact ? exact : rough);
    objectives.push(fit.value);
    if (round === alternations) break;
    const moved = leftmost(scoresOf(examples, labels, fit.theta), few, many);
    const isSettled = flipMoved(examples, labels, isLeft, moved, fit) === 0;
    if (isSettled && isExact) break;
    objectives.push(fit.value);
    isExact ||= isSettled || round + 1 === alternations;
    isLeft = moved;
  }
  return {
    left: labels.filter((_, i) => isLeft[i] === 1),
    right: labels.filter((_, i) => isLeft[i] === 0),
    theta: fit.theta.slice(),
    objectives,
  };
}

function loadRows({ width, rows, starts }: LabeledExamples, labels: Int32Array, fit: LogisticFit): void {
  fit.count = 0;
  for (const label of labels) {
    fit.rows.set(rows.subarray(starts[label] * width, starts[label + 1] * width), fit.count * width);
    fit.count += starts[label + 1] - starts[label];
  }
}

/** Starts along the direction in which the labels' sums of features differ most, with the mean score at 0. */
function startAlong({ width, sums }: LabeledExamples, labels: Int32Array, { theta, count }: LogisticFit): void {
  const total = new Float64Array(width);
  for (const label of labels) for (let j = 0; j < width; j++) total[j] += sums[label * width + j];
  const scatter = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (const label of labels) {
    for (let j = 0; j < width; j++) centred[j] = sums[label * width + j] - total[j] / labels.length;
    for (let j = 0; j < width; j++) for (let l = 0; l < width; l++) scatter[j * width + l] += centred[j] * centred[l];
  }
  theta.set(dominantEigenvector(scatter, width));
  let score = 0;
  for (let j = 0; j < width; j++) score += theta[j] * total[j];
  theta[width] = count === 0 ? 0 : -score / count;
}

/** Δ_y = Σ_{x of y} (w·z + b): how much L gains if label y goes right rather than left. */
function scoresOf({ width, starts, sums }: LabeledExamples, labels: Int32Array, theta: Float64Array): Float64Array {
  const scores = new Float64Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    let score = theta[width] * (starts[label + 1] - starts[label]);
    for (let j = 0; j < width; j++) score += theta[j] * sums[label * width + j];
    scores[i] = score;
  }
  return scores;
}

/** 1 for the labels of smallest score: those below 0, but as few and as many as there may be; of equal scores the first. */
function leftmost(scores: Float64Array, few: number, many: number): Uint8Array {
  let count = 0;
  for (const score of scores) if (score < 0) count++;
  const isFree = few <= count && count <= many;
  if (!isFree) count = Math.min(many, Math.max(few, count));
  const threshold = isFree ? 0 : scores.slice().sort()[count - 1]; // undefined if count is 0: no score is below
  let ties = count;
  for (const score of scores) if (score < threshold) ties--;
  const isLeft = new Uint8Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < threshold || (scores[i] === threshold && ties-- > 0)) isLeft[i] = 1;
  }
  return isLeft;
}

function setSigns({ starts }: LabeledExamples, labels: Int32Array, isLeft: Uint8Array, { signs }: LogisticFit): void {
  let place = 0;
  labels.forEach((label, i) => {
    const end = place + starts[label + 1] - starts[label];
    signs.fill(isLeft[i] === 1 ? -1 : 1, place, end);
    place = end;
  });
}

/** Changes the signs of the labels whose side changed, and returns how many there are. */
function flipMoved(
  { width, starts, sums }: LabeledExamples,
  labels: Int32Array,
  before: Uint8Array,
  after: Uint8Array,
  fit: LogisticFit,
): number {
  let flipped = 0;
  let place = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    const end = place + starts[label + 1] - starts[label];
    if (before[i] !== after[i]) {
      fit.flip(place, end, after[i] === 1 ? -1 : 1, sums.subarray(label * width, (label + 1) * width));
      flipped++;
    }
    place = end;
  }
  return flipped;
}
