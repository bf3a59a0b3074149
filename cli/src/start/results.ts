import { describeBand, type Evaluation } from "../metrics.js";
import { showDuration } from "../progress.js";
import { showCount, showShare, showTable } from "../report.js";

/** What came of a contender. */
export interface Result {
  readonly name: string;
  /** Milliseconds. */
  readonly stepTime: number;
  /** Undefined where it was not trained far enough to be scored. */
  readonly evaluation: Evaluation | undefined;
}

/** fastText's P@1 on the same split, as measured: its softmax at two settings. */
const FASTTEXT = { least: 0.244, most: 0.258 };

/** The comparison as tables, and how it stands to fastText. */
export function showResults(
  results: readonly Result[],
  stepsAnEpoch: number,
  firstEpoch: Evaluation | undefined,
): string {
  const scored = results.flatMap(({ name, evaluation }) => (evaluation === undefined ? [] : [{ name, evaluation }]));
  const quality = showTable(
    ["loss", "P@1", "P@3", "P@5", "R@5", "ms a step", "an epoch"],
    results.map(({ name, stepTime, evaluation }) => [
      name,
      ...(evaluation === undefined
        ? ["–", "–", "–", "–"]
        : [...evaluation.precision, evaluation.recallAt5].map(showShare)),
      stepTime.toFixed(0),
      showDuration((stepTime * stepsAnEpoch) / 1000),
    ]),
  );
  const [{ evaluation: first }] = scored;
  const frequencies = showTable(
    ["P@1 where the label was seen", ...first.bands.map(describeBand)],
    [
      ["labels", ...first.bands.map(({ labels }) => showCount(labels))],
      ["test definitions", ...first.bands.map(({ examples }) => showCount(examples))],
      ...scored.map(({ name, evaluation }) => [
        name,
        ...evaluation.bands.map(({ precisionAt1 }) => showShare(precisionAt1)),
      ]),
    ],
  );
  const over = `Over the ${showCount(first.scored)} of ${showCount(first.examples)} test definitions with a label that training showed:`;
  return [over, quality, frequencies, ...(firstEpoch === undefined ? [] : [againstFasttext(firstEpoch)])].join("\n");
}

function againstFasttext({ precision: [ours] }: Evaluation): string {
  const { least, most } = FASTTEXT;
  const measured = `fastText's P@1 on this split is ${least} to ${most}, as measured`;
  if (ours > most) return `${measured}: the best recipe beats it within its first epoch, with ${showShare(ours)}.`;
  return `${measured}: the best recipe has ${showShare(ours)} after its first epoch and does not beat it.`;
}
