import type { SparseExample } from "cotangent/data";
import { type Evaluation, evaluateRankings, PLACES } from "./metrics.js";
import type { Model } from "./model.js";
import { type Ranked, rankExamples } from "./ranking.js";

/**
 * How well a model ranks the labels of examples.
 *
 * @param trained - training examples, for the propensities
 */
export async function evaluateModel(
  model: Model,
  examples: readonly SparseExample[],
  trained: number,
): Promise<Evaluation> {
  const ranked: Ranked[] = [];
  for await (const example of rankExamples(model, examples, PLACES[PLACES.length - 1])) ranked.push(example);
  return evaluateRankings(ranked, model.labels, trained);
}
