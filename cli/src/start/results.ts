import { describeBand, type Evaluation } from "../metrics.js";
import { showDuration } from "../progress.js";
import { showCount, showShare, showTable } from "../report.js";

/** What came of a contender. */
export interface Result {
  readonly name: string;
  /** Milliseconds. */
  readonly stepTime: number;
  /** Undefined where it was not trained far enough to be scored. */
  readonly scores: Evaluation | undefined;
}

/** fastText's P@1 on the same split, as measured: its softmax at two settings. */
const FASTTEXT = { least: 0.244, most: 0.258 };

/** The comparison as tables, and how the best recipe stands to fastText after its first epoch and at the end. */
export function showResults(results: readonly Result[], stepsAnEpoch: number, firstEpoch: Result): string {
  const quality = showTable(
    ["loss", "P@1", "P@3", "P@5", "R@5", "ms a step", "an epoch"],
    results.map(({ name, stepTime, scores }) => [
      name,
      ...(scores === undefined ? ["–", "–", "–", "–"] : sharesOf(scores)),
      stepTime.toFixed(0),
      showDuration((stepTime * stepsAnEpoch) / 1000),
    ]),
  );
  const scored = results.flatMap(({ name, scores }) => (scores === undefined ? [] : [{ name, scores }]));
  const [{ scores: first }] = scored;
  const frequencies = showTable(
    ["P@1 where the label was seen", ...first.bands.map(describeBand)],
    [
      ["labels", ...first.bands.map(({ labels }) => showCount(labels))],
      ["test definitions", ...first.bands.map(({ examples }) => showCount(examples))],
      ...scored.map(({ name, scores }) => [name, ...scores.bands.map(({ precisionAt1 }) => showShare(precisionAt1))]),
    ],
  );
  const over = `Over ${showCount(first.scored)} test definitions with a label that training showed:`;
  return [over, quality, frequencies, ...againstFasttext(firstEpoch)].join("\n");
}

function sharesOf({ precision, recallAt5 }: Evaluation): string[] {
  return [...precision, recallAt5].map(showShare);
}

function againstFasttext({ scores }: Result): string[] {
  const ours = scores?.precision[0];
  if (ours === undefined) return [];
  const { least, most } = FASTTEXT;
  const measured = `fastText's P@1 is ${least} to ${most}, as measured on this split`;
  return ours > most
    ? [`${measured}: the best recipe beats it within its first epoch, with ${showShare(ours)}.`]
    : [`${measured}: the best recipe has ${showShare(ours)} after its first epoch and does not beat it.`];
}
