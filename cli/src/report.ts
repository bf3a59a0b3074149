import Table from "cli-table3";
import { describeBand, type Evaluation, PLACES } from "./metrics.js";

/** `12 345`, as a person reads it. */
export function showCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Three decimals; a dash where there is nothing to take a mean of. */
export function showShare(share: number): string {
  return Number.isNaN(share) ? "–" : share.toFixed(3);
}

/** A table with its first column to the left and all others to the right. */
export function showTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** An evaluation as two tables. */
export function showEvaluation(evaluation: Evaluation): string {
  const { examples, scored, precision, ndcg, propensityScoredPrecision, recallAt5, balancedAccuracy, bands } =
    evaluation;
  const metrics = showTable(
    ["metric", ...PLACES.map((k) => `@${k}`)],
    [
      ["precision", ...precision.map(showShare)],
      ["nDCG", ...ndcg.map(showShare)],
      ["propensity-scored precision", ...propensityScoredPrecision.map(showShare)],
      ["recall", "", "", showShare(recallAt5)],
      ["accuracy, the mean over labels", showShare(balancedAccuracy), "", ""],
    ],
  );
  const frequencies = showTable(
    ["label seen in training", "labels", "examples", "precision@1"],
    bands.map((band) => [
      describeBand(band),
      showCount(band.labels),
      showCount(band.examples),
      showShare(band.precisionAt1),
    ]),
  );
  return [
    `${showCount(scored)} of ${showCount(examples)} examples have a label that training showed; over these:`,
    metrics,
    frequencies,
  ].join("\n");
}
