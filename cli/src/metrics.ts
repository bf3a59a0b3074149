import {
  byFrequency,
  labelPropensities,
  ndcgAt,
  precisionAt,
  propensityScoredPrecisionAt,
  recallAt,
  type Vocabulary,
} from "cotangent/data";
import type { Ranked } from "./ranking.js";

/** How well a model ranks labels; shares of 1. */
export interface Evaluation {
  /** Examples given. */
  readonly examples: number;
  /** Of these, those with a label that training showed: what the means are over. */
  readonly scored: number;
  /** P@k, nDCG@k, PSP@k for k = 1, 3, 5. */
  readonly precision: readonly number[];
  readonly ndcg: readonly number[];
  readonly propensityScoredPrecision: readonly number[];
  readonly recallAt5: number;
  /** Mean over the labels that the examples have of the share of their examples that rank them first. */
  readonly balancedAccuracy: number;
  /** P@1 over the examples with a label in the band, rarest first. */
  readonly bands: readonly Band[];
}

/** Labels that training showed about as often. */
export interface Band {
  /** Least and most training examples of a label; the last band has no most. */
  readonly from: number;
  readonly to: number | undefined;
  readonly labels: number;
  readonly examples: number;
  readonly precisionAt1: number;
}

export const PLACES = [1, 3, 5] as const;
const BANDS = [0, 2, 5, 10, 100];

/**
 * Scores rankings of at least 5 labels, where there are as many.
 *
 * @param trained - training examples, for the propensities
 */
export function evaluateRankings(ranked: readonly Ranked[], labels: Vocabulary, trained: number): Evaluation {
  const scored = ranked.filter(({ labels: truth }) => truth.length > 0);
  const lists = scored.map(({ ids }) => ids);
  const truth = scored.map((example) => example.labels);
  const counts = labels.counts;
  const propensities = labelPropensities(counts, { examples: Math.max(3, trained) });
  const bands = byFrequency(lists, truth, (r, t) => precisionAt(r, t, { k: 1 }), { counts, boundaries: BANDS });
  return {
    examples: ranked.length,
    scored: scored.length,
    precision: PLACES.map((k) => precisionAt(lists, truth, { k }).mean),
    ndcg: PLACES.map((k) => ndcgAt(lists, truth, { k }).mean),
    propensityScoredPrecision: PLACES.map((k) => propensityScoredPrecisionAt(lists, truth, { k, propensities }).mean),
    recallAt5: recallAt(lists, truth, { k: 5 }).mean,
    balancedAccuracy: balancedAccuracyOf(scored),
    bands: bands
      .filter((band) => band.labels > 0)
      .map(({ from, below, labels: size, examples, metric }) => ({
        from: Math.max(1, from),
        to: Number.isFinite(below) ? below - 1 : undefined,
        labels: size,
        examples: examples.length,
        precisionAt1: metric.mean,
      })),
  };
}

function balancedAccuracyOf(scored: readonly Ranked[]): number {
  const byLabel = new Map<number, { examples: number; hits: number }>();
  for (const { labels, ids } of scored) {
    for (const label of labels) {
      const { examples, hits } = byLabel.get(label) ?? { examples: 0, hits: 0 };
      byLabel.set(label, { examples: examples + 1, hits: hits + (ids[0] === label ? 1 : 0) });
    }
  }
  let sum = 0;
  for (const { examples, hits } of byLabel.values()) sum += hits / examples;
  return sum / byLabel.size;
}

/** `seen once`, `2–4 times`, `100 times or more`. */
export function describeBand({ from, to }: Pick<Band, "from" | "to">): string {
  if (to === undefined) return `${from} times or more`;
  return to === 1 ? "once" : `${from}–${to} times`;
}
